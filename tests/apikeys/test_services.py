import pytest
from django.core.exceptions import ValidationError

from apikeys.models import ApiKey
from apikeys.services import issue_key

pytestmark = pytest.mark.django_db


def test_a_key_with_origins_is_public_and_gets_less():
    key, _ = issue_key(label="Shop page", origins=["https://Shop.example.in/"])

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
    ],
)
def test_a_wrong_key_is_refused(wrong):
    with pytest.raises(ValidationError):
        issue_key(**{"label": "Asha Traders", **wrong})

    assert not ApiKey.objects.exists()
