"""What staff do to alert channels: add, change, give a new address, stop, start."""

from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction

from backoffice.forms import LinesField
from backoffice.verbs import Done, MaybeReason, Refused, Secret, Verb
from payments.models import UpiAccount
from reconciliation.models import AlertChannel
from reconciliation.services import channels

ADDRESS = "Address for the phone’s forwarding app"
ADDRESS_HINT = "Whoever has this address can report payments. Put it into the phone and nowhere else."


class ChannelForm(forms.Form):
    label = forms.CharField(max_length=255, help_text="Which phone this is, such as “Shop counter, Redmi”.")
    senders = LinesField(
        help_text="Whose messages are taken, one a line, as the SMS app shows them: VM-SBIUPI-S or SBIUPI. "
        "Messages of anybody else are counted and not kept."
    )
    accounts = forms.ModelMultipleChoiceField(
        queryset=UpiAccount.objects.filter(test=False, archived_at=None),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="UPI accounts",
        help_text="Whose bank writes to this phone. None chosen: all live ones.",
    )


class AddChannel(Verb):
    name = "add-channel"
    label = "Add alert channel"
    permission = "backoffice.manage_channels"
    form_class = ChannelForm
    on_object = False

    def explanation(self, obj: Any) -> str:
        return "A phone that gets the bank’s SMS forwards them to PayGate, which finds the payment each one is about."

    def run(self, obj: None, data: dict[str, Any], actor: str) -> Done:
        channel, token = channels.add_channel(**data)
        return Done(f"Alert channel {channel}", channel, (_address(token),), ", ".join(channel.senders))


class ChangeChannel(Verb):
    name = "edit"
    label = "Edit"
    permission = "backoffice.manage_channels"

    def form(self, obj: AlertChannel, data: Any = None) -> forms.Form:
        senders = "\n".join(obj.senders)
        return ChannelForm(data, initial={"label": obj.label, "senders": senders, "accounts": obj.accounts.all()})

    @transaction.atomic
    def run(self, obj: AlertChannel, data: dict[str, Any], actor: str) -> Done:
        obj.label, obj.senders = data["label"], data["senders"]
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
        return "Alerts of this phone are refused, and payments it would have reported stay pending."

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
        return "Alerts of this phone are taken again."

    def run(self, obj: AlertChannel, data: dict[str, Any], actor: str) -> Done:
        if not AlertChannel.objects.filter(pk=obj.pk, enabled=False).update(enabled=True):
            raise Refused("This channel was started a moment ago.")
        return Done(f"{obj} is started.", obj)


def _address(token: str) -> Secret:
    return Secret(ADDRESS, channels.channel_url(token), ADDRESS_HINT)
