"""Wrong keys and secrets: counted, slowed down, logged, and told of.

Each process counts for itself: nothing is asked of the database or the queue for a key that is right. With several processes an
address has as many tries more.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from app.api.door.sparing import SparingLog
from app.api.door.throttle import WINDOW, Throttle
from app.engine.core.runtime import Gateway
from app.logs import get_logger
from app.metrics import SLOWED, WRONG_TRIES
from app.records import alerts

log = get_logger(__name__)

AGAIN = timedelta(minutes=10)
"""So long after an alert the same one is not raised again by any process."""
EVERYBODY = 10
"""So many times what one address may do, from many addresses together, is told of too."""
MOST_CONNECTIONS = 10_000


@dataclass
class WrongTries:
    """Of one door. `door` names it in figures and logs. `alert` is the kind of alert; None where another tells of it."""

    door: str
    what: str
    """In the alert's text: "API key"."""
    alert: str | None = None
    throttle: Throttle = field(default_factory=Throttle)
    lines: SparingLog = field(default_factory=SparingLog)
    _told: dict[str | None, datetime] = field(default_factory=dict)
    _began: float = 0.0
    _count: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def wait(self, caller: str, connection_id: str | None = None) -> int:
        """Seconds until the caller may try again; 0: now."""
        seconds = self.throttle.wait(_key(caller, connection_id))
        if seconds:
            SLOWED.labels(self.door).inc()
        return math.ceil(seconds)

    def wrong(self, gateway: Gateway, caller: str, connection_id: str | None = None) -> None:
        """Counts one; returns at once."""
        limits = gateway.settings
        WRONG_TRIES.labels(self.door).inc()
        self.lines.warning("wrong_try", self.door, door=self.door, address=caller, connection_id=connection_id)
        begins = self.throttle.wrong(_key(caller, connection_id), limits.wrong_tries, limits.wrong_tries_pause_seconds)
        if begins:
            self._tell_soon(gateway, connection_id, f"at least {limits.wrong_tries} times within a minute, last from {caller}")
        elif self._is_flood(limits.wrong_tries * EVERYBODY):
            self._tell_soon(
                gateway, connection_id, f"{self._count} times within a minute from many addresses, {caller} among them"
            )

    async def settle(self) -> None:
        """Waits until alerts that are being written are stored."""
        await asyncio.gather(*self._tasks)

    def _is_flood(self, many: int) -> bool:
        now = self.throttle.now()
        if now - self._began > WINDOW:
            self._began, self._count = now, 0
        self._count += 1
        return self._count == many

    def _tell_soon(self, gateway: Gateway, connection_id: str | None, how_often: str) -> None:
        now, told = gateway.clock(), self._told.get(connection_id)
        if self.alert is None or (told is not None and now - told <= AGAIN):
            return
        if len(self._told) >= MOST_CONNECTIONS:
            self._told.clear()
        self._told[connection_id] = now
        text = f"Somebody tried a wrong {self.what} {how_often}. The address is slowed down; the right one is taken as ever"
        task = asyncio.get_running_loop().create_task(self._tell(gateway, self.alert, connection_id, text))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, gateway: Gateway, kind: str, connection_id: str | None, text: str) -> None:
        now = gateway.clock()
        try:
            async with gateway.database.begin() as db:
                if not await alerts.is_raised_since(db, kind, connection_id, now - AGAIN):
                    await alerts.raise_alert(db, kind, connection_id, self.door, text, now)
        except (SQLAlchemyError, OSError) as error:
            self._told.pop(connection_id, None)
            log.warning("alert_not_raised", kind=kind, error=type(error).__name__)


def _key(caller: str, connection_id: str | None) -> str:
    return caller if connection_id is None else f"{caller} {connection_id}"
