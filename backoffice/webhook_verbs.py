"""What staff do to webhooks: say where they go, pause, test, change the secret, send again."""

from datetime import datetime, timedelta
from typing import Any

from django import forms

from apikeys.models import ApiKey
from backoffice import words
from backoffice.verbs import Done, MaybeReason, Refused, Secret, Verb
from payments.models import EventType
from webhooks import services
from webhooks.models import DEFAULT_EVENTS, Delivery, DeliveryState, Health, WebhookEndpoint

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


class NewEndpointForm(forms.Form):
    url = WebhookUrlField(label="Webhook URL")
    events = EventsField()


class EventsForm(forms.Form):
    events = EventsField()


class PromoteForm(MaybeReason):
    field_order = ("overlap", "reason")
    overlap = forms.TypedChoiceField(
        choices=((86_400, "for 24 hours more"), (0, "no longer: it leaked")), coerce=int, label="The old secret signs"
    )


class _OfKey(Verb):
    """A verb on a key that is about its first endpoint. The key's `endpoints` are prefetched in lists."""

    permission = "backoffice.manage_webhooks"

    def offered(self, obj: ApiKey, now: datetime) -> bool:
        return bool(obj.endpoints.all())

    def why_not(self, obj: ApiKey, now: datetime) -> str:
        return "This key has no webhook yet. Add one first."

    def endpoint(self, key: ApiKey) -> WebhookEndpoint:
        return sorted(key.endpoints.all(), key=lambda endpoint: endpoint.created_at)[0]


class AddWebhook(Verb):
    name = "add-webhook"
    label = "Add webhook"
    permission = "backoffice.manage_webhooks"
    form_class = NewEndpointForm

    def offered(self, obj: ApiKey, now: datetime) -> bool:
        return not obj.endpoints.all()

    def why_not(self, obj: ApiKey, now: datetime) -> str:
        return "This key has a webhook already. Change its URL instead."

    def explanation(self, obj: ApiKey) -> str:
        return f"PayGate posts to this URL what happens to the payments of {obj}. The signing secret is shown once."

    def run(self, obj: ApiKey, data: dict[str, Any], actor: str) -> Done:
        endpoint, secret = services.add_endpoint(api_key=obj, url=data["url"], events=data["events"])
        return Done(f"Webhook of {obj}", endpoint, (Secret("Webhook secret", secret, HOW_TO_CHECK),), str(obj))


class ChangeKeyWebhook(_OfKey):
    name = "webhook"
    label = "Change webhook"
    form_class = UrlForm

    def form(self, obj: ApiKey, data: Any = None) -> forms.Form:
        endpoints = obj.endpoints.all()
        return UrlForm(data, initial={"url": self.endpoint(obj).url} if endpoints else None)

    def run(self, obj: ApiKey, data: dict[str, Any], actor: str) -> Done:
        return _change_url(self.endpoint(obj), data["url"])


class SendKeyTest(_OfKey):
    name = "test-webhook"
    label = "Send test webhook"

    def explanation(self, obj: ApiKey) -> str:
        return _about_test(self.endpoint(obj))

    def run(self, obj: ApiKey, data: dict[str, Any], actor: str) -> Done:
        return _send_test(self.endpoint(obj), actor)


class _OfEndpoint(Verb):
    permission = "backoffice.manage_webhooks"

    def facts(self, obj: WebhookEndpoint) -> list[tuple[str, Any]]:
        return [("URL", words.code(obj.url)), ("API key", obj.api_key.label)]


class ChangeUrl(_OfEndpoint):
    name = "url"
    label = "Change URL"
    form_class = UrlForm

    def form(self, obj: WebhookEndpoint, data: Any = None) -> forms.Form:
        return UrlForm(data, initial={"url": obj.url})

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        return _change_url(obj, data["url"])


class ChangeEvents(_OfEndpoint):
    name = "events"
    label = "Choose events"
    form_class = EventsForm

    def form(self, obj: WebhookEndpoint, data: Any = None) -> forms.Form:
        return EventsForm(data, initial={"events": obj.events})

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        endpoint = services.change_events(endpoint_id=obj.pk, events=data["events"])
        return Done("The events are changed.", endpoint, details=", ".join(endpoint.events))


class SendTest(_OfEndpoint):
    name = "test"
    label = "Send test webhook"

    def explanation(self, obj: WebhookEndpoint) -> str:
        return _about_test(obj)

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        return _send_test(obj, actor)


class Pause(_OfEndpoint):
    name = "pause"
    label = "Pause"
    form_class = MaybeReason

    def offered(self, obj: WebhookEndpoint, now: datetime) -> bool:
        return not obj.paused

    def why_not(self, obj: WebhookEndpoint, now: datetime) -> str:
        return "This webhook is paused already."

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

    def offered(self, obj: WebhookEndpoint, now: datetime) -> bool:
        return obj.paused

    def why_not(self, obj: WebhookEndpoint, now: datetime) -> str:
        return "This webhook is not paused."

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

    def offered(self, obj: WebhookEndpoint, now: datetime) -> bool:
        return obj.health != Health.HEALTHY

    def why_not(self, obj: WebhookEndpoint, now: datetime) -> str:
        return "This webhook is healthy."

    def explanation(self, obj: WebhookEndpoint) -> str:
        return (
            "Takes the webhook for healthy again and sends what has waited. Do it when the shop has repaired its end."
        )

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        return Done("The webhook is enabled.", services.enable_endpoint(endpoint_id=obj.pk))


class NewSecret(_OfEndpoint):
    name = "new-secret"
    label = "New secret"
    form_class = MaybeReason

    def explanation(self, obj: WebhookEndpoint) -> str:
        return (
            "First of two steps. From now on webhook-signature is signed with the old secret and the new one; "
            "X-Webhook-Signature keeps the old one until you promote the new one."
        )

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        secret = services.stage_secret(endpoint_id=obj.pk)
        hint = f"{HOW_TO_CHECK} Give it to the shop, then use “Promote secret”."
        return Done(f"New webhook secret for {obj.api_key}", obj, (Secret("Webhook secret", secret, hint),))


class PromoteSecret(_OfEndpoint):
    name = "promote-secret"
    label = "Promote secret"
    form_class = PromoteForm

    def offered(self, obj: WebhookEndpoint, now: datetime) -> bool:
        return bool(obj.next_secret)

    def why_not(self, obj: WebhookEndpoint, now: datetime) -> str:
        return "There is no new secret to promote. Make one first."

    def explanation(self, obj: WebhookEndpoint) -> str:
        return "Second of two steps. From now on X-Webhook-Signature is signed with the new secret."

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        endpoint = services.promote_secret(endpoint_id=obj.pk, overlap=timedelta(seconds=data["overlap"]))
        return Done("The new secret signs from now on.", endpoint)


class Redeliver(Verb):
    name = "redeliver"
    label = "Redeliver"
    permission = "backoffice.redeliver"
    form_class = MaybeReason

    def offered(self, obj: Delivery, now: datetime) -> bool:
        return obj.state != DeliveryState.LEASED

    def why_not(self, obj: Delivery, now: datetime) -> str:
        return "This delivery is being sent at this moment."

    def explanation(self, obj: Delivery) -> str:
        return "Sends the same bytes with the same webhook-id now, even while the webhook is paused or disabled."

    def facts(self, obj: Delivery) -> list[tuple[str, Any]]:
        return [("Event", words.code(obj.event_type)), ("To", words.code(obj.endpoint.url))]

    def run(self, obj: Delivery, data: dict[str, Any], actor: str) -> Done:
        return Done("The delivery is sent again.", services.redeliver(delivery_id=obj.pk, actor=actor))


def _change_url(endpoint: WebhookEndpoint, url: str) -> Done:
    changed = services.change_url(endpoint_id=endpoint.pk, url=url)
    return Done("The webhook goes to the new URL.", changed, details=f"{endpoint.url} → {changed.url}")


def _about_test(endpoint: WebhookEndpoint) -> str:
    return f"Posts a signed webhook.test to {endpoint.url}, once. It looks like no payment."


def _send_test(endpoint: WebhookEndpoint, actor: str) -> Done:
    delivery = services.send_test(endpoint_id=endpoint.pk, actor=actor)
    return Done("The test webhook is on its way. Reload this page to see the answer.", delivery, details=endpoint.url)
