"""The deliveries that this process is sending. A clock that jumps ahead ends their leases; nobody abandoned them."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

_dispatchers: list[set[uuid.UUID]] = []


@contextmanager
def tracked() -> Iterator[set[uuid.UUID]]:
    """Give a dispatcher a set for what it sends; forgotten when the dispatcher ends, however it does."""
    own: set[uuid.UUID] = set()
    _dispatchers.append(own)
    try:
        yield own
    finally:
        _dispatchers.remove(own)


def ids() -> list[uuid.UUID]:
    # Each set is copied at once: its dispatcher runs in another thread.
    return [delivery_id for own in list(_dispatchers) for delivery_id in list(own)]
