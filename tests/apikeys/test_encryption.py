import base64

import pytest
from django.core.exceptions import ImproperlyConfigured

from apikeys.encryption import CannotUnseal, Sealed, encryption_keys, seal


def key_setting(*ids):
    return ",".join(f"{key_id}:{base64.b64encode(key_id.encode() * 32).decode()}" for key_id in ids)


def test_what_is_sealed_opens_again():
    sealed = seal("whsec_abc", binding="endpoint:secret:1")

    assert sealed.reveal() == "whsec_abc"
    assert "whsec_abc" not in f"{sealed} {sealed!r} {sealed.token}"


def test_another_rows_secret_does_not_open_here():
    token = seal("whsec_abc", binding="endpoint:secret:1").token

    with pytest.raises(CannotUnseal):
        Sealed(token, "endpoint:secret:2").reveal()


def test_the_first_key_seals_and_all_keys_open(settings):
    settings.ENCRYPTION_KEYS = key_setting("1")
    old = seal("secret", binding="b")
    settings.ENCRYPTION_KEYS = key_setting("2", "1")

    assert seal("secret", binding="b").token.startswith("v1.2.")
    assert old.reveal() == "secret"


def test_without_its_key_a_secret_does_not_open(settings):
    settings.ENCRYPTION_KEYS = key_setting("1")
    sealed = seal("secret", binding="b")
    settings.ENCRYPTION_KEYS = key_setting("2")

    with pytest.raises(CannotUnseal):
        sealed.reveal()


@pytest.mark.parametrize("token", ["", "v1", "v1.1.", "v2.1.AAAA", "plain text", "v1.1.%%%"])
def test_what_was_never_sealed_does_not_open(token):
    with pytest.raises(CannotUnseal):
        Sealed(token, "b").reveal()


@pytest.mark.parametrize("setting", ["", "1", "1:short", "1:" + "A" * 44 + "!", ":" + "A" * 44])
def test_a_bad_setting_is_explained(settings, setting):
    settings.ENCRYPTION_KEYS = setting

    with pytest.raises(ImproperlyConfigured, match="PAYGATE_ENCRYPTION_KEYS"):
        encryption_keys()
