"""Claim ► send ► record, in one asyncio loop that keeps a pool of sends going.

The database is used from one thread of its own, over one connection. Nothing waits for a batch: what has been answered
is recorded and replaced while the rest is still under way.
"""

import asyncio
import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from payments import bell
from webhooks import claims, outcomes, signing, slots, under_way
from webhooks.addresses import parse_networks
from webhooks.claims import Job, Room
from webhooks.client import TOTAL_SECONDS, Answer, Client
from webhooks.models import ErrorKind
from webhooks.outcomes import Result

T = TypeVar("T")

# Claims are made for this long; what is under way then has TOTAL_SECONDS to end, while another dispatcher goes on.
CLAIM_SECONDS = 10.0
# Claimed at a time: enough that the sends do not run dry while the database takes the last ones' answers.
POOL = 1500
POOL_FOR_RETRIES = 1000
# How often a running dispatcher looks for new work, and how long it gathers answers before it records them.
LOOK_SECONDS = 0.05
GATHER_SECONDS = 0.01
# Sends at a time, each with a socket of the 1,024 files that a process usually may have.
SENDS = 500
# Sends to one endpoint at a time, few enough to keep its connections in use, and how many of its deliveries may be
# claimed: more while it answers quickly.
SENDS_PER_ENDPOINT = 8
FIRST_SHARE = 10
LARGEST_SHARE = 200
QUICK_MS = 1000
# A claimed delivery that could not be begun in time is given back before its lease is at risk.
BEGIN_WITHIN_SECONDS = claims.LEASE.total_seconds() - TOTAL_SECONDS - 10
DATABASE_TRIES = 5
DATABASE_PAUSE_SECONDS = 1.0
RENEW_SECONDS = 1.0

logger = logging.getLogger(__name__)


# The dispatcher of this process that stays, to be woken by the next bell.
_here: "_Dispatcher | None" = None
_here_lock = threading.Lock()


def run(*, gather: Callable[[], object], stopping: Callable[[], bool], staying: float) -> None:
    """Send what is due, until nothing has been for `staying` seconds or our time is over.

    `gather` makes new deliveries from new events. A dispatcher stays for the sake of the next payment: one that need
    not begin anew sends it at once, over a connection that is still open.
    """
    global _here
    token = slots.take()
    if token is None:
        return
    dispatcher = _Dispatcher(token, gather, stopping, staying)
    if staying:
        with _here_lock:
            _here = dispatcher
    asyncio.run(dispatcher.run())


def wake() -> bool:
    """Let a dispatcher that stays in this process look for new work now. Returns whether there is one."""
    with _here_lock:
        return _here is not None and _here.wake()


@dataclass
class _Lane:
    """One endpoint's part in this run."""

    share: int = FIRST_SHARE
    claimed: int = 0
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SENDS_PER_ENDPOINT))

    def note(self, answer: Answer | None) -> None:
        """An endpoint that answers quickly is given more, one that fails soon has a single delivery under way."""
        if answer is None:
            return
        if not answer.succeeded:
            self.share = max(1, self.share // 2)
        elif answer.duration_ms < QUICK_MS:
            self.share = min(self.share + 1, LARGEST_SHARE)


class _Dispatcher:
    def __init__(
        self, token: uuid.UUID, gather: Callable[[], object], stopping: Callable[[], bool], staying: float
    ) -> None:
        self.token: uuid.UUID | None = token
        self.staying = staying
        self.loop: asyncio.AbstractEventLoop | None = None
        self.renew_at = 0.0
        self.gather = gather
        self.stopping = stopping
        self.claiming = True
        self.lanes: dict[uuid.UUID, _Lane] = {}
        self.gate = asyncio.Semaphore(SENDS)
        self.sends: set[asyncio.Task[None]] = set()
        self.results: list[Result] = []
        # Set by an answer and by a bell.
        self.news = asyncio.Event()
        self.rung = False

    async def run(self) -> None:
        self.database = ThreadPoolExecutor(1, thread_name_prefix="dispatcher-database")
        self.loop = asyncio.get_running_loop()
        self.ends_at = self.loop.time() + CLAIM_SECONDS
        try:
            with under_way.tracked() as self.under_way:
                async with Client(parse_networks(tuple(settings.WEBHOOK_ALLOW_NETS))) as self.client:
                    await self._work()
        finally:
            self.claiming = False
            self._retire()
            await self._in_database(self._leave)
            self.database.shutdown()

    def wake(self) -> bool:
        """From another thread, under `_here_lock`."""
        if self.loop is None or not self.claiming:
            return False
        self.rung = True
        self.loop.call_soon_threadsafe(self.news.set)
        return True

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        busy_at = loop.time()
        while True:
            self.rung = False
            self._check_time()
            jobs = await self._exchange()
            for job in jobs:
                self._start(job)
            if jobs or self.sends or self.results:
                busy_at = loop.time()
            elif not self.claiming or (loop.time() >= busy_at + self.staying and self._retire()):
                return
            await self._wait_for_news()

    def _retire(self) -> bool:
        """Be no longer the one to wake. Returns False if a bell has come meanwhile, while we can still hear it."""
        global _here
        with _here_lock:
            if self.rung and self.claiming:
                return False
            if _here is self:
                _here = None
            return True

    async def _wait_for_news(self) -> None:
        """Until answers or a bell have come, or it is time to look for new work."""
        if not self.results and not self.rung:
            self.news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), LOOK_SECONDS)
        if self.results and not self.rung:
            await asyncio.sleep(GATHER_SECONDS)

    def _check_time(self) -> None:
        if asyncio.get_running_loop().time() >= self.ends_at or self.stopping():
            self.claiming = False

    # The database, in its thread

    async def _exchange(self) -> list[Job]:
        """Record what was answered and return new jobs. A database that fails for a moment loses nothing."""
        results, self.results = self.results, []
        room = self._room()
        for tries_left in reversed(range(DATABASE_TRIES)):
            try:
                return await self._in_database(lambda: self._record_and_claim(results, room))
            except DatabaseError:
                if not tries_left:
                    raise
                logger.warning("The database did not take the results of deliveries; trying again.", exc_info=True)
                await asyncio.sleep(DATABASE_PAUSE_SECONDS)
        return []

    async def _in_database(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.database, function)

    def _record_and_claim(self, results: list[Result], room: Room) -> list[Job]:
        connection.close_if_unusable_or_obsolete()
        if results:
            outcomes.record(results)
            self.under_way.difference_update(result.job.delivery_id for result in results)
        self._keep_slot()
        if not self.claiming:
            return []
        self.gather()
        return claims.claim_jobs(room)

    def _keep_slot(self) -> None:
        if self.token is None:
            return
        if not self.claiming:
            # Another dispatcher may begin while our last sends end, and is called at once.
            slots.release(self.token)
            self.token = None
            bell.announce_after_commit()
        elif time.monotonic() >= self.renew_at:
            self.claiming = slots.renew(self.token)
            claims.take_back_abandoned()
            self.renew_at = time.monotonic() + RENEW_SECONDS

    def _leave(self) -> None:
        try:
            if self.token is not None:
                slots.release(self.token)
        finally:
            connection.close()

    # Sending

    def _room(self) -> Room:
        under_way = len(self.sends)
        return Room(
            free=POOL - under_way,
            free_for_retries=POOL_FOR_RETRIES - under_way,
            usual_share=FIRST_SHARE,
            shares={pk: max(0, lane.share - lane.claimed) for pk, lane in self.lanes.items()},
            busy={pk for pk, lane in self.lanes.items() if lane.claimed},
        )

    def _start(self, job: Job) -> None:
        lane = self.lanes.setdefault(job.endpoint_id, _Lane())
        lane.claimed += 1
        self.under_way.add(job.delivery_id)
        task = asyncio.create_task(self._send(job, lane))
        self.sends.add(task)
        task.add_done_callback(self.sends.discard)

    async def _send(self, job: Job, lane: _Lane) -> None:
        loop = asyncio.get_running_loop()
        begin_by = loop.time() + BEGIN_WITHIN_SECONDS
        async with lane.gate, self.gate:
            started_at = timezone.now()
            in_time = self.claiming and loop.time() < begin_by
            answer = await self._attempt(job, started_at) if in_time else None
        lane.claimed -= 1
        lane.note(answer)
        self.results.append(Result(job, started_at, answer))
        self.news.set()

    async def _attempt(self, job: Job, now: datetime) -> Answer:
        if not job.secrets:
            return Answer(error=ErrorKind.SECRET.value)
        try:
            return await self.client.post(job.url, body=job.body, headers=_headers(job, now))
        except Exception:
            # One delivery's trouble must not end the run for all the others.
            logger.exception("Webhook delivery %s could not be sent.", job.delivery_id)
            return Answer(error=ErrorKind.INTERNAL.value)


def _headers(job: Job, now: datetime) -> dict[str, str]:
    return signing.headers(
        secret=job.secrets[0],
        also=job.secrets[1:],
        webhook_id=job.webhook_id,
        event=job.event_type,
        attempt=job.number,
        timestamp=int(now.timestamp()),
        body=job.body,
        version=settings.PAYGATE_VERSION,
    )
