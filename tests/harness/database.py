"""What the gateway has stored: jobs, mappings, history, events, alerts, leases and attempts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from app.storage.engine import Database
from app.storage.side_tables import leases
from app.storage.tables import alerts, attempts, history, inbox, jobs, mappings


@dataclass
class Stored:
    database: Database

    async def rows(self, query: Any) -> list[Any]:
        async with self.database.read() as db:
            return list(await db.execute(query))

    async def job(self, source_id: str | int, process: str = "orders") -> Any:
        (found,) = await self.rows(select(jobs).where(jobs.c.source_id == str(source_id), jobs.c.process == process))
        return found

    async def mapping(self, source_id: str | int, kind: str = "order") -> Any:
        (found,) = await self.rows(select(mappings).where(mappings.c.source_id == str(source_id), mappings.c.kind == kind))
        return found

    async def history(self, source_id: str | int, kind: str = "order") -> list[str]:
        """The codes of a record's history, oldest first."""
        mapping = await self.mapping(source_id, kind)
        query = select(history.c.code).where(history.c.mapping_id == mapping.id).order_by(history.c.id)
        return [row.code for row in await self.rows(query)]

    async def alerts(self) -> list[str]:
        """The kinds of all alerts, oldest first."""
        return [row.kind for row in await self.rows(select(alerts.c.kind).order_by(alerts.c.id))]

    async def events(self) -> dict[str, int]:
        """How many events are in which state."""
        return {row[0]: row[1] for row in await self.rows(select(inbox.c.state, func.count()).group_by(inbox.c.state))}

    async def all_ended(self) -> bool:
        """Whether everything that was accepted is done, merged, ignored, held or dead."""
        return set(await self.events()) <= {"done", "merged", "ignored", "held", "dead"}

    async def expire_leases(self) -> None:
        """As if every holder had been gone for longer than a lease."""
        async with self.database.begin() as db:
            await db.execute(update(leases).values(until=datetime.now(UTC) - timedelta(hours=1)))

    async def age_attempts(self) -> None:
        """As if every call without a result had been begun so long ago that it must be over."""
        async with self.database.begin() as db:
            await db.execute(update(attempts).values(started_at=datetime.now(UTC) - timedelta(hours=1)))
