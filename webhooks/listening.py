"""Webhooks for a developer's machine: follow the events feed over the API, and POST each event as PayGate would."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from webhooks import signing

PAUSE_SECONDS = 1.0
TIMEOUT = aiohttp.ClientTimeout(total=15)


class CannotListen(Exception):
    """The API refused; the message is its own."""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """`api` and `key`: whose events; `forward_to` and `secret`: who gets them, signed how; `say`: where to tell it."""

    api: str
    key: str
    forward_to: str
    secret: str
    version: str
    say: Callable[[str], Any]

    async def run(self, *, cursor: str = "latest") -> None:
        """Forward events from the cursor on, for ever. Raises CannotListen."""
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
            async for event in self._events(session, cursor):
                self.say(await self._forward(session, event))

    async def _events(self, session: aiohttp.ClientSession, cursor: str) -> AsyncIterator[dict[str, Any]]:
        page = await self._page(session, cursor)
        self.say(f"Ready. The feed goes on from {page['next_cursor']}.")
        while True:
            for event in page["events"]:
                yield event
            if not page["has_more"]:
                await asyncio.sleep(PAUSE_SECONDS)
            page = await self._page(session, page["next_cursor"])

    async def _page(self, session: aiohttp.ClientSession, cursor: str) -> dict[str, Any]:
        """Ask until there is an answer; a server that restarts is waited for."""
        while True:
            try:
                url = f"{self.api}/api/v1/events"
                async with session.get(url, params={"cursor": cursor}, headers={"X-API-Key": self.key}) as response:
                    page: dict[str, Any] = await response.json()
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                self.say(f"{self.api} does not answer ({type(error).__name__}). Trying again.")
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if response.status == 200:
                return page
            if response.status < 500 and response.status != 429:
                raise CannotListen(page["message"])
            await asyncio.sleep(PAUSE_SECONDS)

    async def _forward(self, session: aiohttp.ClientSession, event: dict[str, Any]) -> str:
        body = event["body"].encode()
        headers = signing.headers(
            secret=self.secret,
            also=(),
            webhook_id=event["id"],
            event=event["type"],
            attempt=1,
            timestamp=int(time.time()),
            body=body,
            version=self.version,
        )
        name = f"{event['type']} {event['session_id']}"
        try:
            async with session.post(self.forward_to, data=body, headers=headers, allow_redirects=False) as response:
                return f"{name} ► {response.status}"
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"{name} ► not delivered: {error or type(error).__name__}"
