from backoffice.admin import accounts, keys, reconciliation, sessions, staff, webhooks

__all__ = ["accounts", "keys", "reconciliation", "sessions", "staff", "webhooks"]
