"""The lines of a long work: what a reconcile has found, or the first records of a backfill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.batches import delete_batch
from app.storage.side_tables import long_work_lines, long_works

MOST_KEPT = 10_000
"""So many lines of one work are kept; the counts cover all."""
WORKS_AT_ONCE = 20
KINDS = ("missing", "doubled", "extra", "different", "stuck", "stock")
"""What a reconcile finds."""
ADOPTED = ("taken-over", "differs", "not-in-wms", "not-ours")
"""What an adoption says of a record."""


@dataclass(frozen=True)
class Line:
    """One record. `fields` as `{"field", "before", "after"}`: what the one side has, and what it should have.

    `action`: what mends it, one of `engine.longwork.fixes`.
    """

    kind: str
    process: str
    number: str | None
    source_id: str | None
    text: str
    code: str | None = None
    mapping_id: int | None = None
    action: str | None = None
    fields: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class StoredLine(Line):
    id: int = 0


async def replace(db: AsyncConnection, work_id: int, made: Sequence[Line]) -> Counter[str]:
    """Adds lines in place of earlier ones about the same records: one that changed meanwhile is read twice.

    Returns how many were taken away, by their kind.
    """
    if not made:
        return Counter()
    same = (long_work_lines.c.work_id == work_id, long_work_lines.c.source_id.in_({each.source_id for each in made}))
    query = select(*(long_work_lines.c[name] for name in ("id", "kind", "process", "source_id", "number"))).where(*same)
    mine = {(each.process, each.source_id, each.kind, each.number) for each in made}
    found = await db.execute(query)
    earlier = {row.id: row.kind for row in found if (row.process, row.source_id, row.kind, row.number) in mine}
    if earlier:
        await db.execute(delete(long_work_lines).where(long_work_lines.c.id.in_(earlier)))
    rows = [{"work_id": work_id, **asdict(each), "fields": list(each.fields)} for each in made]
    await db.execute(insert(long_work_lines), rows)
    return Counter(earlier.values())


async def numbers_told(db: AsyncConnection, work_id: int, process: str, numbers: Sequence[str]) -> set[str]:
    """Those of these numbers of which the work says something already."""
    same = (long_work_lines.c.work_id == work_id, long_work_lines.c.process == process, long_work_lines.c.number.in_(numbers))
    return set(await db.scalars(select(long_work_lines.c.number).where(*same))) if numbers else set()


async def listed(
    db: AsyncConnection, work_id: int, *, kind: str | None = None, after: int | None = None, limit: int = 50
) -> list[StoredLine]:
    """In the order in which they were found."""
    query = select(long_work_lines).where(long_work_lines.c.work_id == work_id)
    if kind is not None:
        query = query.where(long_work_lines.c.kind == kind)
    if after is not None:
        query = query.where(long_work_lines.c.id > after)
    rows = await db.execute(query.order_by(long_work_lines.c.id).limit(limit))
    return [
        StoredLine(
            **{key: value for key, value in row._mapping.items() if key not in ("work_id", "fields")},
            fields=tuple(row.fields or ()),
        )
        for row in rows
    ]


async def prune(db: AsyncConnection, before: datetime, limit: int) -> bool:
    """Deletes works that ended before `before`, with their lines. Returns whether there may be more."""
    old = select(long_works.c.id).where(long_works.c.finished_at < before).order_by(long_works.c.finished_at)
    ids = list(await db.scalars(old.limit(WORKS_AT_ONCE)))
    if not ids:
        return False
    if await delete_batch(db, long_work_lines, (long_work_lines.c.work_id.in_(ids),), limit):
        return True
    await db.execute(delete(long_works).where(long_works.c.id.in_(ids)))
    return len(ids) == WORKS_AT_ONCE
