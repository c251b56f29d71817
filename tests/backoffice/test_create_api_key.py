import json

import pytest
from django.core.management import CommandError, call_command, execute_from_command_line

from apikeys.keys import hash_key
from apikeys.models import ApiKey
from webhooks.models import WebhookEndpoint

pytestmark = pytest.mark.django_db


def create(capsys, *arguments: str) -> dict:
    call_command("create_api_key", "--json", *arguments)
    return json.loads(capsys.readouterr().out)


def test_a_key_is_printed_once_on_one_line(capsys):
    answer = create(capsys, "--label", "Asha Traders")

    key = ApiKey.objects.get()
    assert answer == {"id": key.pk, "key": answer["key"], "webhook_secret": None}
    assert key.key_hash == hash_key(answer["key"])
    assert (key.label, key.permissions, key.test) == ("Asha Traders", ["create", "read", "list", "cancel"], False)


def test_permissions_mode_and_webhook_are_as_asked(capsys):
    answer = create(
        capsys, "--label", "Asha", "--test", "--permissions", "read, create", "--webhook-url", "http://127.0.0.1:9/hook"
    )

    key, endpoint = ApiKey.objects.get(), WebhookEndpoint.objects.get()
    assert answer["key"].startswith("pgk_test_")
    assert (key.permissions, key.test) == (["create", "read"], True)
    assert (endpoint.api_key, endpoint.secret.reveal()) == (key, answer["webhook_secret"])


def test_a_browser_key_has_origins_and_may_not_list(capsys):
    create(capsys, "--label", "Blog", "--origins", "https://Blog.example.in/,http://localhost:8000")

    key = ApiKey.objects.get()
    assert (key.origins, key.permissions) == (
        ["https://blog.example.in", "http://localhost:8000"],
        ["create", "read"],
    )


def test_people_read_sentences(capsys):
    call_command("create_api_key", "--label", "Asha", "--webhook-url", "http://127.0.0.1:9/hook")

    printed = capsys.readouterr().out
    assert "API key (shown only now): pgk_" in printed
    assert "Webhook secret (shown only now): whsec_" in printed


@pytest.mark.parametrize(
    "arguments",
    [
        ("--label", " "),
        ("--label", "Asha", "--permissions", "delete"),
        ("--label", "Asha", "--webhook-url", "ftp://shop.example.in"),
        ("--label", "Asha", "--webhook-url", "http://10.0.0.1/"),
        ("--label", "Asha", "--origins", "shop"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(arguments):
    with pytest.raises(CommandError):
        call_command("create_api_key", *arguments)

    assert not ApiKey.objects.exists()
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "http://169.254.169.254/",
            "169.254.169.254 is a link-local address, or one from which cloud machines get their secrets.",
        ),
        ("http://10.0.0.5/", "10.0.0.5 is an address inside a private network."),
        ("http://127.0.0.1/", "127.0.0.1 is an address inside a private network."),
        ("not-a-url", "A webhook URL starts with https:// or http:// and names a host."),
        ("https://", "A webhook URL starts with https:// or http:// and names a host."),
        ("https://shop.example.in:http/", "This is not a URL. It looks like https://shop.example.in/webhook"),
    ],
)
def test_whoever_typed_a_refused_webhook_url_reads_why_and_gets_no_key(capsys, settings, url, sentence):
    settings.WEBHOOK_ALLOW_NETS = []
    with pytest.raises(SystemExit) as end:
        execute_from_command_line(["manage.py", "create_api_key", "--label", "Asha", "--webhook-url", url])

    printed = capsys.readouterr()
    assert end.value.code == 1
    assert sentence in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""
    assert not ApiKey.objects.exists()
    assert not WebhookEndpoint.objects.exists()
