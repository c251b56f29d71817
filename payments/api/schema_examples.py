"""The values that the OpenAPI file and its page show as examples. Pure."""

import json
from typing import Any

# The API page shows the installation's own address in its place.
EXAMPLE_BASE_URL = "http://localhost:3000"

CREATE_REQUEST: dict[str, Any] = {
    "amount": 100,
    "customer_name": "John Doe",
    "customer_email": "john@example.com",
    "merchant_ref": "ORDER-123",
    "metadata": {"order_id": "ORD-456", "product": "Premium Plan"},
}
PAYMENT: dict[str, Any] = {
    "session_id": "A1B2C3D4E5F67890",
    "requested_amount": 100,
    "payable_amount": 99.37,
    "currency": "INR",
    "status": "pending",
    "exception": "",
    "customer_name": "John Doe",
    "customer_email": "john@example.com",
    "customer_phone": "",
    "merchant_ref": "ORDER-123",
    "description": "",
    "metadata": {"order_id": "ORD-456", "product": "Premium Plan"},
    "checkout_url": f"{EXAMPLE_BASE_URL}/checkout/A1B2C3D4E5F67890",
    "upi_id": "yourupi@bank",
    "upi_name": "YOUR NAME",
    "upi_deeplink": "upi://pay?pa=yourupi@bank&pn=YOUR%20NAME&tr=A1B2C3D4E5F67890"
    "&tn=Order%20A1B2C3D4E5F67890&am=99.37&cu=INR",
    "qr_url": f"{EXAMPLE_BASE_URL}/checkout/A1B2C3D4E5F67890/qr.png",
    "return_url": "",
    "utr": None,
    "test": False,
    "created_at": "2026-04-14 01:00:00",
    "created_at_iso": "2026-04-14T01:00:00Z",
    "expires_at": "2026-04-14 01:10:00",
    "expires_at_iso": "2026-04-14T01:10:00Z",
    "expires_in": 600,
    "paid_at": None,
    "paid_at_iso": None,
    "cancelled_at": None,
    "cancelled_at_iso": None,
    "server_time": "2026-04-14 01:00:00",
    "server_time_iso": "2026-04-14T01:00:00Z",
}
CANCELLED: dict[str, Any] = {
    **PAYMENT,
    "status": "cancelled",
    "expires_in": 0,
    "cancelled_at": "2026-04-14 01:02:00",
    "cancelled_at_iso": "2026-04-14T01:02:00Z",
    "server_time": "2026-04-14 01:02:00",
    "server_time_iso": "2026-04-14T01:02:00Z",
}
CAPACITY: dict[str, Any] = {
    "amount": 100,
    "total": 99,
    "free": 97,
    "held": 2,
    "next_release_at": "2026-04-14 01:40:00",
    "next_release_at_iso": "2026-04-14T01:40:00Z",
}
KEY: dict[str, Any] = {
    "label": "My shop",
    "permissions": ["create", "read", "list", "cancel"],
    "mode": "live",
    "limits": {"requests_per_second": 100, "min_amount": 2, "max_amount": 100000},
}
EVENT: dict[str, Any] = {
    "event": "payment.success",
    "session_id": "A1B2C3D4E5F67890",
    "requested_amount": 100,
    "payable_amount": 99.37,
    "status": "success",
    "customer_name": "John Doe",
    "merchant_ref": "ORDER-123",
    "utr": "103100084802",
    "metadata": {"order_id": "ORD-456", "product": "Premium Plan"},
    "timestamp": "2026-04-14T01:05:00.000Z",
    "exception": "",
    "event_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "sequence": 1,
    "test": False,
    "currency": "INR",
}
FEED_EVENT: dict[str, Any] = {
    "id": EVENT["event_id"],
    "type": EVENT["event"],
    "session_id": EVENT["session_id"],
    "occurred_at": "2026-04-14 01:05:00",
    "occurred_at_iso": "2026-04-14T01:05:00Z",
    "body": json.dumps(EVENT, separators=(",", ":")),
}
