"""Counts wrong signatures for each connection. A few are a slip. Many in an hour are a wrong secret or an attempt.

Where the gateway looks after the webhooks, the guard then writes the connection's secret into them again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.engine.upkeep import webhook_guard
from app.errors import GatewayError
from app.logs import get_logger
from app.records import alerts
from app.records.webhooks import checks

log = get_logger(__name__)

WINDOW = timedelta(hours=1)
MANY = 4
"""Within one window, by one process. A shop may switch a webhook off after 5 failures."""
AGAIN = timedelta(minutes=10)
"""So long after it was told of, it is told of again, by any process: the secret may have been changed a second time."""
MOST_CONNECTIONS = 10_000
_MANY = f"At least {MANY} deliveries within an hour had a signature that does not fit. "
MENDED = _MANY + (
    "The gateway now writes the connection's secret into its webhooks in the {noun} again. If this comes again, somebody else "
    "sends to this address, or a webhook to it was made by hand in the {noun}: delete that one"
)
BY_HAND = _MANY + (
    "Enter the connection's secret in the webhooks in the {noun} again. If nobody knows it any more, make a new one: gateway "
    "connections rotate-secret {name}. If it is the same there, somebody else is trying"
)


@dataclass
class WrongSignatures:
    """Counts in memory. A flood of wrong signatures costs the database one transaction in ten minutes (AGAIN)."""

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
        if len(seen) < MANY or now - seen[0] > WINDOW or (told is not None and now - told <= AGAIN):
            return
        self._told[connection_id] = now
        seen.clear()
        task = asyncio.get_running_loop().create_task(_tell(gateway, connection_id, now))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Waits until alerts that are being written are stored."""
        await asyncio.gather(*self._tasks)


async def _tell(gateway: Gateway, connection_id: str, now: datetime) -> None:
    """Raises the alert, and asks for a check in the same transaction: if the wake-up gets lost, the sweeper finds it."""
    try:
        connection = await gateway.connection(connection_id)
        managed = webhook_guard.is_managed(gateway, connection)
        text = (MENDED if managed else BY_HAND).format(noun=connection.system.noun, name=connection.name)
        async with gateway.database.begin() as db:
            if await alerts.is_raised_since(db, "signatures", connection_id, now - AGAIN):
                return  # another process has told of it
            await alerts.raise_alert(db, "signatures", connection_id, "wrong", text, now)
            if managed:
                await checks.ask_for_check(db, connection_id, now, renews=True)
        if managed:
            await gateway.wake_ups.send(Task.HOOKS, connection_id)
    except (SQLAlchemyError, OSError, GatewayError) as error:
        log.warning("alert_not_raised", kind="signatures", error=type(error).__name__)
