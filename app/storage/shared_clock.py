"""One time for all processes: each machine's own clock, put right by the database's."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.clock import utc_now
from app.logs import get_logger
from app.storage.engine import Database
from app.storage.types import db_now

log = get_logger(__name__)

EVERY_SECONDS = 60.0
LONGEST_ANSWER = timedelta(seconds=1)
"""An answer that took longer does not say what time it is."""
TOLD_FROM = timedelta(seconds=2)
"""A machine's clock that is further off is worth a line in the log."""


class SharedClock:
    """The database's time, in UTC, as far as it is known: until it has been asked, the machine's own."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead

    async def put_right(self, database: Database) -> None:
        """Asks the database what time it is. A database that is away changes nothing."""
        try:
            async with database.read() as db:
                began = utc_now()
                theirs = await db.scalar(select(db_now()))
                took = utc_now() - began
        except (SQLAlchemyError, OSError):
            return
        if theirs is None or took > LONGEST_ANSWER:
            return
        ahead = theirs - (began + took / 2)
        if abs(ahead - self.ahead) >= TOLD_FROM:
            log.warning("clock_put_right", seconds=round(ahead.total_seconds(), 1))
        self.ahead = ahead


@contextlib.asynccontextmanager
async def kept_right(clock: SharedClock, database: Database) -> AsyncIterator[None]:
    """Puts the clock right now and then while the block runs. SQLite's time is this machine's."""
    if database.is_sqlite:
        yield
        return
    asking = asyncio.create_task(_keep_right(clock, database))
    try:
        yield
    finally:
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking


async def _keep_right(clock: SharedClock, database: Database) -> None:
    while True:
        await clock.put_right(database)
        await asyncio.sleep(EVERY_SECONDS)
