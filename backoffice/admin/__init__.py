from backoffice.admin import accounts, keys, sessions, staff

__all__ = ["accounts", "keys", "sessions", "staff"]
