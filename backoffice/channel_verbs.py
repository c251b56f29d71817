"""What staff do to alert channels: add one of each kind, change it, give a new address, stop, start."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.db import transaction

from backoffice.forms import LinesField
from backoffice.verbs import Done, MaybeReason, Refused, Secret, Verb
from payments.models import UpiAccount
from reconciliation.models import AlertChannel
from reconciliation.services import channels

Kind = AlertChannel.Kind
ADDRESS = "Address for the phone’s forwarding app"
ADDRESS_HINT = "Whoever has this address can report payments. Put it into the phone and nowhere else."


SILENCE = ("silent_after_minutes", "awake_from", "awake_until")
OVERLAPS = ((0, "stops at once"), (3600, "works for an hour more"), (86_400, "works for a day more"))


class ChannelForm(forms.Form):
    """What every channel has."""

    label = forms.CharField(max_length=255, help_text="What staff call it, such as “Current account, HDFC Bank”.")
    accounts = forms.ModelMultipleChoiceField(
        queryset=UpiAccount.objects.filter(test=False, archived_at=None),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="UPI accounts",
        help_text="Those whose bank reports here. None chosen: all live ones.",
    )


class AutomaticForm(ChannelForm):
    """What a channel has that brings the bank's word by itself: when its silence is told."""

    silent_after_minutes = forms.IntegerField(
        min_value=1,
        max_value=100_000,
        required=False,
        label="Silent after … minutes",
        help_text="You are told when nothing is heard of the phone for so long, and customers that confirmation may "
        "take longer. Empty: never.",
    )
    awake_from = forms.TimeField(
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        label="Counting from",
        help_text="At night few pay, so silence means nothing. India time. Empty: all day.",
    )
    awake_until = forms.TimeField(
        required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), label="Counting until"
    )


class PhoneForm(AutomaticForm):
    field_order: tuple[str, ...] = ("label", "senders", "accounts", *SILENCE)
    label = forms.CharField(max_length=255, help_text="Which phone this is, such as “Shop counter, Redmi”.")
    senders = LinesField(
        help_text="Whose messages are taken, one a line, as the SMS app shows them: VM-SBIUPI-S or SBIUPI. "
        "Messages of anybody else are counted and not kept."
    )


class SigningForm(forms.Form):
    signing = forms.ChoiceField(choices=AlertChannel.Signing.choices, required=False, label="Signed by")
    key = forms.CharField(
        max_length=255,
        required=False,
        label="Key",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="The app’s signing key, where it made one itself. Empty: PayGate makes one and shows it once.",
    )


class NewPhoneForm(SigningForm, PhoneForm):
    field_order = ("label", "senders", "accounts", "signing", "key", *SILENCE)


class AddChannel(Verb):
    """The base of the verbs that make a channel; each kind has its own fields."""

    permission = "backoffice.manage_channels"
    on_object = False
    what_it_is: ClassVar[str]

    def explanation(self, obj: Any) -> str:
        return self.what_it_is


class AddPhone(AddChannel):
    name = "add-phone"
    label = "Add phone"
    form_class = NewPhoneForm
    what_it_is = "An Android phone that gets the bank’s SMS forwards them, and a payment is confirmed within seconds."

    def run(self, obj: None, data: dict[str, Any], actor: str) -> Done:
        signing, key = AlertChannel.Signing(data.pop("signing")), data.pop("key")
        channel, token = channels.add_phone(**data)
        secrets = [_address(token)]
        if signing:
            secrets.append(_key(signing, channels.set_signing(channel_id=channel.pk, signing=signing, key=key)))
        return Done(f"Alert channel {channel}", channel, tuple(secrets), ", ".join(channel.senders))


class AddStatements(AddChannel):
    name = "add-statements"
    label = "Add bank statements"
    form_class = ChannelForm
    what_it_is = "Staff load the bank’s statement now and then. It confirms payments that no alert told of."

    def run(self, obj: None, data: dict[str, Any], actor: str) -> Done:
        channel = channels.add_channel(kind=Kind.STATEMENT, **data)
        return Done(f"{channel} is added.", channel)


class AddManual(AddChannel):
    name = "add-manual"
    label = "Add entry by hand"
    form_class = ChannelForm
    what_it_is = "Staff look into the bank’s app and type in what came, with its UTR. Nothing arrives by itself."

    def run(self, obj: None, data: dict[str, Any], actor: str) -> Done:
        channel = channels.add_channel(kind=Kind.MANUAL, **data)
        return Done(f"{channel} is added.", channel)


class ChangeChannel(Verb):
    name = "edit"
    label = "Edit"
    permission = "backoffice.manage_channels"

    def offered(self, obj: AlertChannel, now: datetime) -> bool:
        return obj.kind != Kind.MAILBOX

    def form(self, obj: AlertChannel, data: Any = None) -> forms.Form:
        initial = {"label": obj.label, "accounts": obj.accounts.all()}
        if obj.kind == Kind.PHONE:
            return PhoneForm(data, initial={**initial, **silence_of(obj), "senders": "\n".join(obj.senders)})
        return ChannelForm(data, initial=initial)

    @transaction.atomic
    def run(self, obj: AlertChannel, data: dict[str, Any], actor: str) -> Done:
        obj.label, obj.senders = data["label"], data.get("senders", obj.senders)
        if obj.is_automatic:
            set_silence(obj, data)
        obj.full_clean()
        obj.save(update_fields=["label", "senders"])
        obj.accounts.set(data["accounts"])
        return Done(f"{obj} is changed.", obj, details=", ".join(obj.senders))


class AddressForm(MaybeReason):
    field_order = ("overlap", "reason")
    overlap = forms.TypedChoiceField(choices=OVERLAPS, coerce=int, label="The present address")


class NewAddress(Verb):
    name = "new-address"
    label = "New address"
    permission = "backoffice.manage_channels"
    form_class = AddressForm
    danger = True

    def offered(self, obj: AlertChannel, now: datetime) -> bool:
        return obj.kind == Kind.PHONE

    def why_not(self, obj: AlertChannel, now: datetime) -> str:
        return "Only a phone has an address."

    def explanation(self, obj: AlertChannel) -> str:
        return (
            "Put the new address into the phone while the present one still works. If somebody else may have seen the "
            "present one, let it stop at once."
        )

    def run(self, obj: AlertChannel, data: dict[str, Any], actor: str) -> Done:
        token = channels.rotate_token(channel_id=obj.pk, overlap=timedelta(seconds=data["overlap"]))
        return Done(f"New address for {obj}", obj, (_address(token),))


class ChangeSigningForm(SigningForm, MaybeReason):
    field_order = ("signing", "key", "reason")


class SetSigning(Verb):
    name = "signature"
    label = "Signature"
    permission = "backoffice.manage_channels"

    def offered(self, obj: AlertChannel, now: datetime) -> bool:
        return obj.kind == Kind.PHONE

    def why_not(self, obj: AlertChannel, now: datetime) -> str:
        return "Only a phone’s app signs what it sends."

    def explanation(self, obj: AlertChannel) -> str:
        return (
            "From now on only what the app has signed is taken from this phone. Set the same key in "
            "the app. The phone’s clock must be right within five minutes."
        )

    def form(self, obj: AlertChannel, data: Any = None) -> forms.Form:
        return ChangeSigningForm(data, initial={"signing": obj.signing})

    def run(self, obj: AlertChannel, data: dict[str, Any], actor: str) -> Done:
        signing = AlertChannel.Signing(data["signing"])
        key = channels.set_signing(channel_id=obj.pk, signing=signing, key=data["key"])
        if not key:
            return Done(f"{obj} needs no signature any more.", obj)
        return Done(f"Signing key of {obj}", obj, (_key(signing, key),), signing.value)


class StopChannel(Verb):
    name = "stop"
    label = "Stop"
    permission = "backoffice.manage_channels"
    form_class = MaybeReason
    danger = True

    def offered(self, obj: AlertChannel, now: datetime) -> bool:
        return obj.enabled

    def why_not(self, obj: AlertChannel, now: datetime) -> str:
        return "This channel is stopped already."

    def explanation(self, obj: AlertChannel) -> str:
        return "Nothing is taken from this channel any more, and payments it would have reported stay pending."

    def run(self, obj: AlertChannel, data: dict[str, Any], actor: str) -> Done:
        if not AlertChannel.objects.filter(pk=obj.pk, enabled=True).update(enabled=False):
            raise Refused("This channel was stopped a moment ago.")
        return Done(f"{obj} is stopped.", obj)


class StartChannel(Verb):
    name = "start"
    label = "Start"
    permission = "backoffice.manage_channels"
    form_class = MaybeReason

    def offered(self, obj: AlertChannel, now: datetime) -> bool:
        return not obj.enabled

    def why_not(self, obj: AlertChannel, now: datetime) -> str:
        return "This channel is not stopped."

    def explanation(self, obj: AlertChannel) -> str:
        return "What comes through this channel is taken again."

    def run(self, obj: AlertChannel, data: dict[str, Any], actor: str) -> Done:
        if not AlertChannel.objects.filter(pk=obj.pk, enabled=False).update(enabled=True):
            raise Refused("This channel was started a moment ago.")
        return Done(f"{obj} is started.", obj)


def silence_of(channel: AlertChannel) -> dict[str, Any]:
    return {name: getattr(channel, name) for name in SILENCE}


def set_silence(channel: AlertChannel, data: dict[str, Any]) -> None:
    """Check the channel and keep when it counts as silent. Raises ValidationError."""
    for name in SILENCE:
        setattr(channel, name, data[name])
    channel.full_clean()
    channel.save(update_fields=SILENCE)


def _key(signing: AlertChannel.Signing, key: str) -> Secret:
    return Secret("Signing key", key, f"Put it into the phone’s app ({signing.label}). It is not shown again.")


def _address(token: str) -> Secret:
    return Secret(ADDRESS, channels.channel_url(token), ADDRESS_HINT)
