import ipaddress

from django.db import connection
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apikeys import keys, usage
from apikeys.caller import client_ip, client_network
from apikeys.models import ApiKey
from apikeys.throttling import count_call, count_failed_authentication


class ApiKeyAuthentication(BaseAuthentication):
    """`X-API-Key: pgk_…` ► `request.auth` is the ApiKey.

    Missing, unknown, disabled, expired and wrongly placed keys get one and the same answer, which tells nothing about
    keys.
    """

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey]:
        presented = request.headers.get(keys.HEADER, "").strip()
        address = client_ip(request)
        api_key = _find(presented) if keys.looks_like_key(presented) else None
        if api_key is None or not _may_come_from(api_key, address):
            count_failed_authentication(client_network(request))
            raise AuthenticationFailed
        usage.count_request(api_key.pk, address, by_previous_text=api_key.key_hash != keys.hash_key(presented))
        # Here and not in a throttle class, which would come after permissions and never see a refused call.
        count_call(api_key)
        return api_key, api_key

    def authenticate_header(self, request: Request) -> str:
        # Without it Django REST framework answers 403 instead of 401.
        return f'ApiKey header="{keys.HEADER}"'


# SQL by hand: on the path of every request, building this query in the ORM costs more than running it.
_FIND = (
    f"SELECT * FROM {ApiKey._meta.db_table} "  # noqa: S608 - no value is written into it
    "WHERE key_hash = %s OR (previous_hash = %s AND previous_until > %s)"
)


def _find(presented: str) -> ApiKey | None:
    """Return the usable key that this text opens: its current one, or the one before while a rotation overlaps."""
    now, key_hash = timezone.now(), keys.hash_key(presented)
    moment = connection.ops.adapt_datetimefield_value(now)
    found = list(ApiKey.objects.raw(_FIND, [key_hash, key_hash, moment]))
    return found[0] if found and found[0].status_at(now) == "active" else None


def _may_come_from(api_key: ApiKey, address: str) -> bool:
    if not api_key.allowed_networks:
        return True
    networks = [ipaddress.ip_network(network) for network in api_key.allowed_networks]
    return bool(address) and any(ipaddress.ip_address(address) in network for network in networks)
