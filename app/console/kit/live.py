"""What stays fresh by itself: pages are told over server-sent events that something has changed, and fetch it again.

One look at the database every few seconds serves everybody who watches; while nobody watches there is none.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response, StreamingResponse

from app.console.kit.page import Page
from app.engine.core.runtime import Gateway
from app.logs import get_logger
from app.records.console import marks, sessions

log = get_logger(__name__)

LOOK_SECONDS = 3.0
SESSIONS_SECONDS = 15.0
"""How often it is asked whether those who watch are still logged in, and how often a limited key is told to look: what changes
at other customers is not its business."""
MOST_OF_A_KEY = 6
MOST = 300
LIVE = "/console/live"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@dataclass(eq=False)
class Watcher:
    """One open page. `topics`: what has changed since it was told last."""

    token: str
    key_id: str
    sees_all: bool
    topics: set[str] = field(default_factory=set)
    is_over: bool = False
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, topics: set[str]) -> None:
        self.topics |= topics
        self.told.set()

    def end(self) -> None:
        self.is_over = True
        self.told.set()


class Live:
    """Of one process."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking: asyncio.Task[None] | None = None
        self._is_ending = False

    async def page(self, page: Page) -> Response:
        """The events of one page. 204 tells a browser to ask no more: there are too many already."""
        key = page.viewer.key
        of_key = Counter(each.key_id for each in self._watchers)[key.id]
        if self._is_ending or of_key >= MOST_OF_A_KEY or len(self._watchers) >= MOST:
            return Response(status_code=204)
        assert page.who is not None
        watcher = Watcher(page.who.session.token, key.id, key.connection_ids is None)
        return StreamingResponse(self._events(watcher, page.gateway), media_type="text/event-stream", headers=HEADERS)

    def end(self) -> None:
        """Ends every stream: the process is to stop. May be called from another thread."""
        self._is_ending = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed already
                self._loop.call_soon_threadsafe(self._end_all)

    def _end_all(self) -> None:
        for each in self._watchers:
            each.told.set()
        if self._looking is not None:
            self._looking.cancel()

    async def _events(self, watcher: Watcher, gateway: Gateway) -> AsyncIterator[str]:
        self._watchers.add(watcher)
        self._loop = asyncio.get_running_loop()
        if self._looking is None or self._looking.done():
            self._looking = self._loop.create_task(self._look(gateway))
        try:
            yield "retry: 3000\n\n"
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(watcher.told.wait(), SESSIONS_SECONDS)
                watcher.told.clear()
                if self._is_ending:  # the browser asks again in some seconds
                    return
                if watcher.is_over:
                    yield "event: ended\ndata:\n\n"
                    return
                topics, watcher.topics = watcher.topics, set()
                yield f"event: changed\ndata: {' '.join(sorted(topics))}\n\n" if topics else ":\n\n"
        finally:
            self._watchers.discard(watcher)

    async def _look(self, gateway: Gateway) -> None:
        """Until nobody watches."""
        seen: dict[str, tuple[int, ...]] | None = None
        since = 0.0
        while self._watchers:
            try:
                async with gateway.database.read() as db:
                    now = await marks.of_now(db)
                    if since >= SESSIONS_SECONDS:
                        tokens = {each.token for each in self._watchers}
                        self._end_all_but(await sessions.in_force(db, tokens, gateway.clock()))
                if seen is not None:
                    changed = {topic for topic in now if now[topic] != seen[topic]}
                    self._tell(changed, is_time=since >= SESSIONS_SECONDS)
                seen, since = now, 0.0 if since >= SESSIONS_SECONDS else since
            except (SQLAlchemyError, OSError) as error:
                log.warning("database_away", path=LIVE, error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)
            since += LOOK_SECONDS

    def _tell(self, changed: set[str], *, is_time: bool) -> None:
        for each in self._watchers:
            if each.sees_all and changed:
                each.tell(changed)
            elif not each.sees_all and is_time:
                each.tell(set(marks.TOPICS))

    def _end_all_but(self, in_force: set[str]) -> None:
        for each in self._watchers:
            if each.token not in in_force:
                each.end()
