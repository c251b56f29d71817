from pathlib import Path

import yaml
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

COMMITTED = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"
REFRESH = "run: .venv/bin/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml"


def test_the_committed_file_describes_the_code():
    schema = SchemaGenerator().get_schema(request=None, public=True)

    assert OpenApiYamlRenderer().render(schema, renderer_context={}).decode() == COMMITTED.read_text(), REFRESH


def test_the_served_file_names_this_installation(client, settings):
    settings.BASE_URL = "https://pay.asha.example"

    served = yaml.safe_load(client.get("/api/schema").content)

    assert served["openapi"].startswith("3.1.")
    assert served["servers"] == [{"url": "https://pay.asha.example"}]
    assert "localhost" not in client.get("/api/schema?format=json").content.decode()


def test_every_reference_in_the_file_leads_somewhere():
    file = yaml.safe_load(COMMITTED.read_text())

    for reference in _references(file):
        part = file
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]


def _references(part):
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for each in part.values():
            yield from _references(each)
    elif isinstance(part, list):
        for each in part:
            yield from _references(each)
