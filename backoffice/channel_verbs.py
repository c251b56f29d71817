"""What staff do to alert channels: add one of each kind, change it, give a new address, stop, start."""

from datetime import datetime
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


class PhoneForm(ChannelForm):
    field_order = ("label", "senders", "accounts")
    label = forms.CharField(max_length=255, help_text="Which phone this is, such as “Shop counter, Redmi”.")
    senders = LinesField(
        help_text="Whose messages are taken, one a line, as the SMS app shows them: VM-SBIUPI-S or SBIUPI. "
        "Messages of anybody else are counted and not kept."
    )


class _AddChannel(Verb):
    """The base of the verbs that make a channel; each kind has its own fields."""

    permission = "backoffice.manage_channels"
    on_object = False
    what_it_is: ClassVar[str]

    def explanation(self, obj: Any) -> str:
        return self.what_it_is


class AddPhone(_AddChannel):
    name = "add-phone"
    label = "Add phone"
    form_class = PhoneForm
    what_it_is = "An Android phone that gets the bank’s SMS forwards them, and a payment is confirmed within seconds."

    def run(self, obj: None, data: dict[str, Any], actor: str) -> Done:
        channel, token = channels.add_phone(**data)
        return Done(f"Alert channel {channel}", channel, (_address(token),), ", ".join(channel.senders))


class AddStatements(_AddChannel):
    name = "add-statements"
    label = "Add bank statements"
    form_class = ChannelForm
    what_it_is = "Staff load the bank’s statement now and then. It confirms payments that no alert told of."

    def run(self, obj: None, data: dict[str, Any], actor: str) -> Done:
        channel = channels.add_channel(kind=Kind.STATEMENT, **data)
        return Done(f"{channel} is added.", channel)


class AddManual(_AddChannel):
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

    def form(self, obj: AlertChannel, data: Any = None) -> forms.Form:
        initial = {"label": obj.label, "accounts": obj.accounts.all()}
        if obj.kind == Kind.PHONE:
            return PhoneForm(data, initial={**initial, "senders": "\n".join(obj.senders)})
        return ChannelForm(data, initial=initial)

    @transaction.atomic
    def run(self, obj: AlertChannel, data: dict[str, Any], actor: str) -> Done:
        obj.label, obj.senders = data["label"], data.get("senders", obj.senders)
        obj.full_clean()
        obj.save(update_fields=["label", "senders"])
        obj.accounts.set(data["accounts"])
        return Done(f"{obj} is changed.", obj, details=", ".join(obj.senders))


class NewAddress(Verb):
    name = "new-address"
    label = "New address"
    permission = "backoffice.manage_channels"
    form_class = MaybeReason
    danger = True

    def offered(self, obj: AlertChannel, now: datetime) -> bool:
        return obj.kind == Kind.PHONE

    def why_not(self, obj: AlertChannel, now: datetime) -> str:
        return "Only a phone has an address."

    def explanation(self, obj: AlertChannel) -> str:
        return "The phone’s present address stops at once: its alerts are refused until it has the new one."

    def run(self, obj: AlertChannel, data: dict[str, Any], actor: str) -> Done:
        return Done(f"New address for {obj}", obj, (_address(channels.rotate_token(channel_id=obj.pk)),))


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


def _address(token: str) -> Secret:
    return Secret(ADDRESS, channels.channel_url(token), ADDRESS_HINT)
