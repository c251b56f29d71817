import pytest
from django.core.exceptions import ValidationError

from apikeys.models import ApiKey
from apikeys.services import issue_key

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("origin", ["https://Shop.example.in/", "https://shop.example.in:443"])
def test_a_key_with_origins_is_public_and_gets_less(origin):
    key, _ = issue_key(label="Shop page", origins=[origin])

    assert key.permissions == ["create", "read"]
    assert key.origins == ["https://shop.example.in"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": ""},
        {"label": "x" * 256},
        {"permissions": []},
        {"permissions": ["create", "everything"]},
        {"origins": ["https://shop.example.in"], "permissions": ["create", "list"]},
        {"origins": ["https://shop.example.in"], "permissions": ["webhooks"]},
        {"origins": ["shop.example.in"]},
        {"origins": ["https://shop.example.in/page"]},
        {"origins": ["*"]},
        {"origins": ["https://["]},
        {"origins": ["https://shop.example.in:port"]},
        {"origins": ["https://asha@shop.example.in"]},
        {"origins": ["https://shop.example.in#page"]},
    ],
)
def test_a_wrong_key_is_refused(wrong):
    with pytest.raises(ValidationError):
        issue_key(**{"label": "Asha Traders", **wrong})

    assert not ApiKey.objects.exists()
