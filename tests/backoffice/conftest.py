from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from backoffice.staff import create_staff
from payments.models import Notice, NoticeKind, PaymentSession
from payments.notices import raise_notice
from payments.services import SessionDetails, confirm_session, create_session
from reconciliation.forwarders import Alert
from reconciliation.models import AlertChannel, BankTemplate, Credit, Evidence, StatementImport
from reconciliation.services import statement_files
from reconciliation.services.alerts import record_evidence
from reconciliation.services.banks import add_template
from reconciliation.services.channels import add_channel, add_phone
from reconciliation.services.received import record_credit
from tests.reconciliation.statements.files import HDFC_CSV
from webhooks.models import WebhookEndpoint
from webhooks.services import add_endpoint, fan_out_events


def signed_in(username: str, role: str) -> Client:
    user, _ = create_staff(username=username, role=role)
    client = Client()
    client.force_login(user)
    client.user = user
    return client


@pytest.fixture
def meera(db) -> Client:
    """Meera is an Admin."""
    return signed_in("meera", "Admin")


@pytest.fixture
def omar(db) -> Client:
    """Omar is an Operator: he decides about payments."""
    return signed_in("omar", "Operator")


@pytest.fixture
def divya(db) -> Client:
    """Divya is a Developer: she looks after keys and webhooks."""
    return signed_in("divya", "Developer")


@pytest.fixture
def vikram(db) -> Client:
    """Vikram is a Viewer."""
    return signed_in("vikram", "Viewer")


@pytest.fixture
def open_payment(asha, account) -> Callable[..., PaymentSession]:
    def open_payment(key: Any = asha, *, rupees: int = 100, **details: str) -> PaymentSession:
        opened = create_session(api_key=key, requested_paise=rupees * 100, details=SessionDetails(**details))
        return opened.session

    return open_payment


@pytest.fixture
def session(open_payment) -> PaymentSession:
    """A pending payment of Asha's customer Priya."""
    return open_payment(customer_name="Priya Nair")


@pytest.fixture
def paid(open_payment) -> PaymentSession:
    """A payment the bank has confirmed."""
    session = open_payment(customer_name="Sneha Kulkarni")
    confirm_session(session_id=session.pk, credited_at=timezone.now(), utr="412345678901")
    session.refresh_from_db()
    return session


@pytest.fixture
def endpoint(asha) -> WebhookEndpoint:
    """Where Asha's shop hears of its payments."""
    endpoint, secret = add_endpoint(api_key=asha, url="http://127.0.0.1:9/webhook")
    endpoint.secret_text = secret
    return endpoint


@pytest.fixture
def delivery(endpoint, paid) -> Any:
    """The webhook of the paid payment, not tried yet."""
    fan_out_events()
    return endpoint.deliveries.get()


@pytest.fixture
def channel(db) -> AlertChannel:
    """The phone at the counter."""
    channel, token = add_phone(label="Shop counter", senders=["VM-SBIUPI-S"])
    channel.token_text = token
    return channel


@pytest.fixture
def credit(account) -> Credit:
    """Money that fits no payment."""
    return record_credit(amount_paise=1234_56, rrn="512345678901").credit


@pytest.fixture
def alert(channel) -> Evidence:
    """An alert that a person has to look at."""
    alert = record_evidence(channel=channel, alert=Alert(sender="VM-SBIUPI-S", text="Rs 500 may have come in"))
    Evidence.objects.filter(pk=alert.pk).update(
        state="review", explanation="It is not clear.", processed_at=alert.received_at
    )
    alert.refresh_from_db()
    return alert


@pytest.fixture
def notice(db) -> Notice:
    """Something staff must know of."""
    raise_notice(kind=NoticeKind.REVERSAL, key="512345678901", subject="₹99.37 was taken back", text="Look at it.")
    return Notice.objects.get()


@pytest.fixture
def template(db) -> BankTemplate:
    """A cooperative bank that PayGate does not know."""
    return add_template(
        name="Asha Cooperative Bank",
        code="ashacoop",
        headers=["ASHACB"],
        lines=["Dear Member, your {account} is credited with {amount} on {date} by UPI Ref {rrn}"],
        examples=["Dear Member, your a/c XX1234 is credited with Rs 5.00 on 14-04-26 by UPI Ref 624412345678"],
    )


@pytest.fixture
def statement(db, account) -> StatementImport:
    """The bank's statement of a day, loaded and not started."""
    channel = add_channel(kind=AlertChannel.Kind.STATEMENT, label="Current account")
    job = statement_files.load_statement(
        channel=channel, file_name="september.csv", data=HDFC_CSV.encode(), actor="meera"
    )
    statement_files.read_next()
    job.refresh_from_db()
    return job
