"""How far the tables have come that pages show: from one look to the next it tells what has changed."""

from __future__ import annotations

from sqlalchemy import ColumnElement, ScalarSelect, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.callers.tables import outgoing_webhooks, receipts
from app.storage.side_tables import audit, long_works
from app.storage.tables import alerts, attempts, history, inbox, jobs, mappings, run_items, run_parts
from app.storage.types import spelled

TOPICS = {
    "orders": (mappings, history, jobs),
    "events": (inbox,),
    "queue": (jobs, attempts),
    "runs": (run_parts, run_items),
    "alerts": (alerts,),
    "stock": (attempts,),
    "long-work": (long_works,),
    "receipts": (receipts,),
    "outgoing": (outgoing_webhooks,),
    "audit": (audit,),
}
"""What a page may follow, and the tables whose newest row tells of it. What a person does is in the audit: it tells of all."""


async def of_now(db: AsyncConnection) -> dict[str, tuple[int, ...]]:
    """By topic. One statement: it reads the last entry of a primary key for each table, and the parts of runs that are open."""
    tables = {table for each in TOPICS.values() for table in each} | {audit}
    newest = [select(_mark(table)).scalar_subquery().label(table.name) for table in tables]
    row = (await db.execute(select(*newest, *(of.label(f"open_{at}") for at, of in enumerate(_open_parts()))))).one()._mapping
    found = {topic: tuple(row[table.name] or 0 for table in (*each, audit)) for topic, each in TOPICS.items()}
    return found | {"runs": (*found["runs"], row["open_0"], row["open_1"])}


def _open_parts() -> tuple[ScalarSelect[int], ScalarSelect[int]]:
    """A part that goes on, or ends, makes no row: this counts how far the open ones have come. A partial index serves each."""
    reading = run_parts.c.state.in_(spelled("waiting", "reading"))
    working = run_parts.c.state == spelled("working")[0]
    come_so_far = (
        func.count() + func.count(run_parts.c.started_at) + func.coalesce(func.sum(run_parts.c.read + run_parts.c.calls), 0)
    )
    return select(come_so_far).where(reading).scalar_subquery(), select(func.count()).where(working).scalar_subquery()


def _mark(table: Table) -> ColumnElement[int]:
    """Of long work also how often its progress was stored: there are few of them, and none is deleted within days."""
    if table is long_works:
        return func.coalesce(func.max(table.c.id), 0) + func.coalesce(func.sum(table.c.saves), 0)
    return func.max(table.c.id)
