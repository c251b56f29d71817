"""What staff do to webhooks: say where they go, pause, test, change the secret, send again."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from apikeys.models import ApiKey
from backoffice import words
from backoffice.verbs import Done, MaybeReason, Reason, Refused, Secret, Verb
from payments.models import EventType
from webhooks import services
from webhooks.models import DEFAULT_EVENTS, Health, WebhookEndpoint
from webhooks.schedule import WINDOW_IN_WORDS

MOST_COUNTED = 1000
HOW_TO_CHECK = "The shop checks X-Webhook-Signature with the whole text, whsec_ included."
EVENTS_IN_WORDS = {
    EventType.SUCCESS: "a payment succeeded",
    EventType.EXPIRED: "a payment expired",
    EventType.CANCELLED: "a payment was cancelled",
    EventType.LATE: "money came that made no payment a success",
}


class WebhookUrlField(forms.CharField):
    """Where webhooks go; `webhooks.services` judges the URL."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.URLInput(attrs={"placeholder": "https://shop.example.in/webhook", "autocomplete": "off"})
        super().__init__(max_length=2048, widget=widget, **kwargs)


class EventsField(forms.MultipleChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=[(type_.value, f"{type_.value}: {text}") for type_, text in EVENTS_IN_WORDS.items()],
            initial=DEFAULT_EVENTS,
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": "Choose at least one event."},
            **kwargs,
        )


class UrlForm(MaybeReason):
    field_order = ("url", "reason")
    url = WebhookUrlField(label="Webhook URL")


class EndpointForm(forms.Form):
    url = WebhookUrlField(label="Webhook URL")
    description = forms.CharField(
        max_length=255, required=False, help_text="For you and your colleagues, such as “orders” or “accounting”."
    )
    events = EventsField()


class EditForm(MaybeReason, EndpointForm):
    field_order = ("url", "description", "events", "reason")


class PromoteForm(MaybeReason):
    field_order = ("overlap", "reason")
    overlap = forms.TypedChoiceField(
        choices=((86_400, "for 24 hours more"), (0, "no longer: it leaked")), coerce=int, label="The old secret signs"
    )


def endpoints_in_use(key: ApiKey) -> list[WebhookEndpoint]:
    """Return a key's webhooks, the oldest first; in lists its `endpoints` are prefetched."""
    in_use = (endpoint for endpoint in key.endpoints.all() if endpoint.removed_at is None)
    return sorted(in_use, key=lambda endpoint: endpoint.created_at)


class _OfKey(Verb):
    """A verb on a key that is about its only webhook."""

    permission = "backoffice.manage_webhooks"

    def offered(self, obj: ApiKey, now: datetime) -> bool:
        return len(endpoints_in_use(obj)) == 1

    def why_not(self, obj: ApiKey, now: datetime) -> str:
        if endpoints_in_use(obj):
            return "This key has several webhooks. Choose one on the key’s page."
        return "This key has no webhook yet. Add one first."


class AddWebhook(Verb):
    name = "add-webhook"
    label = "Add webhook"
    permission = "backoffice.manage_webhooks"
    form_class = EndpointForm

    def explanation(self, obj: ApiKey) -> str:
        also = " Each webhook of a key gets the events chosen for it." if endpoints_in_use(obj) else ""
        return (
            f"PayGate posts to this URL what happens to the payments of {obj}. The signing secret is shown once.{also}"
        )

    def run(self, obj: ApiKey, data: dict[str, Any], actor: str) -> Done:
        endpoint, secret = services.add_endpoint(api_key=obj, **data)
        return Done(
            f"Webhook of {obj}: {endpoint.place}", endpoint, (Secret("Webhook secret", secret, HOW_TO_CHECK),), str(obj)
        )


class ChangeKeyWebhook(_OfKey):
    name = "webhook"
    label = "Change webhook"
    form_class = UrlForm

    def form(self, obj: ApiKey, data: Any = None) -> forms.Form:
        endpoints = endpoints_in_use(obj)
        return UrlForm(data, initial={"url": endpoints[0].url} if endpoints else None)

    def run(self, obj: ApiKey, data: dict[str, Any], actor: str) -> Done:
        (before,) = endpoints_in_use(obj)
        after = services.change_endpoint(endpoint_id=before.pk, url=data["url"])
        return Done("The webhook goes to the new URL.", after, details=_differences(before, after))


class SendKeyTest(_OfKey):
    name = "test-webhook"
    label = "Send test webhook"

    def explanation(self, obj: ApiKey) -> str:
        return _about_test(endpoints_in_use(obj)[0])

    def run(self, obj: ApiKey, data: dict[str, Any], actor: str) -> Done:
        return _send_test(endpoints_in_use(obj)[0], actor)


class _OfEndpoint(Verb):
    """A verb on a webhook that is in use and to which it `applies`; `unless` says why it does not."""

    permission = "backoffice.manage_webhooks"
    unless = ""

    def applies(self, obj: WebhookEndpoint) -> bool:
        return True

    def offered(self, obj: WebhookEndpoint, now: datetime) -> bool:
        return obj.removed_at is None and self.applies(obj)

    def why_not(self, obj: WebhookEndpoint, now: datetime) -> str:
        return self.unless if obj.removed_at is None else "This webhook was removed."

    def facts(self, obj: WebhookEndpoint) -> list[tuple[str, Any]]:
        return [("URL", words.code(obj.url)), ("API key", obj.api_key.label)]


class Edit(_OfEndpoint):
    name = "edit"
    label = "Edit"

    def explanation(self, obj: WebhookEndpoint) -> str:
        return "Another URL starts with a clean slate, and what has waited is sent there. The secret stays."

    def facts(self, obj: WebhookEndpoint) -> list[tuple[str, Any]]:
        return [("API key", obj.api_key.label)]

    def form(self, obj: WebhookEndpoint, data: Any = None) -> forms.Form:
        return EditForm(data, initial={"url": obj.url, "description": obj.description, "events": obj.events})

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        after = services.change_endpoint(
            endpoint_id=obj.pk, url=data["url"], description=data["description"], events=data["events"]
        )
        return Done("The webhook is changed.", after, details=_differences(obj, after))


class SendTest(_OfEndpoint):
    name = "test"
    label = "Send test"

    def explanation(self, obj: WebhookEndpoint) -> str:
        return _about_test(obj)

    def facts(self, obj: WebhookEndpoint) -> list[tuple[str, Any]]:
        return [("API key", obj.api_key.label)]

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        return _send_test(obj, actor)


class Pause(_OfEndpoint):
    name = "pause"
    label = "Pause"
    form_class = MaybeReason
    unless = "This webhook is paused already."

    def applies(self, obj: WebhookEndpoint) -> bool:
        return not obj.paused

    def explanation(self, obj: WebhookEndpoint) -> str:
        return "Deliveries wait until the webhook is resumed. None is lost."

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        if not services.pause_endpoint(endpoint_id=obj.pk):
            raise Refused("This webhook was paused a moment ago.")
        return Done("The webhook is paused.", obj)


class Resume(_OfEndpoint):
    name = "resume"
    label = "Resume"
    form_class = MaybeReason
    unless = "This webhook is not paused."

    def applies(self, obj: WebhookEndpoint) -> bool:
        return obj.paused

    def explanation(self, obj: WebhookEndpoint) -> str:
        return "What has waited is sent now."

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        if not services.resume_endpoint(endpoint_id=obj.pk):
            raise Refused("This webhook was resumed a moment ago.")
        return Done("The webhook is resumed.", obj)


class EnableAgain(_OfEndpoint):
    name = "enable"
    label = "Enable"
    form_class = MaybeReason
    unless = "This webhook is healthy."

    def applies(self, obj: WebhookEndpoint) -> bool:
        return obj.health != Health.HEALTHY

    def explanation(self, obj: WebhookEndpoint) -> str:
        too_old = ""
        if obj.health == Health.DISABLED:
            too_old = f" What is older than {WINDOW_IN_WORDS} is given up; “Redeliver failed” sends it again."
        return (
            "Takes the webhook for healthy again and sends what has waited, and what it answered with 410 Gone. Do it "
            f"when the shop has repaired its end.{too_old}"
        )

    def facts(self, obj: WebhookEndpoint) -> list[tuple[str, Any]]:
        waiting = ("Waiting", words.up_to(obj.deliveries.waiting(), MOST_COUNTED))
        return [*super().facts(obj), waiting, *(self._of_disabled(obj) if obj.health == Health.DISABLED else [])]

    def _of_disabled(self, obj: WebhookEndpoint) -> list[tuple[str, Any]]:
        now = timezone.now()
        return [
            ("Of these too old", words.up_to(obj.deliveries.too_old(now), MOST_COUNTED)),
            ("Answered with 410 Gone", words.up_to(obj.deliveries.refused_for_good(now), MOST_COUNTED)),
        ]

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        given_up = services.enable_endpoint(endpoint_id=obj.pk)
        too_old = f" {given_up:,} that were too old are given up: “Redeliver failed” sends them." if given_up else ""
        return Done(
            f"The webhook is enabled, and what has waited is sent.{too_old}", obj, details=f"too old {given_up}"
        )


class NewSecret(_OfEndpoint):
    name = "new-secret"
    label = "New secret"
    form_class = MaybeReason

    def explanation(self, obj: WebhookEndpoint) -> str:
        replaced = " It takes the place of the new secret that waits to be promoted." if obj.next_secret else ""
        return (
            "First of two steps. From now on webhook-signature is signed with the old secret and the new one; "
            f"X-Webhook-Signature keeps the old one until you promote the new one.{replaced}"
        )

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        secret = services.stage_secret(endpoint_id=obj.pk)
        hint = f"{HOW_TO_CHECK} Give it to the shop, then use “Promote secret”."
        return Done(
            f"New webhook secret for {obj.api_key}: {obj.place}", obj, (Secret("Webhook secret", secret, hint),)
        )


class PromoteSecret(_OfEndpoint):
    name = "promote-secret"
    label = "Promote secret"
    form_class = PromoteForm
    unless = "There is no new secret to promote. Make one first."

    def applies(self, obj: WebhookEndpoint) -> bool:
        return bool(obj.next_secret)

    def explanation(self, obj: WebhookEndpoint) -> str:
        return "Second of two steps. From now on X-Webhook-Signature is signed with the new secret."

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        endpoint = services.promote_secret(endpoint_id=obj.pk, overlap=timedelta(seconds=data["overlap"]))
        return Done("The new secret signs from now on.", endpoint)


class DropSecrets(_OfEndpoint):
    name = "drop-secrets"
    label = "Drop other secrets"
    form_class = Reason
    danger = True
    unless = "No other secret signs beside the current one."

    def applies(self, obj: WebhookEndpoint) -> bool:
        return obj.has_other_secrets(timezone.now())

    def explanation(self, obj: WebhookEndpoint) -> str:
        new = ["the new secret that waits to be promoted"] if obj.next_secret else []
        old = ["the old secret"] if obj.is_changing_over(timezone.now()) else []
        return (
            f"Forgets {' and '.join(new + old)}. From now on the current secret alone signs: a shop that checks "
            "webhook-signature with another takes no webhook any more."
        )

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        services.drop_secrets(endpoint_id=obj.pk)
        return Done("The current secret alone signs from now on.", obj)


class Remove(_OfEndpoint):
    name = "remove"
    label = "Remove"
    form_class = Reason
    danger = True

    def explanation(self, obj: WebhookEndpoint) -> str:
        return (
            "Nothing is sent to this URL any more, what waits is closed, and its secret is wiped. Its log stays. This "
            "cannot be undone; the same URL can be added again with a new secret."
        )

    def facts(self, obj: WebhookEndpoint) -> list[tuple[str, Any]]:
        return [*super().facts(obj), ("Waiting", words.up_to(obj.deliveries.waiting(), MOST_COUNTED))]

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        closed = services.remove_endpoint(endpoint_id=obj.pk)
        return Done(f"The webhook is removed.{_closed(closed)}", obj, details=f"closed {closed}")


def _differences(before: WebhookEndpoint, after: WebhookEndpoint) -> str:
    """Say what changed, for the record."""
    pairs = (
        (before.url, after.url),
        (before.description, after.description),
        (", ".join(before.events), ", ".join(after.events)),
    )
    return "; ".join(f"{old or words.NOTHING} → {new or words.NOTHING}" for old, new in pairs if old != new)


def _closed(count: int) -> str:
    if not count:
        return ""
    return " One delivery that waited is closed." if count == 1 else f" {count:,} deliveries that waited are closed."


def _about_test(endpoint: WebhookEndpoint) -> str:
    return f"Posts a signed webhook.test to {endpoint.url}, once. It looks like no payment."


def _send_test(endpoint: WebhookEndpoint, actor: str) -> Done:
    delivery = services.send_test(endpoint_id=endpoint.pk, actor=actor)
    return Done("The test webhook is on its way.", delivery, details=endpoint.url)
