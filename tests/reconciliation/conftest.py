import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from payments import bell
from payments.models import PaymentSession, UpiAccount
from payments.services import SessionDetails, create_session
from reconciliation.models import AlertChannel
from reconciliation.services.alerts import process_waiting
from reconciliation.services.channels import add_phone
from reconciliation.times import INDIA

RRN = "624412345678"
NOON = datetime(2026, 9, 1, 12, 0, tzinfo=INDIA)


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """No thread talks to a broker; the names of the tasks that were rung for are collected."""
    names: list[str] = []
    monkeypatch.setattr(bell, "ring", lambda task: names.append(task.name))
    return names


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """It is noon in India on 1 September 2026, and time stands still until `clock.shift(seconds)`."""
    with time_machine.travel(NOON, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def phone(db) -> AlertChannel:
    """The shop's phone, which forwards what SBI and HDFC Bank write."""
    channel, token = add_phone(label="Shop phone", senders=["SBIUPI", "SBIINB", "HDFCBK"])
    channel.token = token
    return channel


@pytest.fixture
def open_session(asha, account) -> Callable[..., PaymentSession]:
    def open_session(
        paise: int = 100_00, *, api_key: Any = asha, payable: int | None = None, upi_account: UpiAccount | None = None,
        **details: str,
    ) -> PaymentSession:  # fmt: skip
        session = create_session(
            api_key=api_key, requested_paise=paise, details=SessionDetails(**details), expires_in=600
        ).session
        if payable:
            session.payable_paise = payable
        if upi_account:
            session.upi_account, session.amount_space = upi_account, upi_account.amount_space
        session.save()
        return session

    return open_session


@pytest.fixture
def forward(phone) -> Callable[..., Any]:
    """Post to the channel's address as a phone does: `forward({"from": …, "text": …})`."""

    def forward(body: Any, *, token: str = phone.token, content_type: str = "application/json", query: str = "") -> Any:
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        client = Client(raise_request_exception=False)
        return client.post(f"/hooks/alerts/{token}{query}", body, content_type=content_type)

    return forward


@pytest.fixture
def sms(forward) -> Callable[..., Any]:
    """Forward an SMS and let the worker process it."""

    def sms(text: str, *, sender: str = "VM-SBIUPI-S", sent_at: datetime | None = None) -> Any:
        fields: dict[str, Any] = {"from": sender, "text": text}
        if sent_at:
            fields["sentStamp"] = int(sent_at.timestamp() * 1000)
        answer = forward(fields)
        process_waiting()
        return answer

    return sms


def sbi_text(
    paise: int, *, rrn: str = RRN, at: datetime | None = None, tail: str = "1234", payer: str = "A KUMAR"
) -> str:
    day = (at or timezone.now()).astimezone(INDIA)
    rupees = f"{paise // 100}.{paise % 100:02d}"
    return f"Dear SBI User, your A/c X{tail}-credited by Rs.{rupees} on {day:%d%b%y} transfer from {payer} Ref No {rrn} -SBI"


def seconds(number: float) -> datetime:
    """Return the moment so many seconds after noon, when sessions of a test are opened."""
    return NOON + timedelta(seconds=number)
