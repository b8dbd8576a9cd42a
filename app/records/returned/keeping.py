"""Keeps what came back, by return order, purchase order or order of the WMS, and what became of it in the outside system."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.outbound_tables import return_records
from app.storage.upserts import insert_missing_id

ORDER, RETURN_ORDER, PURCHASE_ORDER = "order", "return-order", "purchase-order"
"""The three ways. What came back on a return order may stand on the order too, and counts there only as far as it is more."""


class Refund(StrEnum):
    """What became of goods that came back."""

    NONE = "none"
    """Nothing has come back yet."""
    WAITING = "waiting"
    """It is to be refunded, or to be given to the caller."""
    REFUNDED = "refunded"
    BY_HAND = "by-hand"
    """The outside system makes no refunds, or the return names no order: a person refunds it."""
    HELD = "held"
    """The refund is held or refused: the order's mapping says why."""
    SETTLED = "settled"
    """A person has dealt with it."""


@dataclass(frozen=True)
class ReturnRecord:
    """One return. Times in UTC. Quantities of its lines are totals in pieces, and each piece stands in one record only."""

    id: int
    connection_id: str
    mapping_id: int | None
    lane: str
    way: str
    number: str
    record_id: int | None
    order_number: str | None
    announced: dict[str, Any] | None
    wanted: str | None
    sent_at: datetime | None
    withdrawn_at: datetime | None
    lines: list[dict[str, Any]] | None
    returned_at: datetime | None
    digest: str | None
    refund: str
    reason: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class CameBack:
    """What a read of the WMS showed of one return. `lines`: see `line`. `reason`: why it cannot be refunded by itself."""

    connection_id: str
    mapping_id: int | None
    lane: str
    way: str
    number: str
    record_id: int
    order_number: str | None
    lines: tuple[dict[str, Any], ...]
    returned_at: datetime | None
    digest: str
    """By which it is known again: see `fingerprint`."""
    reason: str | None = None


COLUMNS = tuple(return_records.c[each.name] for each in fields(ReturnRecord))


def fingerprint(record_id: int, pieces: Iterable[tuple[int | None, Decimal, Decimal]]) -> str:
    """SHA-256 over the quantities of a return, by line: returned and scrapped. Nothing else makes it a new one."""
    return digest_of(
        [record_id, *((line_id, str(returned), str(scrapped)) for line_id, returned, scrapped in pieces if returned)]
    )


def digest_of(facts: Sequence[Any]) -> str:
    """SHA-256."""
    return hashlib.sha256(orjson.dumps(list(facts))).hexdigest()


def shown(record: ReturnRecord) -> dict[str, Any]:
    """What came back on one return, in plain JSON types: as the API and the webhook give it."""
    return {
        "way": record.way,
        "number": record.number,
        "returned_at": record.returned_at.isoformat() if record.returned_at else None,
        "lines": [shown_line(each) for each in record.lines or ()],
    }


def shown_line(line: dict[str, Any]) -> dict[str, Any]:
    """One line of it. `line` is the source's id of the order line; null: it belongs to none."""
    return {
        "line": line["row"] or None,
        "article_number": line["article"],
        "quantity": line["quantity"],
        "scrapped": line["scrapped"],
        "items": line["items"],
    }


def line(row: str, article: str, returned: float, scrapped: float | None, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One line as it is stored: `returned` as the WMS shows it, `quantity` what of it stands in this record only.

    `scrapped` None: not known yet, or the WMS does not say.
    """
    return {"row": row, "article": article, "returned": returned, "quantity": returned, "scrapped": scrapped, "items": [*items]}


async def known_digests(db: AsyncConnection, lane: str, way: str, numbers: Collection[str]) -> dict[str, str | None]:
    """What is known of these returns, by number."""
    same = (return_records.c.lane == lane, return_records.c.way == way, return_records.c.number.in_(numbers))
    found = await db.execute(select(return_records.c.number, return_records.c.digest).where(*same)) if numbers else ()
    return {row.number: row.digest for row in found}


async def keep(db: AsyncConnection, back: CameBack, now: datetime) -> bool:
    """Stores what came back, one record for each return. Returns whether it is new."""
    if not back.lines:
        return False
    same = (return_records.c.lane == back.lane, return_records.c.way == back.way, return_records.c.number == back.number)
    refund = Refund.WAITING if back.reason is None else Refund.BY_HAND
    values: dict[str, Any] = {
        "mapping_id": back.mapping_id,
        "record_id": back.record_id,
        "order_number": back.order_number,
        "lines": list(back.lines),
        "returned_at": back.returned_at or now,
        "digest": back.digest,
        "refund": refund,
        "reason": back.reason,
        "updated_at": now,
    }
    known = (await db.execute(select(return_records.c.id, return_records.c.digest).where(*same).with_for_update())).first()
    if known is None:
        place = {"connection_id": back.connection_id, "lane": back.lane, "way": back.way, "number": back.number}
        known_id = await insert_missing_id(db, return_records, **place, **values, created_at=now)
        is_new = known_id is not None
    else:
        is_new = known.digest != back.digest
        if is_new:
            await db.execute(update(return_records).where(return_records.c.id == known.id).values(**values))
    if is_new and back.mapping_id is not None and back.way != PURCHASE_ORDER:
        await _count_once(db, back.mapping_id, now)
    return is_new


async def _count_once(db: AsyncConnection, mapping_id: int, now: datetime) -> None:
    """Takes off the order's own record what stands on its return orders. A record of nothing else is not kept."""
    found = [each for each in await of_mapping(db, mapping_id) if each.lines]
    announced: dict[str, tuple[float, float]] = {}
    for record in found:
        for each in record.lines or () if record.way == RETURN_ORDER else ():
            pieces, scrapped = announced.get(each["row"], (0.0, 0.0))
            announced[each["row"]] = (pieces + each["returned"], scrapped + (each["scrapped"] or 0.0))
    for record in found:
        if record.way != ORDER:
            continue
        lines = []
        for each in record.lines or ():
            part = min(announced.get(each["row"], (0.0, 0.0))[0], each["returned"])
            if part:
                announced[each["row"]] = (announced[each["row"]][0] - part, announced[each["row"]][1])
            lines.append({**each, "quantity": each["returned"] - part})
        this = return_records.c.id == record.id
        if not any(each["quantity"] for each in lines):
            await db.execute(delete(return_records).where(this))
        elif lines != record.lines:
            await db.execute(update(return_records).where(this).values(lines=lines, updated_at=now))


async def of_mapping(db: AsyncConnection, mapping_id: int) -> list[ReturnRecord]:
    """The returns of one order, oldest first."""
    query = select(*COLUMNS).where(return_records.c.mapping_id == mapping_id).order_by(return_records.c.id)
    return [ReturnRecord(**row._mapping) for row in await db.execute(query)]


async def find(db: AsyncConnection, connection_id: str, number: str, way: str | None = None) -> ReturnRecord | None:
    """The return with this number; one that was announced here before any other, then by way."""
    same = [return_records.c.connection_id == connection_id, return_records.c.number == number]
    same += [return_records.c.way == way] if way is not None else []
    query = select(*COLUMNS).where(*same).order_by(return_records.c.wanted.is_(None), return_records.c.way.desc()).limit(1)
    row = (await db.execute(query)).first()
    return ReturnRecord(**row._mapping) if row else None


async def store_lines(db: AsyncConnection, changed: Iterable[tuple[int, list[dict[str, Any]]]], now: datetime) -> None:
    """Stores what is known now of the lines of records, by id."""
    for record_id, lines in changed:
        await db.execute(update(return_records).where(return_records.c.id == record_id).values(lines=lines, updated_at=now))


async def mark(db: AsyncConnection, records: Iterable[ReturnRecord], refund: Refund, reason: str | None, now: datetime) -> None:
    """Stores what became of these returns. One of which more has come back since stays as it is, and what a person settled."""
    for each in records:
        this = (return_records.c.id == each.id, return_records.c.digest == each.digest)
        is_open = return_records.c.refund.in_((Refund.WAITING, Refund.HELD))
        await db.execute(update(return_records).where(*this, is_open).values(refund=refund, reason=reason, updated_at=now))


async def settle(db: AsyncConnection, record_id: int, reason: str, now: datetime) -> bool:
    """A person has dealt with it. Returns whether it was open."""
    is_open = return_records.c.refund == Refund.BY_HAND
    done = update(return_records).where(return_records.c.id == record_id, is_open)
    return bool((await db.execute(done.values(refund=Refund.SETTLED, reason=reason, updated_at=now))).rowcount)
