"""Returns that a caller has announced, as they are to be in the WMS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Process
from app.records.returned.keeping import COLUMNS, PURCHASE_ORDER, RETURN_ORDER, ReturnRecord
from app.storage.outbound_tables import return_records
from app.storage.tables import jobs
from app.storage.upserts import insert_missing_id

ANNOUNCEABLE = (RETURN_ORDER, PURCHASE_ORDER)


@dataclass(frozen=True)
class Announced:
    """What a caller has announced: `content` names the order by its mapping and the lines by the source's ids."""

    connection_id: str
    lane: str
    mapping_id: int
    way: str
    number: str
    order_number: str | None
    content: dict[str, Any]


async def by_number(
    db: AsyncConnection, lane: str, number: str, way: str | None = None, *, lock: bool = False
) -> ReturnRecord | None:
    """The return with this number that was announced, or that could be; return orders first."""
    ways = ANNOUNCEABLE if way is None else (way,)
    same = (return_records.c.lane == lane, return_records.c.number == number, return_records.c.way.in_(ways))
    query = select(*COLUMNS).where(*same).order_by(return_records.c.wanted.is_(None), return_records.c.way.desc()).limit(1)
    row = (await db.execute(query.with_for_update() if lock else query)).first()
    return ReturnRecord(**row._mapping) if row else None


async def announce(db: AsyncConnection, new: Announced, known: ReturnRecord | None, now: datetime) -> int | None:
    """Stores it as it is to be. Returns its id; None when another process has made it at this moment."""
    values: dict[str, Any] = {
        "mapping_id": new.mapping_id,
        "order_number": new.order_number,
        "announced": new.content,
        "wanted": "present",
        "sent_at": None,
        "withdrawn_at": None,
        "updated_at": now,
    }
    if known is not None:
        await db.execute(update(return_records).where(return_records.c.id == known.id).values(**values))
        return known.id
    place = {"connection_id": new.connection_id, "lane": new.lane, "way": new.way, "number": new.number}
    return await insert_missing_id(db, return_records, **place, **values, created_at=now)


async def withdraw(db: AsyncConnection, record_id: int, now: datetime) -> None:
    """It is not to be in the WMS any more."""
    await db.execute(update(return_records).where(return_records.c.id == record_id).values(wanted="absent", updated_at=now))


async def sent(db: AsyncConnection, record_id: int, wms_id: int, content: dict[str, Any], now: datetime) -> None:
    """The WMS has it as `content` says. What was announced since is still to be sent."""
    this = return_records.c.id == record_id
    known = (await db.execute(select(return_records.c.announced).where(this).with_for_update())).one()
    at = {"sent_at": now} if known.announced == content else {}
    await db.execute(update(return_records).where(this).values(record_id=wms_id, updated_at=now, **at))


async def withdrawn(db: AsyncConnection, record_id: int, now: datetime) -> None:
    """The WMS does not have it, or not any more."""
    this = (return_records.c.id == record_id, return_records.c.wanted == "absent")
    await db.execute(update(return_records).where(*this).values(withdrawn_at=now, updated_at=now))


async def before_pick(db: AsyncConnection, connection_id: str, code: str, limit: int) -> list[tuple[int, int]]:
    """Announced returns that are held with this code, as (job, mapping of the order), newest first: those of orders that are
    never sent keep none waiting."""
    held = (jobs.c.connection_id == connection_id, jobs.c.state == JobState.HELD, jobs.c.process == Process.RETURN_ORDERS)
    query = (
        select(jobs.c.id, jobs.c.mapping_id)
        .where(and_(*held, jobs.c.reason_code == code))
        .order_by(jobs.c.id.desc())
        .limit(limit)
    )
    return [(row.id, row.mapping_id) for row in await db.execute(query)]
