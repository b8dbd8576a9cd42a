"""How far the tables have come that pages show: from one look to the next it tells what has changed."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.side_tables import audit
from app.storage.tables import alerts, attempts, history, inbox, jobs, mappings, run_items, run_parts

TOPICS = {
    "orders": (mappings, history, jobs),
    "events": (inbox,),
    "queue": (jobs, attempts),
    "runs": (run_parts, run_items),
    "alerts": (alerts,),
    "stock": (attempts,),
    "audit": (audit,),
}
"""What a page may follow, and the tables whose newest row tells of it. What a person does is in the audit: it tells of all."""


async def of_now(db: AsyncConnection) -> dict[str, tuple[int, ...]]:
    """By topic. One statement, which reads the last entry of a primary key for each table."""
    tables = {table for each in TOPICS.values() for table in each} | {audit}
    newest = [select(func.max(table.c.id)).scalar_subquery().label(table.name) for table in tables]
    row = (await db.execute(select(*newest))).one()._mapping
    return {topic: tuple(row[table.name] or 0 for table in (*each, audit)) for topic, each in TOPICS.items()}
