from backoffice.admin import (
    accounts,
    channels,
    claims,
    keys,
    notices,
    reconciliation,
    redeliveries,
    sessions,
    staff,
    templates,
    webhooks,
)

__all__ = [
    "accounts",
    "channels",
    "claims",
    "keys",
    "notices",
    "reconciliation",
    "redeliveries",
    "sessions",
    "staff",
    "templates",
    "webhooks",
]
