"""Counts wrong signatures for each connection. A few are a slip. Many in an hour are a wrong secret or an attempt."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from app.engine.core.runtime import Gateway
from app.logs import get_logger
from app.records import alerts

log = get_logger(__name__)

WINDOW = timedelta(hours=1)
MANY = 10
"""Within one window, by one process."""
MOST_CONNECTIONS = 10_000


@dataclass
class WrongSignatures:
    """In memory, and written down as an alert once in a window: whoever sends nonsense costs the database nothing."""

    _seen: dict[str, deque[datetime]] = field(default_factory=dict)
    _told: dict[str, datetime] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def wrong(self, gateway: Gateway, connection_id: str) -> None:
        """Counts one; returns at once."""
        now = gateway.clock()
        if len(self._seen) >= MOST_CONNECTIONS:
            self._seen.clear()
        seen = self._seen.setdefault(connection_id, deque(maxlen=MANY))
        seen.append(now)
        told = self._told.get(connection_id)
        if len(seen) < MANY or now - seen[0] > WINDOW or (told is not None and now - told <= WINDOW):
            return
        self._told[connection_id] = now
        task = asyncio.get_running_loop().create_task(_tell(gateway, connection_id, now))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Until what is being written down is."""
        await asyncio.gather(*self._tasks)


async def _tell(gateway: Gateway, connection_id: str, now: datetime) -> None:
    text = (
        f"At least {MANY} deliveries within an hour had a signature that does not fit. Compare the secret of the shop's webhooks "
        "with the connection's; if they are the same, somebody else is trying"
    )
    try:
        async with gateway.database.begin() as db:
            await alerts.raise_alert(db, "signatures", connection_id, "wrong", text, now)
    except (SQLAlchemyError, OSError) as error:
        log.warning("alert_not_raised", kind="signatures", error=type(error).__name__)
