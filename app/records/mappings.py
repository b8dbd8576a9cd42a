"""Mappings: a record of the external system, its record in the WMS, and the state between them; with its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import ColumnElement, Row, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind
from app.storage.tables import history, mappings
from app.storage.upserts import insert_missing


@dataclass(frozen=True)
class Mapping:
    """One record in the shop and in the WMS. Its state has three axes: `transfer`, `wanted` and `warehouse_status` (as last
    read).
    """

    id: int
    connection_id: str
    kind: Kind
    source_id: str
    parent_source_id: str | None
    source_number: str | None
    source_status: str | None
    lane: str
    number: str | None
    wms_id: int | None
    wanted: str
    transfer: str
    warehouse_status: int | None
    warehouse_status_text: str | None
    warehouse_read_at: datetime | None
    source_modified_at: datetime | None
    source_hash: str | None
    settings_version: int | None
    sent_hash: str | None
    sent_at: datetime | None
    reason_code: str | None
    reason: str | None
    delivery: str | None
    delivery_code: str | None
    delivery_reason: str | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime


_DELIVERED = {
    "waiting": "sent by the warehouse, its tracking number is awaited",
    "partly": "sent in part, the shop knows",
    "reported": "sent by the warehouse, the shop knows",
    "held": "sent by the warehouse, but the shop could not be told: an operator is needed",
}
"""What `label` says of each state of the way back."""


def label(mapping: Mapping) -> str:
    """The three axes in one short sentence for people. It is derived every time, never stored."""
    there = f" ({mapping.warehouse_status_text or mapping.warehouse_status})" if mapping.warehouse_status is not None else ""
    match mapping.transfer:
        case "none":
            return "not transferred"
        case "pending":
            return "waiting to be sent"
        case "sent" if mapping.wanted == "absent":
            return (
                "taken back from the warehouse" if mapping.reason_code == "cancelled" else f"in the warehouse{there}, not wanted"
            )
        case "sent" if mapping.delivery in _DELIVERED:
            return _DELIVERED[mapping.delivery]
        case "sent":
            return f"in the warehouse{there}"
        case "held":
            return "held, an operator is needed"
        case "refused":
            return "refused by the warehouse, or given up"
        case _:
            return "being looked up: a call was made and its outcome is not known"


def opened(row: Row[Any]) -> Mapping:
    return Mapping(**row._mapping)


async def by_source(db: AsyncConnection, connection_id: str, kind: Kind, source_id: str, *, lock: bool = False) -> Mapping | None:
    """`lock`: nobody else changes it until the transaction ends."""
    same = (mappings.c.connection_id == connection_id, mappings.c.kind == kind, mappings.c.source_id == source_id)
    query = select(mappings).where(*same)
    row = (await db.execute(query.with_for_update() if lock else query)).first()
    return opened(row) if row else None


async def by_id(db: AsyncConnection, mapping_id: int) -> Mapping | None:
    row = (await db.execute(select(mappings).where(mappings.c.id == mapping_id))).first()
    return opened(row) if row else None


async def create(db: AsyncConnection, connection_id: str, kind: Kind, source_id: str, lane: str, now: datetime) -> Mapping:
    """Makes the mapping, or finds the one that another process has made at the same moment. It is locked either way."""
    fresh: dict[str, Any] = {"lane": lane, "wanted": "present", "transfer": "none", "created_at": now, "updated_at": now}
    await insert_missing(db, mappings, connection_id=connection_id, kind=kind, source_id=source_id, **fresh)
    found = await by_source(db, connection_id, kind, source_id, lock=True)
    assert found is not None
    return found


class MappingChange(TypedDict, total=False):
    """Columns that change. The database may compute the three of a delivery."""

    parent_source_id: str | None
    source_number: str | None
    source_status: str | None
    lane: str
    number: str
    wms_id: int
    wanted: str
    transfer: str | None
    warehouse_status: int
    warehouse_status_text: str | None
    warehouse_read_at: datetime
    source_modified_at: datetime
    source_hash: str
    settings_version: int
    sent_hash: str
    sent_at: datetime
    reason_code: str | None
    reason: str | None
    delivery: str | ColumnElement[Any]
    delivery_code: str | ColumnElement[Any] | None
    delivery_reason: str | ColumnElement[Any] | None
    completed_at: datetime


async def change(db: AsyncConnection, mapping_id: int, now: datetime, **values: Unpack[MappingChange]) -> None:
    await db.execute(update(mappings).where(mappings.c.id == mapping_id).values(updated_at=now, **values))


async def owner_of(db: AsyncConnection, lane: str, kind: Kind, number: str) -> Mapping | None:
    """Who has claimed the number in this goods owner."""
    same = (mappings.c.lane == lane, mappings.c.kind == kind, mappings.c.number == number)
    row = (await db.execute(select(mappings).where(*same))).first()
    return opened(row) if row else None


async def known_articles(db: AsyncConnection, lane: str, numbers: Sequence[str]) -> set[str]:
    """Which of the numbers are known to be in the WMS."""
    found = await db.execute(
        select(mappings.c.number).where(
            mappings.c.lane == lane,
            mappings.c.kind == Kind.ARTICLE,
            mappings.c.number.in_(numbers),
            mappings.c.wms_id.is_not(None),
        )
    )
    return {row.number for row in found}


@dataclass(frozen=True)
class Note:
    """A line of a record's history, with what it is about. `text` holds no personal data."""

    code: str
    text: str
    detail: dict[str, Any] | None = None
    event_id: int | None = None
    job_id: int | None = None
    attempt_id: int | None = None
    run_id: str | None = None


@dataclass(frozen=True)
class StoredNote(Note):
    """A stored line; `at` in UTC."""

    id: int = field(kw_only=True)
    at: datetime = field(kw_only=True)


async def note(db: AsyncConnection, mapping_id: int, now: datetime, said: Note) -> None:
    """Adds a line to the record's history."""
    values = {each.name: getattr(said, each.name) for each in fields(Note)}
    await db.execute(insert(history).values(mapping_id=mapping_id, at=now, **values))


async def history_of(db: AsyncConnection, mapping_id: int, *, before: int | None = None, limit: int = 50) -> list[StoredNote]:
    """Newest first."""
    shown = select(*(history.c[each.name] for each in fields(StoredNote)))
    query = shown.where(history.c.mapping_id == mapping_id).order_by(history.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(history.c.id < before)
    return [StoredNote(**row._mapping) for row in await db.execute(query)]


@dataclass(frozen=True)
class Filter:
    """Which mappings to list; None does not limit.

    `number` is any of a record's numbers: the source's id, its order number, the WMS number or the WMS's id.
    """

    connection_ids: Sequence[str] | None = None
    number: str | None = None
    kind: Kind | None = None
    transfer: str | None = None
    wanted: str | None = None
    delivery: str | None = None
    reason_code: str | None = None


async def search(db: AsyncConnection, chosen: Filter, *, before: int | None = None, limit: int = 50) -> list[Mapping]:
    """Newest first."""
    query = select(mappings).order_by(mappings.c.id.desc()).limit(limit)
    if chosen.connection_ids is not None:
        query = query.where(mappings.c.connection_id.in_(chosen.connection_ids))
    for column, value in (
        (mappings.c.kind, chosen.kind),
        (mappings.c.transfer, chosen.transfer),
        (mappings.c.wanted, chosen.wanted),
        (mappings.c.delivery, chosen.delivery),
        (mappings.c.reason_code, chosen.reason_code),
    ):
        if value is not None:
            query = query.where(column == value)
    number = chosen.number
    if number is not None:
        any_of = [mappings.c.source_id == number, mappings.c.source_number == number, mappings.c.number == number]
        if number.isascii() and number.isdigit() and len(number) < 19:
            any_of.append(mappings.c.wms_id == int(number))
        query = query.where(or_(*any_of))
    if before is not None:
        query = query.where(mappings.c.id < before)
    return [opened(row) for row in await db.execute(query)]


async def open_orders(db: AsyncConnection, connection_id: str, after: int, limit: int) -> list[tuple[int, str]]:
    """(mapping id, source id), by id, of orders that are in the warehouse and wanted, held ones too.

    The deep sweep reads them again. Orders that the shop completed because they were sent are left out: they would be read for
    ever.
    """
    found = await db.execute(
        select(mappings.c.id, mappings.c.source_id)
        .where(
            mappings.c.connection_id == connection_id,
            mappings.c.kind == Kind.ORDER,
            mappings.c.wms_id.is_not(None),
            mappings.c.wanted == "present",
            mappings.c.completed_at.is_(None),
            mappings.c.id > after,
        )
        .order_by(mappings.c.id)
        .limit(limit)
    )
    return [(row.id, row.source_id) for row in found]
