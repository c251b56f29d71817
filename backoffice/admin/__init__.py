from backoffice.admin import accounts, channels, keys, notices, reconciliation, sessions, staff, webhooks

__all__ = ["accounts", "channels", "keys", "notices", "reconciliation", "sessions", "staff", "webhooks"]
