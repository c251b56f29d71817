# `make help` says what there is. Only `run` is needed to use PayGate; the rest is for working on it.

BIN := .venv/bin
export PYTHON
MANAGE := $(BIN)/python manage.py
PYTEST := $(BIN)/python -m pytest

# What production would have; the key is of no installation.
AS_PRODUCTION := PAYGATE_ENV=production PAYGATE_ENV_FILE=/dev/null PAYGATE_BASE_URL=https://pay.example.in \
	SECRET_KEY=only-for-the-check-0123456789-abcdefghijklmnopqrstuvwxyz \
	PAYGATE_ENCRYPTION_KEYS=1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

.DEFAULT_GOAL := help
.PHONY: help run test test-browser test-mail bench bench-api bench-webhooks bench-statements check format requirements venv \
	venv-dev venv-bench

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: venv ## start PayGate (on DATABASE_URL and REDIS_URL where they are set); Ctrl-C ends it
	@exec $(BIN)/python -m paygate.runner --with-parent

test: venv-dev ## run the tests (on DATABASE_URL and REDIS_URL where they are set, else on SQLite alone)
	@$(PYTEST) -n 2 --ignore=tests/browser --ignore=tests/mail $(ARGS)

test-browser: venv-dev ## run the tests that need Debian's chromium
	@command -v chromium >/dev/null || { echo "There is no chromium here. On Debian: apt-get install chromium" >&2; exit 1; }
	@$(PYTEST) tests/browser $(ARGS)

test-mail: venv-dev ## run the tests that need Debian's dovecot-imapd (on DATABASE_URL and REDIS_URL where they are set)
	@PATH="$$PATH:/usr/sbin" command -v dovecot >/dev/null || { echo "There is no Dovecot here. On Debian: apt-get install dovecot-imapd" >&2; exit 1; }
	@$(PYTEST) tests/mail $(ARGS)

bench: bench-api bench-webhooks ## measure both; a quarter of an hour

bench-api: venv-dev ## measure the API beside a bare view, on PostgreSQL with wrk; ten minutes
	@$(BIN)/python -m benchmarks.api

bench-webhooks: venv-dev venv-bench ## measure deliveries beside two usual senders, on PostgreSQL and Redis; four minutes
	@$(BIN)/python -m benchmarks.webhooks

bench-statements: venv-dev ## measure a statement of 100,000 rows, on PostgreSQL or SQLite; one minute
	@$(BIN)/python -m benchmarks.statements

check: venv-dev ## lint, types, import contracts, migrations, settings, templates, docs, requirements
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	DJANGO_SETTINGS_MODULE=tests.settings $(MANAGE) makemigrations --check --dry-run
	@echo "$(BIN)/python manage.py check --deploy  (as production at an https address)"
	@$(AS_PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING
	$(BIN)/djlint --lint --quiet templates
	DJANGO_SETTINGS_MODULE=tests.settings $(MANAGE) spectacular --validate --fail-on-warn | diff docs/openapi.yaml -
	$(PYTEST) tests/test_docs.py tests/test_requirements.py

format: venv-dev ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

requirements: venv-dev ## compile requirements/*.in into pinned, hashed files
	cd requirements && for name in base dev bench; do \
	../$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-find-links --no-emit-index-url \
	--custom-compile-command "make requirements" $$name.in -o $$name.txt || exit 1; done

venv:
	@scripts/venv base

venv-dev:
	@scripts/venv dev

venv-bench:
	@scripts/venv bench
