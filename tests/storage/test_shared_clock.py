"""Two workers whose clocks differ act by one time: the database's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.storage import shared_clock
from app.storage.engine import Database
from app.storage.shared_clock import SharedClock
from app.storage.types import db_now

A_LITTLE = timedelta(seconds=5)
"""More than a slow machine needs for the few steps between two looks."""


@pytest.mark.parametrize("off", [timedelta(minutes=-10), timedelta(seconds=90), timedelta(days=2)])
async def test_a_machines_clock_is_put_right_by_the_databases(
    database_url: str, monkeypatch: pytest.MonkeyPatch, off: timedelta
) -> None:
    monkeypatch.setattr(shared_clock, "utc_now", lambda: datetime.now(UTC) + off)
    database, clock = Database(database_url), SharedClock()
    assert abs(clock() - datetime.now(UTC) - off) < A_LITTLE
    await clock.put_right(database)
    async with database.read() as db:
        theirs = await db.scalar(select(db_now()))
    assert theirs is not None
    assert abs(clock() - theirs) < A_LITTLE
    await database.close()


async def test_a_database_that_is_away_leaves_it_as_it_is() -> None:
    clock = SharedClock()
    clock.ahead = timedelta(seconds=7)
    await clock.put_right(Database("postgresql+asyncpg://nobody@127.0.0.1:1/none"))
    assert clock.ahead == timedelta(seconds=7)
