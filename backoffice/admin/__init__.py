from backoffice.admin import accounts, channels, keys, reconciliation, sessions, staff, webhooks

__all__ = ["accounts", "channels", "keys", "reconciliation", "sessions", "staff", "webhooks"]
