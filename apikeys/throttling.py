"""Rate limits per key and per address: atomic, in Redis where there is one, in the process otherwise.

Redis is left alone for `BREAKER_SECONDS` after it failed once, and the process counts by itself meanwhile: no request
fails, or waits noticeably, because Redis is away.
"""

import logging
import math
import threading
import time

from django.conf import settings
from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.exceptions import Throttled

from apikeys.models import ApiKey

BREAKER_SECONDS = 10.0
REDIS_TIMEOUT = 0.05
LOGINS_PER_MINUTE = 10
ALERTS_PER_HALF_MINUTE = 600

logger = logging.getLogger(__name__)


class RateLimited(Throttled):
    """Too many requests; `headers` tell the client how many are allowed and when to come back."""

    def __init__(self, name: str, *, quota: int, window: int, seconds: float) -> None:
        wait = max(1, min(window, math.ceil(seconds)))
        super().__init__(detail=f"Too many requests. Try again in {wait} seconds.")
        self.headers = {
            "Retry-After": str(wait),
            "RateLimit-Policy": f'"{name}";q={quota};w={window}',
            "RateLimit": f'"{name}";r=0;t={wait}',
        }


class Limiter:
    """Counts hits against limits; `redis_url` empty means in this process."""

    def __init__(self, redis_url: str, *, prefix: str = "paygate:limits") -> None:
        self._local = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared: SlidingWindowCounterRateLimiter | None = None
        self._closed_until = 0.0
        if redis_url:
            # No retries: one slow answer is enough to count locally.
            pool = Redis.from_url(
                redis_url,
                socket_timeout=REDIS_TIMEOUT,
                socket_connect_timeout=REDIS_TIMEOUT,
                retry=Retry(NoBackoff(), 0),
            ).connection_pool
            self._shared = SlidingWindowCounterRateLimiter(
                RedisStorage(redis_url, connection_pool=pool, key_prefix=prefix)
            )

    def hit(self, name: str, item: RateLimitItem, identity: str, *, cost: int = 1) -> None:
        """Count a hit of `identity`, as so many. Raises RateLimited."""
        if self._shared is not None and time.monotonic() >= self._closed_until:
            try:
                return self._hit(self._shared, name, item, identity, cost)
            except RedisError as error:
                self._closed_until = time.monotonic() + BREAKER_SECONDS
                logger.warning("Redis does not answer (%s); limits are counted here.", type(error).__name__)
        return self._hit(self._local, name, item, identity, cost)

    def _hit(
        self, strategy: SlidingWindowCounterRateLimiter, name: str, item: RateLimitItem, identity: str, cost: int
    ) -> None:
        if not strategy.hit(item, name, identity, cost=cost):
            wait = strategy.get_window_stats(item, name, identity).reset_time - time.time()
            raise RateLimited(name, quota=item.amount, window=item.get_expiry(), seconds=wait)


_limiter: Limiter | None = None
_lock = threading.Lock()


def limiter() -> Limiter:
    global _limiter
    with _lock:
        if _limiter is None:
            _limiter = Limiter(settings.REDIS_URL)
        return _limiter


def key_limit(api_key: ApiKey) -> RateLimitItem:
    """Return what a key may send: so many a second over three seconds, which lets a burst of three seconds through."""
    return RateLimitItemPerSecond(3 * (api_key.requests_per_second or settings.KEY_REQUESTS_PER_SECOND), 3)


def count_call(api_key: ApiKey) -> None:
    """Count a call against its key, also one that will be refused. Raises RateLimited."""
    limiter().hit("key", key_limit(api_key), str(api_key.pk))


def count_failed_authentication(client: str) -> None:
    """Count a request with no good key. Raises RateLimited; a good key is never asked here."""
    limiter().hit("failed-auth", RateLimitItemPerMinute(settings.FAILED_AUTH_PER_MINUTE), client)


def count_login(client: str) -> None:
    """Count a try to sign in as staff. Raises RateLimited."""
    limiter().hit("staff-login", RateLimitItemPerMinute(LOGINS_PER_MINUTE), client)


def count_alerts(channel_id: int, messages: int) -> None:
    """Count what a phone forwards, a batch as its messages. Raises RateLimited.

    A phone that was offline for hours sends everything at once.
    """
    item = RateLimitItemPerSecond(ALERTS_PER_HALF_MINUTE, 30)
    limiter().hit("alerts", item, str(channel_id), cost=max(1, messages))


def count_claim(client: str) -> None:
    """Count a customer's word that a payment is theirs. Raises RateLimited."""
    limiter().hit("claim", RateLimitItemPerMinute(settings.CLAIMS_PER_TEN_MINUTES, 10), client)


def count_browser_create(api_key: ApiKey, client: str) -> None:
    """Count a payment opened from a page. Raises RateLimited."""
    item = RateLimitItemPerMinute(settings.BROWSER_CREATES_PER_MINUTE)
    limiter().hit("browser-create", item, f"{api_key.pk}:{client}")
