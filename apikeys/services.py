"""What staff do to API keys: issue, rotate, disable."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apikeys import keys
from apikeys.models import BROWSER_PERMISSIONS, DEFAULT_PERMISSIONS, PERMISSIONS, ApiKey


def issue_key(
    *,
    label: str,
    test: bool = False,
    permissions: Sequence[str] | None = None,
    origins: Sequence[str] = (),
    allowed_networks: Sequence[str] = (),
    requests_per_second: int | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Create a key and return its row and its text, which cannot be had again. Raises ValidationError."""
    if permissions is None:
        permissions = BROWSER_PERMISSIONS if origins else DEFAULT_PERMISSIONS
    text = keys.mint_key(test=test)
    api_key = ApiKey(
        label=label.strip(),
        key_hash=keys.hash_key(text),
        prefix=keys.display_prefix(text),
        permissions=check_permissions(permissions, browser=bool(origins)),
        origins=[normalise_origin(origin) for origin in origins],
        allowed_networks=[normalise_network(network) for network in allowed_networks],
        requests_per_second=requests_per_second,
        test=test,
        expires_at=expires_at,
    )
    api_key.full_clean()
    api_key.save(force_insert=True)
    return api_key, text


@transaction.atomic
def rotate_key(*, api_key_id: int, overlap: timedelta = timedelta(0)) -> str:
    """Give the key a new text and return it; the old one works for `overlap` longer. The row and all it owns stay."""
    api_key = ApiKey.objects.select_for_update().get(pk=api_key_id)
    text = keys.mint_key(test=api_key.test)
    ApiKey.objects.filter(pk=api_key.pk).update(
        previous_hash=api_key.key_hash if overlap else None,
        previous_until=timezone.now() + overlap if overlap else None,
        previous_used_at=None,
        key_hash=keys.hash_key(text),
        prefix=keys.display_prefix(text),
    )
    return text


def disable_key(*, api_key_id: int) -> bool:
    """Refuse the key from now on. Returns whether it was usable before."""
    return bool(ApiKey.objects.filter(pk=api_key_id, disabled_at=None).update(disabled_at=timezone.now()))


def enable_key(*, api_key_id: int) -> bool:
    """Accept a disabled key again. Returns whether it was disabled before."""
    return bool(ApiKey.objects.filter(pk=api_key_id, disabled_at__isnull=False).update(disabled_at=None))


def check_permissions(permissions: Sequence[str], *, browser: bool) -> list[str]:
    """Return the permissions in their canonical order. Raises ValidationError for an unknown or a refused one."""
    unknown = set(permissions) - set(PERMISSIONS)
    if unknown:
        raise ValidationError({"permissions": f"Unknown permission: {', '.join(sorted(unknown))}."})
    if not permissions:
        raise ValidationError({"permissions": "Choose at least one permission."})
    if browser and {"list", "webhooks"} & set(permissions):
        raise ValidationError({"permissions": "A key used in a page is public: it may not list, nor see webhooks."})
    return [permission for permission in PERMISSIONS if permission in permissions]


def normalise_origin(origin: str) -> str:
    """Return `scheme://host[:port]` in lower case, as browsers send it. Raises ValidationError."""
    refused = ValidationError({"origins": f"{origin!r} is not an origin such as https://shop.example.in"})
    try:
        parts = urlsplit(origin.strip().lower())
        port = parts.port
    except ValueError:
        raise refused from None
    has_more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in {"http", "https"} or not parts.hostname or has_more:
        raise refused
    # Browsers leave out the port that goes without saying.
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.removesuffix(f':{usual}') if port == usual else parts.netloc}"


def normalise_network(text: str) -> str:
    """Return an address or a range in CIDR form, IPv4 or IPv6. Raises ValidationError."""
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        message = f"{text!r} is no address or range such as 203.0.113.7 or 2001:db8::/32."
        raise ValidationError({"allowed_networks": message}) from None
