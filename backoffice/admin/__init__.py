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
    statements,
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
    "statements",
    "templates",
    "webhooks",
]
