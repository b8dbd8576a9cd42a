"""Mappings: a record of the external system, its record in the WMS, and the state between them; with its history."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Mapping as ByKey
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple, TypedDict, Unpack

from sqlalchemy import ColumnElement, Row, and_, bindparam, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind
from app.integrations.registry import integration as find_integration
from app.storage.newest import looks_for_mappings, newest
from app.storage.tables import OPEN_ORDER, connections, history, mappings
from app.storage.upserts import insert_ignoring, insert_missing


@dataclass(frozen=True)
class Mapping:
    """One record in the shop and in the WMS. Its state has three axes: `transfer`, `wanted`, `warehouse_status` (last read)."""

    id: int
    connection_id: str
    kind: Kind
    source_id: str
    parent_source_id: str | None
    supplier_source_id: str | None
    has_variations: bool | None
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
    adopted: dict[str, Any] | None
    sent_at: datetime | None
    entered_at: datetime | None
    """Of an order: when the warehouse got it first. None too where that was before this was kept."""
    unsettled_attempt_id: int | None
    """The write to the WMS whose outcome is not known. Only a read of the WMS settles it, or a later write that succeeds."""
    taken_back_at: datetime | None
    """When the order was cancelled in the warehouse because the shop cancelled it; None again when it is open there."""
    reason_code: str | None
    reason: str | None
    delivery: str | None
    delivery_code: str | None
    delivery_reason: str | None
    completed_at: datetime | None
    closes_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Known(NamedTuple):
    """A connection as people know it, and what they call its system."""

    name: str
    noun: str = "shop"


async def known_connections(db: AsyncConnection, only: Collection[str] | None = None) -> dict[str, Known]:
    """Every connection by its id, or `only` these."""
    query = select(connections.c.id, connections.c.name, connections.c.integration)
    rows = await db.execute(query if only is None else query.where(connections.c.id.in_(only)))
    return {row.id: Known(row.name, find_integration(row.integration).noun) for row in rows}


def opened(row: Row[Any]) -> Mapping:
    return Mapping(**row._mapping)


async def by_source(db: AsyncConnection, connection_id: str, kind: Kind, source_id: str, *, lock: bool = False) -> Mapping | None:
    """`lock`: nobody else changes it until the transaction ends."""
    same = (mappings.c.connection_id == connection_id, mappings.c.kind == kind, mappings.c.source_id == source_id)
    query = select(mappings).where(*same)
    row = (await db.execute(query.with_for_update(key_share=True) if lock else query)).first()
    return opened(row) if row else None


async def of_sources(db: AsyncConnection, connection_id: str, kind: Kind, source_ids: Collection[str]) -> dict[str, Mapping]:
    """Those of these records that there are, by source id."""
    mine = (mappings.c.connection_id == connection_id, mappings.c.kind == kind, mappings.c.source_id.in_(source_ids))
    found = await db.execute(select(mappings).where(*mine)) if source_ids else ()
    return {row.source_id: opened(row) for row in found}


async def of_wms(db: AsyncConnection, lane: str, kind: Kind, wms_ids: Collection[int]) -> dict[int, Mapping]:
    """The goods owner's records that have these ids in the WMS, by that id, whichever connection has sent them."""
    same = (mappings.c.wms_id.in_(wms_ids), mappings.c.lane == lane, mappings.c.kind == kind)
    found = await db.execute(select(mappings).where(*same)) if wms_ids else ()
    return {row.wms_id: opened(row) for row in found}


async def locked_by_source(db: AsyncConnection, connection_id: str, wanted: ByKey[Kind, Collection[str]]) -> list[Mapping]:
    """Those of these records that there are, locked in the order of their ids: nobody else changes them meanwhile."""
    each_kind = [and_(mappings.c.kind == kind, mappings.c.source_id.in_(source_ids)) for kind, source_ids in wanted.items()]
    query = select(mappings).where(mappings.c.connection_id == connection_id, or_(*each_kind))
    return [opened(row) for row in await db.execute(query.order_by(mappings.c.id).with_for_update(key_share=True))]


async def by_id(db: AsyncConnection, mapping_id: int, *, lock: bool = False) -> Mapping | None:
    """`lock`: nobody else changes it until the transaction ends."""
    query = select(mappings).where(mappings.c.id == mapping_id)
    row = (await db.execute(query.with_for_update(key_share=True) if lock else query)).first()
    return opened(row) if row else None


async def create(db: AsyncConnection, connection_id: str, kind: Kind, source_id: str, lane: str, now: datetime) -> Mapping:
    """Makes the mapping, or finds the one that another process has made at the same moment. It is locked either way."""
    fresh: dict[str, Any] = {"lane": lane, "wanted": "present", "transfer": "none", "created_at": now, "updated_at": now}
    await insert_missing(db, mappings, connection_id=connection_id, kind=kind, source_id=source_id, **fresh)
    found = await by_source(db, connection_id, kind, source_id, lock=True)
    assert found is not None
    return found


async def create_all(db: AsyncConnection, made: Sequence[Mapping]) -> dict[tuple[Kind, str], int]:
    """Stores new mappings. Returns the ids by kind and source id, without those that another process has made meanwhile."""
    table = insert_ignoring(db, mappings).returning(mappings.c.id, mappings.c.kind, mappings.c.source_id)
    rows = [{key: value for key, value in vars(each).items() if key != "id"} for each in made]
    return {(Kind(row.kind), row.source_id): row.id for row in await db.execute(table, rows)}


_STORED_BY_CHANGES = (
    "source_hash",
    "settings_version",
    "source_status",
    "source_number",
    "parent_source_id",
    "supplier_source_id",
    "has_variations",
    "source_modified_at",
    "lane",
    "wanted",
    "transfer",
    "reason_code",
    "reason",
    "closes_at",
    "updated_at",
)
"""What a change of a record may set."""
_STORE = (
    update(mappings)
    .where(mappings.c.id == bindparam("mapping_id"))
    .values({name: bindparam(f"new_{name}") for name in _STORED_BY_CHANGES})
)


async def store_changed(db: AsyncConnection, changed: Sequence[Mapping]) -> None:
    """Stores what changes of their records have set, in one statement. The rows are locked by `locked_by_source`."""
    rows = [
        {"mapping_id": each.id} | {f"new_{name}": getattr(each, name) for name in _STORED_BY_CHANGES}
        for each in sorted(changed, key=attrgetter("id"))
    ]
    await db.execute(_STORE, rows)


class MappingChange(TypedDict, total=False):
    """Columns that change. The database may compute the three of a delivery, and the unsettled attempt."""

    parent_source_id: str | None
    supplier_source_id: str | None
    has_variations: bool | None
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
    source_modified_at: datetime | None
    source_hash: str
    settings_version: int
    sent_hash: str | None
    adopted: dict[str, Any] | None
    sent_at: datetime
    entered_at: datetime
    unsettled_attempt_id: int | ColumnElement[Any] | None
    taken_back_at: datetime | None
    reason_code: str | None
    reason: str | None
    delivery: str | ColumnElement[Any]
    delivery_code: str | ColumnElement[Any] | None
    delivery_reason: str | ColumnElement[Any] | None
    completed_at: datetime
    closes_at: datetime | None


async def change(db: AsyncConnection, mapping_id: int, now: datetime, **values: Unpack[MappingChange]) -> None:
    await db.execute(update(mappings).where(mappings.c.id == mapping_id).values(updated_at=now, **values))


async def lock(db: AsyncConnection, mapping_ids: Sequence[int]) -> None:
    """Nobody else changes these mappings until the transaction ends. Locked by id, as everywhere."""
    locked = select(mappings.c.id).where(mappings.c.id.in_(mapping_ids)).order_by(mappings.c.id)
    await db.execute(locked.with_for_update(key_share=True))


@dataclass(frozen=True)
class SeenStatus:
    """An order's status in the WMS, and when the read that showed it began (UTC)."""

    number: int
    text: str | None
    read_at: datetime


async def store_status(db: AsyncConnection, mapping_id: int, now: datetime, seen: SeenStatus) -> None:
    """Stores the status, unless what is stored is from a later read or write."""
    is_newer = or_(mappings.c.warehouse_read_at.is_(None), mappings.c.warehouse_read_at <= seen.read_at)
    values = {"warehouse_status": seen.number, "warehouse_status_text": seen.text, "warehouse_read_at": seen.read_at}
    await db.execute(update(mappings).where(mappings.c.id == mapping_id, is_newer).values(updated_at=now, **values))


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


_NOTE = insert(history)
_NOTE_NAMES = tuple(each.name for each in fields(Note))


async def note(db: AsyncConnection, mapping_id: int, now: datetime, said: Note) -> None:
    """Adds a line to the record's history."""
    await note_all(db, [(mapping_id, said)], now)


async def note_all(db: AsyncConnection, said: Sequence[tuple[int, Note]], now: datetime) -> None:
    """Adds lines to the histories of several records, by mapping id."""
    rows = [
        {"mapping_id": mapping_id, "at": now, **{name: getattr(each, name) for name in _NOTE_NAMES}} for mapping_id, each in said
    ]
    if rows:
        await db.execute(_NOTE, rows)


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

    `number` is any of a record's numbers: the source's id, its order or article number, the WMS number or the WMS's id, the
    number of a back order, a tracking number or way bill; or `id:412`, with our own id.
    """

    connection_ids: Sequence[str] | None = None
    number: str | None = None
    kind: Kind | None = None
    transfer: str | None = None
    wanted: str | None = None
    delivery: str | None = None
    reason_code: str | None = None


async def search(db: AsyncConnection, chosen: Filter, *, before: int | None = None, limit: int = 50) -> list[Mapping]:
    """Newest first. Costs the same however many mappings there are."""
    also: list[ColumnElement[bool]] = []
    if chosen.connection_ids is not None:
        also.append(mappings.c.connection_id.in_(chosen.connection_ids))
    for name in ("kind", "transfer", "wanted", "delivery", "reason_code"):
        if (value := getattr(chosen, name)) is not None:
            also.append(mappings.c[name] == value)
    found = await newest(
        db, mappings.c.id, await looks_for_mappings(db, asdict(chosen), list(Kind)), tuple(also), before=before, limit=limit
    )
    return await of_ids(db, found)


async def of_ids(db: AsyncConnection, ids: Sequence[int]) -> list[Mapping]:
    """Newest first."""
    query = select(mappings).where(mappings.c.id.in_(ids)).order_by(mappings.c.id.desc())
    return [opened(row) for row in await db.execute(query)] if ids else []


# --- what the deep sweep reads --------------------------------------------------------------------------------------------

CLOSES_AFTER = timedelta(days=7)
"""For how long an order that the shop has completed is still read again: it may be deleted, or turn out to be a mistake."""


@dataclass(frozen=True)
class SweptOrder:
    """An order that is about to be read: which version of it is stored, and whether the warehouse may have it."""

    id: int
    modified_at: datetime | None
    hash: str | None
    may_be_in_warehouse: bool


async def open_orders(db: AsyncConnection, connection_id: str, after: int, limit: int) -> list[tuple[int, str]]:
    """(mapping id, source id), by id, of orders that are in the warehouse and wanted, held ones too, or that wait to get there.

    The deep sweep reads them again. Orders that the shop has completed are left out: they would be read for ever.
    """
    found = await db.execute(
        select(mappings.c.id, mappings.c.source_id)
        .where(mappings.c.connection_id == connection_id, text(OPEN_ORDER), mappings.c.id > after)
        .order_by(mappings.c.id)
        .limit(limit)
    )
    return [(row.id, row.source_id) for row in found]


async def closing_orders(db: AsyncConnection, connection_id: str, now: datetime, page: tuple[int, int]) -> list[tuple[int, str]]:
    """The same of orders that the shop has completed lately; those behind id `page[0]`, at most `page[1]`."""
    after, limit = page
    found = await db.execute(
        select(mappings.c.id, mappings.c.source_id)
        .where(mappings.c.connection_id == connection_id, mappings.c.closes_at > now, mappings.c.id > after)
        .order_by(mappings.c.id)
        .limit(limit)
    )
    return [(row.id, row.source_id) for row in found]


async def swept_as(db: AsyncConnection, connection_id: str, source_ids: Sequence[str]) -> dict[str, SweptOrder]:
    """The orders with these source ids as they are stored now."""
    shown = (mappings.c.id, mappings.c.source_id, mappings.c.source_modified_at, mappings.c.source_hash)
    there = (mappings.c.wms_id, mappings.c.transfer, mappings.c.unsettled_attempt_id)
    query = select(*shown, *there).where(
        mappings.c.connection_id == connection_id, mappings.c.kind == Kind.ORDER, mappings.c.source_id.in_(source_ids)
    )
    return {
        row.source_id: SweptOrder(
            row.id,
            row.source_modified_at,
            row.source_hash,
            row.wms_id is not None or row.unsettled_attempt_id is not None or row.transfer == "unknown",
        )
        for row in await db.execute(query)
    }


async def close(db: AsyncConnection, mapping_id: int, closes_at: datetime) -> None:
    """Stores until when an order that the shop has completed is read again. It stays as it was stored first."""
    is_open = (mappings.c.id == mapping_id, mappings.c.closes_at.is_(None))
    await db.execute(update(mappings).where(*is_open).values(closes_at=closes_at))
