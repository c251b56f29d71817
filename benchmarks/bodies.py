"""What every measured sender sends."""

from typing import Any


def event_body(event: str, session: str, moment: str) -> dict[str, Any]:
    return {
        "event": "payment.success",
        "session_id": session,
        "requested_amount": 100,
        "payable_amount": 99,
        "status": "success",
        "customer_name": "Asha Rao",
        "merchant_ref": "ORDER-123",
        "utr": "103100084802",
        "metadata": {"order_id": "A-1009", "cart": "7f1c"},
        "timestamp": moment,
        "exception": "",
        "event_id": event,
        "sequence": 1,
        "test": False,
        "currency": "INR",
    }
