"""What staff do to mailboxes: add one, change it, look into it now."""

from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction

from backoffice.channel_verbs import AddChannel, AutomaticForm, set_silence, silence_of
from backoffice.forms import LinesField
from backoffice.verbs import Done, Refused, Verb
from payments.money import in_words_of_rupees
from reconciliation.imap import CannotRead
from reconciliation.models import AlertChannel, Mailbox
from reconciliation.parsing import Reading, Verdict
from reconciliation.services import mailbox
from reconciliation.services.mailbox import FIELDS, Judged
from reconciliation.times import INDIA

VERDICTS = {
    Verdict.CREDIT: "a credit",
    Verdict.REVIEW: "for staff to look at",
    Verdict.IGNORE: "not a credit",
}


class MailboxForm(AutomaticForm):
    field_order = ("label", "host", "port", "security", "username", "password", "folder", "addresses", "authserv_id")
    host = forms.CharField(max_length=253, label="Server", help_text="imap.gmail.com, imap.zoho.in, or your own.")
    port = forms.IntegerField(min_value=1, max_value=65535, initial=993, help_text="993 with TLS, 143 with STARTTLS.")
    security = forms.ChoiceField(choices=Mailbox.Security.choices, initial=Mailbox.Security.TLS)
    username = forms.CharField(max_length=254, label="User name", help_text="Most often the whole address.")
    password = forms.CharField(
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Gmail, Yahoo, Zoho and Fastmail: an app password, made for PayGate alone. It is kept sealed and "
        "never shown.",
    )
    folder = forms.CharField(max_length=200, initial="INBOX", help_text="In Gmail a label is a folder.")
    addresses = LinesField(
        required=False,
        label="Addresses the bank writes to",
        help_text="One a line. An alert to anybody else is not believed. Empty: the user name.",
    )
    authserv_id = forms.CharField(
        max_length=253,
        required=False,
        label="Provider’s name in Authentication-Results",
        help_text="Gmail: mx.google.com. Zoho in India: mx.zohomail.in. Yahoo, Fastmail and your own server: leave it "
        "empty unless you know it; PayGate then checks the banks’ signatures itself.",
    )
    domains = LinesField(
        required=False,
        label="Further domains of banks",
        help_text="One a line, beside the banks PayGate knows and all below bank.in.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["silent_after_minutes"].help_text = (
            "Customers are told that confirmation may take longer when the mailbox cannot be read for so long. Empty: "
            "never. You are told after five minutes in any case."
        )

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        # Google shows an app password in four groups, which are no part of it.
        is_gmail = self.cleaned_data.get("host", "").lower().endswith((".gmail.com", ".googlemail.com"))
        return "".join(password.split()) if is_gmail else password


class ChangeMailboxForm(MailboxForm):
    password = forms.CharField(
        max_length=256,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Empty: it stays what it is.",
    )


class AddMailbox(AddChannel):
    name = "add-mailbox"
    label = "Add mailbox"
    form_class = MailboxForm
    what_it_is = (
        "PayGate reads the bank’s e-mails in a mailbox (IMAP), and confirms within a minute. HDFC Bank tells "
        "of UPI credits up to ₹500 only so."
    )

    def run(self, obj: None, data: dict[str, Any], actor: str) -> Done:
        names = ("label", "password", "accounts", *FIELDS)
        channel = mailbox.add_mailbox(**{name: data[name] for name in names})
        set_silence(channel, data)
        return Done(f"{channel} is added. Look now to see whether it can be read.", channel, details=data["host"])


class ChangeMailbox(Verb):
    name = "edit-mailbox"
    label = "Edit"
    permission = "backoffice.manage_channels"

    def offered(self, obj: AlertChannel, now: datetime) -> bool:
        return is_mailbox(obj)

    def form(self, obj: AlertChannel, data: Any = None) -> forms.Form:
        initial: dict[str, Any] = {"label": obj.label, "accounts": obj.accounts.all(), **silence_of(obj)}
        if is_mailbox(obj):
            box = mailbox_of(obj)
            initial |= {name: getattr(box, name) for name in FIELDS}
            initial |= {name: "\n".join(initial[name]) for name in ("addresses", "domains")}
        return ChangeMailboxForm(data, initial=initial)

    @transaction.atomic
    def run(self, obj: AlertChannel, data: dict[str, Any], actor: str) -> Done:
        values = {name: data[name] for name in FIELDS}
        mailbox.change_mailbox(channel_id=obj.pk, password=data["password"], **values)
        obj.label = data["label"]
        set_silence(obj, data)
        obj.save(update_fields=["label"])
        obj.accounts.set(data["accounts"])
        return Done(f"{obj} is changed.", obj, details=data["host"])


class CheckMailbox(Verb):
    name = "look"
    label = "Look now"
    permission = "backoffice.manage_channels"

    def offered(self, obj: AlertChannel, now: datetime) -> bool:
        return is_mailbox(obj)

    def why_not(self, obj: AlertChannel, now: datetime) -> str:
        return "Only a mailbox can be looked into."

    def explanation(self, obj: AlertChannel) -> str:
        return "PayGate connects and says what it would make of the last e-mails. Nothing is taken or changed."

    def find_out(self, obj: AlertChannel, data: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"seen": mailbox.look(mailbox_of(obj))}
        except CannotRead as problem:
            raise Refused(str(problem)) from None

    def run(self, obj: AlertChannel, data: dict[str, Any], actor: str) -> Done:
        seen = data["seen"]
        box = mailbox_of(obj)
        message = f"{box.host} answers, and “{box.folder}” is there."
        count = {0: " There was no e-mail in the last days.", 1: " Its last e-mail:"}.get(
            len(seen), f" Its last {len(seen)} e-mails:"
        )
        return Done(message + count, obj, notes=tuple(_in_words(*each) for each in seen))


def mailbox_of(channel: AlertChannel) -> Mailbox:
    return Mailbox.objects.get(channel=channel)


def is_mailbox(channel: AlertChannel) -> bool:
    return channel.kind == AlertChannel.Kind.MAILBOX and hasattr(channel, "mailbox")


def _in_words(moment: datetime, judged: Judged, reading: Reading | None) -> str:
    of_whom = f"{moment.astimezone(INDIA):%-d %b, %H:%M}, {judged.domain}"
    if reading is None:
        return f"{of_whom}: not believed. {judged.doubt}"
    amount = f" of {in_words_of_rupees(reading.amount_paise)}" if reading.amount_paise else ""
    return f"{of_whom}: {VERDICTS[reading.verdict]}{amount}. {reading.reason}"
