"""What staff do to API keys: create, rotate, disable, enable."""

from datetime import datetime, timedelta
from typing import Any

from django import forms

from apikeys import services
from apikeys.models import DEFAULT_PERMISSIONS, PERMISSIONS, ApiKey
from backoffice import words
from backoffice.forms import LinesField
from backoffice.verbs import Done, MaybeReason, Refused, Secret, Verb
from backoffice.webhook_verbs import HOW_TO_CHECK, WebhookUrlField
from webhooks.services import add_endpoint

PERMISSIONS_IN_WORDS = {
    "create": "Ask for payments",
    "read": "See a payment by its ID",
    "list": "List payments and events",
    "cancel": "Cancel payments",
    "webhooks": "See webhook deliveries and send them again",
}
OVERLAPS = ((0, "at once"), (3600, "in 1 hour"), (86_400, "in 24 hours"), (7 * 86_400, "in 7 days"))
KEPT_NOWHERE = "Only a fingerprint is stored. If it is lost, rotate the key."


class CreateKeyForm(forms.Form):
    label = forms.CharField(max_length=255, help_text="Whose key it is, such as the shop’s name.")
    mode = forms.ChoiceField(
        choices=(("live", "Live: real money"), ("test", "Test: no money moves")),
        initial="live",
        widget=forms.RadioSelect,
    )
    permissions = forms.MultipleChoiceField(
        choices=[(name, f"{name}: {PERMISSIONS_IN_WORDS[name]}") for name in PERMISSIONS],
        initial=DEFAULT_PERMISSIONS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one permission."},
    )
    url = WebhookUrlField(
        required=False, label="Webhook URL (optional)", help_text="Where PayGate posts what happens to its payments."
    )
    origins = LinesField(
        required=False,
        label="Websites (optional)",
        help_text="Only for a key that pages use in the browser: one origin a line, such as https://shop.example.in. "
        "Such a key is public: it may create and read, but not list. Compare requested_amount with your own order "
        "before you ship.",
    )


class RotateForm(MaybeReason):
    field_order = ("overlap", "reason")
    overlap = forms.TypedChoiceField(choices=OVERLAPS, coerce=int, label="The old key stops")


class CreateKey(Verb):
    name = "create-key"
    label = "Create API key"
    permission = "backoffice.manage_keys"
    form_class = CreateKeyForm
    on_object = False

    def run(self, obj: None, data: dict[str, Any], actor: str) -> Done:
        key, text = services.issue_key(
            label=data["label"],
            test=data["mode"] == "test",
            permissions=data["permissions"],
            origins=data["origins"],
        )
        secrets = [Secret("API key", text, KEPT_NOWHERE)]
        if data["url"]:
            _, secret = add_endpoint(api_key=key, url=data["url"])
            secrets.append(Secret("Webhook secret", secret, HOW_TO_CHECK))
        return Done(f"API key for {key}", key, tuple(secrets), ", ".join(key.permissions))


class RotateKey(Verb):
    name = "rotate"
    label = "Rotate"
    permission = "backoffice.manage_keys"
    form_class = RotateForm

    def explanation(self, obj: ApiKey) -> str:
        return (
            "Gives the key a new text. Its sessions, webhook and counts stay. Choose how long the old text still "
            "works, so that the shop can change over without a gap."
        )

    def facts(self, obj: ApiKey) -> list[tuple[str, Any]]:
        return key_facts(obj)

    def run(self, obj: ApiKey, data: dict[str, Any], actor: str) -> Done:
        overlap = timedelta(seconds=data["overlap"])
        text = services.rotate_key(api_key_id=obj.pk, overlap=overlap)
        old = f"The old key stops {dict(OVERLAPS)[data['overlap']]}."
        return Done(f"New API key for {obj}", obj, (Secret("API key", text, f"{old} {KEPT_NOWHERE}"),), old)


class DisableKey(Verb):
    name = "disable"
    label = "Disable"
    permission = "backoffice.manage_keys"
    form_class = MaybeReason
    danger = True

    def offered(self, obj: ApiKey, now: datetime) -> bool:
        return obj.disabled_at is None

    def why_not(self, obj: ApiKey, now: datetime) -> str:
        return "This key is disabled already."

    def explanation(self, obj: ApiKey) -> str:
        return "Every call with this key is refused from now on. Open payments go on, and their webhooks are sent."

    def facts(self, obj: ApiKey) -> list[tuple[str, Any]]:
        return key_facts(obj)

    def run(self, obj: ApiKey, data: dict[str, Any], actor: str) -> Done:
        if not services.disable_key(api_key_id=obj.pk):
            raise Refused("This key was disabled a moment ago.")
        return Done(f"The key of {obj} is disabled.", obj)


class EnableKey(Verb):
    name = "enable"
    label = "Enable"
    permission = "backoffice.manage_keys"
    form_class = MaybeReason

    def offered(self, obj: ApiKey, now: datetime) -> bool:
        return obj.disabled_at is not None

    def why_not(self, obj: ApiKey, now: datetime) -> str:
        return "This key is not disabled."

    def explanation(self, obj: ApiKey) -> str:
        return "Calls with this key are accepted again."

    def facts(self, obj: ApiKey) -> list[tuple[str, Any]]:
        return key_facts(obj)

    def run(self, obj: ApiKey, data: dict[str, Any], actor: str) -> Done:
        if not services.enable_key(api_key_id=obj.pk):
            raise Refused("This key was enabled a moment ago.")
        return Done(f"The key of {obj} is enabled.", obj)


def key_facts(key: ApiKey) -> list[tuple[str, Any]]:
    return [("Label", key.label), ("Key", words.code(key.masked)), ("Last used", words.when(key.last_used_at))]
