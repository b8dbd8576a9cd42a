"""A backfill: the orders that a shop has taken since a date are transferred, however old they are.

Only those of which the warehouse has had nothing so far. What is transferred already, or on its way, is the polls' business. Its
jobs go through the lane when nothing else waits there, and only a few of them wait at a time: a pause stops it soon.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind, Order, PartState, Process, SourceRecord, WarehouseState
from app.engine.core.queue import Task
from app.engine.core.sources import reads_by_id, record_source
from app.engine.jobs import dry_run, enqueue
from app.engine.jobs.changes import why_left_out
from app.engine.jobs.enqueue import Found, FoundBy, RecordChange, Verdict, Version
from app.engine.jobs.mapper import enriched, map_record
from app.engine.longwork.slices import Also, Slice, read_source
from app.flows.outcomes import Outcome, Transfer
from app.records import mappings, runs
from app.records.connections import Connection
from app.records.longwork import works
from app.records.longwork.lines import Line
from app.records.longwork.works import ALL_READ, Work, moment_of
from app.records.mappings import Mapping
from app.records.runs import NewRun
from app.warehouse.reads.resources import WarehouseOrder
from app.warehouse.reads.states import warehouse_state

ENOUGH_OPEN = 25
"""While more of its orders are on their way, it reads no further."""
LOOKS_AGAIN_SECONDS = 2.0
MOST_SHOWN = 100
"""So many orders of a preview are shown field by field; the counts cover all."""
STEPS = (Process.ORDERS.value,)


@dataclass(frozen=True)
class _Seen:
    """An order as it was read, and what is stored of it."""

    record: SourceRecord
    order: Order
    mapping: Mapping | None
    is_read_now: bool = False


async def work(run: Slice) -> bool:
    """Returns whether it is done: all is read, and all that was found is settled."""
    since = moment_of(run.work.options["since"])
    assert since is not None
    run.connection = _live_since(run.connection, since)
    if run.work.options["dry_run"]:
        return await read_source(run, Process.ORDERS, since, lambda some: _preview(run, some, since))
    if run.work.part_id is None:
        await _make_part(run)
    if await _open(run) > ENOUGH_OPEN:
        run.waits = LOOKS_AGAIN_SECONDS
        return False
    if not run.work.place.get(ALL_READ):
        if not await read_source(run, Process.ORDERS, since, lambda some: _transfer(run, some, since)):
            return False
        await run.save({**run.work.place, ALL_READ: True})
    if await _open(run):
        run.waits = LOOKS_AGAIN_SECONDS
        return False
    return True


def _live_since(connection: Connection, since: datetime) -> Connection:
    """The connection as if it had gone live then. Nothing of it is stored."""
    return replace(connection, settings=connection.settings.model_copy(update={"go_live": since}))


async def _make_part(run: Slice) -> None:
    """The run that its orders belong to, as those of a sync do."""
    now = run.gateway.clock()

    async def also(db: AsyncConnection) -> Counter[str]:
        new = NewRun("backfill", run.connection.name, [(run.connection.id, Process.ORDERS)], full=True, options=run.work.options)
        part = await runs.create_backfilling(db, new, now)
        await works.change(db, run.work.id, *works.TO_WORK, part_id=part)
        return Counter()

    await run.save(run.work.place, also)


async def end_part(db: AsyncConnection, ended: Work, now: datetime) -> None:
    """Nothing more is found for its run, which ends when all that was found is settled."""
    if ended.part_id is not None:
        await runs.change_part(db, ended.part_id, state=PartState.WORKING)
        await runs.end_finished(db, now)


async def _open(run: Slice) -> int:
    assert run.work.part_id is not None
    async with run.gateway.database.read() as db:
        return await runs.unfinished(db, run.work.part_id)


# --- which orders -------------------------------------------------------------------------------------------------------


async def _chosen(run: Slice, some: Sequence[SourceRecord], since: datetime) -> list[_Seen]:
    """Those made since then of which the warehouse has nothing. The others are counted."""
    mapped: list[tuple[SourceRecord, Order]] = []
    for record in some:
        order = map_record(run.connection, record)
        assert isinstance(order, Order)
        if order.created_at is not None and order.created_at < since:
            run.counts["earlier"] += 1
        else:
            mapped.append((record, order))
    async with run.gateway.database.read() as db:
        ids = [record.source_id for record, _ in mapped]
        known = await mappings.of_sources(db, run.connection.id, Kind.ORDER, ids)
    found = []
    for record, order in mapped:
        mapping = known.get(record.source_id)
        if mapping is not None and (mapping.transfer != Transfer.NONE or mapping.wms_id is not None):
            run.counts["known"] += 1
        else:
            found.append(_Seen(record, order, mapping))
    return found


# --- the preview --------------------------------------------------------------------------------------------------------


async def _preview(run: Slice, some: Sequence[SourceRecord], since: datetime) -> None:
    chosen = await _chosen(run, some, since)
    wanted = [each.order.number for each in chosen if why_left_out(each.order, run.connection) is None]
    there = await run.gateway.warehouse(run.connection).get_orders(wanted) if wanted else {}
    for each in chosen:
        async with run.gateway.database.read() as db:
            entry = await dry_run.of(db, run.connection, each.record, each.order)
            owner = await mappings.owner_of(db, run.connection.lane, Kind.ORDER, each.order.number)
        outcome, code, reason = entry.outcome, entry.code, entry.shown["reason"] or ""
        if outcome == Outcome.CREATED:
            taken = owner is not None and owner.source_id != each.order.source_id
            outcome, code, reason = _in_warehouse(run, each.order, there.get(each.order.number), is_taken=taken)
        _count(run, outcome, code)
        if run.work.counts.get("shown", 0) + run.counts["shown"] < MOST_SHOWN and outcome != Outcome.UNCHANGED:
            run.counts["shown"] += 1
            fields = tuple(entry.shown["fields"]) if outcome in (Outcome.CREATED, Outcome.UPDATED) else ()
            run.lines.append(
                Line(outcome, Process.ORDERS, each.order.number, each.record.source_id, reason, code or None, fields=fields)
            )


def _in_warehouse(run: Slice, order: Order, there: WarehouseOrder | None, *, is_taken: bool) -> tuple[str, str, str]:
    """What becomes of an order that the gateway would create, by what the warehouse has under its number."""
    if is_taken or (there is not None and there.goods_owner_order_id != order.source_id):
        return Outcome.HELD, "number-taken", f"Order number {order.number} belongs to another order"
    if there is None:
        return Outcome.CREATED, "", ""
    match warehouse_state(there.status_number, run.connection.settings.warehouse):
        case WarehouseState.OPEN:
            return Outcome.UPDATED, "", ""
        case WarehouseState.CANCELLED:
            return Outcome.HELD, "cancelled-in-warehouse", "The warehouse has cancelled the order"
        case _:
            return Outcome.HELD, "warehouse-started", "The warehouse has started on the order already"


def _count(run: Slice, outcome: str, code: str | None) -> None:
    run.counts[outcome] += 1
    if code:
        run.counts[f"{outcome}/{code}"] += 1


# --- in earnest ---------------------------------------------------------------------------------------------------------


async def _transfer(run: Slice, some: Sequence[SourceRecord], since: datetime) -> Also:
    chosen = [await _newest(run, each) for each in await _chosen(run, some, since)]
    found = Found(FoundBy.BACKFILL, part_id=run.work.part_id)
    changes = [
        RecordChange(each.record, each.order, found, each.is_read_now, _version(each.mapping))
        for each in chosen
        if each is not None
    ]
    run.wakes.add((Task.DRAIN, run.connection.lane))
    if await _open(run) + len(changes) > ENOUGH_OPEN:
        run.waits = LOOKS_AGAIN_SECONDS

    async def also(db: AsyncConnection) -> Counter[str]:
        counts: Counter[str] = Counter()
        for change, result in zip(
            changes, await enqueue.enqueue_changes(db, run.connection, changes, run.gateway.clock()), strict=True
        ):
            match result.verdict:
                case Verdict.QUEUED:
                    counts["queued"] += 1
                case Verdict.NOT_WANTED:
                    counts[Outcome.SKIPPED] += 1
                    counts[f"{Outcome.SKIPPED}/{result.code}"] += 1
                case _:
                    counts["unread"] += 1
                    run.notes.append(f"orders {change.source_id}: it changed while it was read; begin another backfill for it")
        return counts

    return also


async def _newest(run: Slice, each: _Seen) -> _Seen | None:
    """The order as it is now, where the shop's list and what is stored differ. None when it cannot be had."""
    stored = _version(each.mapping)
    if (
        stored is None
        or stored.hash is None
        or stored.hash == RecordChange(each.record, each.order, Found(FoundBy.BACKFILL)).digest
    ):
        return each
    record: SourceRecord | None = each.record
    if reads_by_id(run.connection):
        record = await record_source(run.gateway, run.connection).read(Process.ORDERS, each.record.source_id)
    if record is None:
        run.counts["unread"] += 1
        run.notes.append(f"orders {each.record.source_id}: the {run.noun} has it no more")
        return None
    full = await enriched(run.gateway, run.connection, record)
    order = map_record(run.connection, full)
    assert isinstance(order, Order)
    return _Seen(full, order, each.mapping, is_read_now=True)


def _version(mapping: Mapping | None) -> Version | None:
    return None if mapping is None else Version(mapping.source_modified_at, mapping.source_hash)
