from backoffice.admin import (
    accounts,
    channels,
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
    "keys",
    "notices",
    "reconciliation",
    "redeliveries",
    "sessions",
    "staff",
    "templates",
    "webhooks",
]
