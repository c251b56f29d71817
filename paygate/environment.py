"""Reading the environment so that a mistake in it is one line that names the variable."""

import ipaddress
import os
import warnings
from collections.abc import Sequence
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_ENGINES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}


class Env(environ.Env):  # type: ignore[misc]
    """An empty variable counts as absent, for compose and unit files write it so; a wrong one is named."""

    def get_value(
        self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, parse_default: bool = False
    ) -> Any:
        if default is not self.NOTSET and not os.environ.get(var):
            return default
        try:
            return super().get_value(var, cast, default, parse_default)
        except ValueError as error:
            raise ImproperlyConfigured(f"{var} cannot be understood: {error}") from None

    def database(self, var: str, default: str) -> dict[str, Any]:
        """Return Django's entry for a database URL. Errors never show it: it holds a password."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                database: dict[str, Any] = self.db_url(var, default=default)
        except ValueError:
            database = {}
        if database.get("ENGINE") not in _ENGINES:
            raise ImproperlyConfigured(
                f"{var} must look like postgres://user:password@host:5432/name or sqlite:////path/to/file "
                "(special characters in the password as %xx)."
            )
        return database

    def mail_server(self, var: str) -> dict[str, Any]:
        """Return Django's settings for a mail server's URL; none where it is not set. Errors never show it."""
        if not os.environ.get(var):
            return {}
        try:
            server: dict[str, Any] = self.email_url(var)
        except (ValueError, ImproperlyConfigured):
            server = {}
        if not server.get("EMAIL_HOST"):
            raise ImproperlyConfigured(
                f"{var} must look like smtp+tls://user:password@host:587 or smtp+ssl://user:password@host:465 "
                "(special characters in the user and the password as %xx)."
            )
        return server

    def networks(self, var: str, default: Sequence[str]) -> list[IpNetwork]:
        """Return addresses and networks given as `10.0.0.0/8,192.0.2.7`."""
        try:
            return [ipaddress.ip_network(each.strip(), strict=False) for each in self.list(var, default=default)]
        except ValueError as error:
            raise ImproperlyConfigured(f"{var} is a list of IP addresses and networks: {error}") from None
