"""The one public shape of a payment: in API answers, on the checkout, in events. Pure but for the base URL."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings

from payments.money import shortest, two_decimals
from payments.wire import JsonText, write_json

if TYPE_CHECKING:
    from payments.models import PaymentSession


def checkout_url(session: "PaymentSession") -> str:
    return f"{settings.BASE_URL}/checkout/{session.session_id}"


def payment_object(session: "PaymentSession", *, now: datetime) -> dict[str, Any]:
    """Return the payment as the API shows it at `now`; amounts are exact JSON numbers."""
    status = session.status_at(now)
    return {
        "session_id": session.session_id,
        "requested_amount": JsonText(shortest(session.requested_paise)),
        "payable_amount": JsonText(two_decimals(session.payable_paise)),
        "currency": "INR",
        "status": status,
        "exception": session.exception,
        "customer_name": session.customer_name,
        "customer_email": session.customer_email,
        "customer_phone": session.customer_phone,
        "merchant_ref": session.merchant_ref,
        "description": session.description,
        "metadata": JsonText(session.metadata_json),
        "checkout_url": checkout_url(session),
        "upi_id": session.upi_id,
        "upi_name": session.upi_name,
        "upi_deeplink": session.upi_link,
        "qr_url": f"{checkout_url(session)}/qr.png",
        "return_url": session.return_url,
        "utr": session.utr or None,
        "test": session.test,
        **time_fields("created_at", session.created_at),
        **time_fields("expires_at", session.expires_at),
        "expires_in": seconds_left(session, now=now),
        **time_fields("paid_at", session.paid_at),
        **time_fields("cancelled_at", session.cancelled_at),
        **time_fields("server_time", now),
    }


def seconds_left(session: "PaymentSession", *, now: datetime) -> int:
    """Return how many whole seconds the customer still has; 0 once the session is no longer pending."""
    if session.status_at(now) != "pending":
        return 0
    return max(0, int((session.expires_at - now).total_seconds()))


def event_body(session: "PaymentSession", *, event: str, event_id: UUID, sequence: int, occurred_at: datetime) -> str:
    """Return a webhook's exact body: the brief's keys in the brief's order, what was added after them."""
    return write_json(
        {
            "event": event,
            "session_id": session.session_id,
            "requested_amount": JsonText(shortest(session.requested_paise)),
            "payable_amount": JsonText(shortest(session.payable_paise)),
            "status": session.status,
            "customer_name": session.customer_name,
            "merchant_ref": session.merchant_ref,
            "utr": session.utr or None,
            "metadata": JsonText(session.metadata_json),
            "timestamp": milliseconds(occurred_at),
            "exception": session.exception,
            "event_id": str(event_id),
            "sequence": sequence,
            "test": session.test,
            "currency": "INR",
        }
    )


def milliseconds(moment: datetime) -> str:
    """Return `2026-04-14T01:05:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def time_fields(name: str, moment: datetime | None) -> dict[str, str | None]:
    """Return a time as the brief writes it (UTC), and beside it in RFC 3339."""
    iso_name = f"{name}_iso"
    if moment is None:
        return {name: None, iso_name: None}
    utc = moment.astimezone(UTC)
    return {name: utc.strftime("%Y-%m-%d %H:%M:%S"), iso_name: utc.strftime("%Y-%m-%dT%H:%M:%SZ")}
