"""Whose turn it is to sweep: one process at a time, by a lease."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from sqlalchemy import case, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.ids import unguessable
from app.storage.engine import Database
from app.storage.side_tables import leases
from app.storage.types import db_now
from app.storage.upserts import insert_missing

KEY = "sweep"
LASTS = 1.5
"""How many intervals the lease lasts. A process that does not hold it looks when it ends: once an interval while all is well."""
A_MOMENT = 0.01


@dataclass
class Turn:
    """This process's hold on the lease. `pause` says in how many seconds it has to look again."""

    database: Database
    interval: float
    ours: bool = False
    pause: float = 0.0
    holder: str = field(default_factory=unguessable)

    async def take(self, *, by_force: bool = False) -> bool:
        """Renews the lease, or takes it if it is free. Returns whether this process sweeps now.

        `by_force` takes it in any case. A process that starts does so: it may follow one that was killed.
        """
        self.pause = self.interval
        if not self.ours and not by_force and not await self._is_free():
            return False
        async with self.database.begin() as db:
            self.ours = await self._hold(db, by_force=by_force)
        return self.ours

    async def _is_free(self) -> bool:
        """Costs one statement that writes nothing."""
        async with self.database.read() as db:
            row = (await db.execute(select(leases.c.until, db_now()).where(leases.c.key == KEY))).first()
        if row is None or row[0] is None:
            return True
        self.pause = max(0.0, (row[0] - row[1]).total_seconds()) + A_MOMENT
        return bool(row[0] < row[1])

    async def _hold(self, db: AsyncConnection, *, by_force: bool) -> bool:
        free = or_(leases.c.holder == self.holder, leases.c.until.is_(None), leases.c.until < db_now())
        hold = update(leases).where(leases.c.key == KEY, *(() if by_force else (free,)))
        fence = case((leases.c.holder == self.holder, leases.c.fence), else_=leases.c.fence + 1)
        hold = hold.values(holder=self.holder, until=db_now(self.interval * LASTS), fence=fence)
        if (await db.execute(hold)).rowcount == 1:
            return True
        first = {"holder": self.holder, "until": db_now(self.interval * LASTS), "fence": 1}
        return await insert_missing(db, leases, key=KEY, **first)

    async def give_up(self) -> None:
        """Lets another process sweep at once. Without a database, the lease runs out by itself."""
        if self.ours:
            self.ours = False
            with contextlib.suppress(SQLAlchemyError, OSError):
                async with self.database.begin() as db:
                    mine = (leases.c.key == KEY, leases.c.holder == self.holder)
                    await db.execute(update(leases).where(*mine).values(holder=None, until=None))
