from backoffice.admin import accounts, keys, sessions, staff, webhooks

__all__ = ["accounts", "keys", "sessions", "staff", "webhooks"]
