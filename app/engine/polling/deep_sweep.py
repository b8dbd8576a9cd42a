"""The deep sweep reads every open order by its id. It finds what was deleted for good or put in the trash.

Where a system's "no such record" is no proof at once, the next polls ask for these orders again, and only for them.

Orders are listed by their ids, as many as one call takes. What the list leaves out is read one by one, a few at a time. Whatever
was read is stored as it comes, and the part's cursor moves with it: a slow shop is gone on with, not begun again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Order, Process, ShopState, SourceRecord
from app.engine.core import leases
from app.engine.core.sources import reads_by_id, record_source
from app.engine.jobs.changes import Change, Found, FoundBy, RecordChange, RecordGone, Version
from app.engine.jobs.run_part import PartRun, save_progress
from app.engine.polling import shop_records
from app.engine.polling.lots import AT_ONCE, in_lots
from app.engine.polling.odd_records import Shop, is_odd, leave_out
from app.engine.polling.side_reads import complete, keep_waiting, may_wait, put_in, taken_out
from app.integrations.kit.side_reads import PASSING
from app.integrations.protocol.source import DoubtsGone, ListsByIds
from app.records import cursors, mappings, runs
from app.records.connections import Connection
from app.records.mappings import SweptOrder
from app.records.runs import RunPart

SWEEP_BATCH, LISTED_BATCH = 100, 1000
"""So many orders are in hand together, where they are read one by one and where a list shows many."""
MOST_DOUBTED = 1000
"""So many orders are remembered that the system said it has not. The others are found by the next sweep."""
SWEPT = (Process.ORDERS, Process.STOCK)
"""Processes whose deep sweep finds what no change announces."""


def has_sweep(connection: Connection, process: Process) -> bool:
    """Whether the process has a deep sweep.

    Orders are read one by one, and their system must be able to do that. Quantities are compared all together.
    """
    return process in SWEPT and (process is not Process.ORDERS or reads_by_id(connection))


async def sweeps(db: AsyncConnection, connection: Connection, process: Process, part: RunPart) -> bool:
    """Whether this part sweeps: a full sync does, and so does a scheduled poll when a deep sweep was due."""
    if part.dry_run or not has_sweep(connection, process):
        return False
    run = await runs.find(db, part.run_id)
    return part.full or (run is not None and bool(run.options.get("sweep")))


def hours(part_run: PartRun) -> float:
    settings = part_run.connection.settings
    return settings.stock.full_sweep_hours if part_run.process is Process.STOCK else settings.deep_sweep_hours


# --- where it stands ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Behind the order with mapping id `to`, but for those in hand: ids `to_list`, and ids that are to be read `alone`.

    `closing`: the open orders are done, and those that the shop has completed lately are being read.
    """

    to: int = 0
    closing: bool = False
    to_list: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()

    @classmethod
    def of(cls, part: RunPart) -> Place:
        stored = part.cursor if part.sweeping else {}
        lists = [tuple(str(each) for each in stored.get(name) or ()) for name in ("to_list", "alone")]
        return cls(int(stored.get("swept_to", 0)), bool(stored.get("closing")), *lists)

    def stored(self) -> dict[str, Any]:
        return {"swept_to": self.to, "closing": self.closing, "to_list": list(self.to_list), "alone": list(self.alone)}

    def without(self, source_ids: Sequence[str]) -> Place:
        to_list = tuple(each for each in self.to_list if each not in source_ids)
        return replace(self, to_list=to_list, alone=tuple(each for each in self.alone if each not in source_ids))


@dataclass
class _Sweep:
    """One slice of a sweep. `known` are the orders in hand as they were stored before they were read."""

    part_run: PartRun
    place: Place
    shop: Shop = field(default_factory=Shop)
    known: Mapping[str, SweptOrder] = field(default_factory=dict)


async def sweep(part_run: PartRun) -> bool:
    """Reads by its id every order that the shop may have deleted; in a part that does not sweep, those that it said to be gone.

    Returns whether all were read within the slice.
    """
    part_run.beside.gone = await _said_to_be_gone(part_run)
    one = _Sweep(part_run, Place.of(part_run.part) if part_run.part.sweeping else Place(alone=_to_ask_again(part_run)))
    while await _has_more(one):
        if one.place.to_list:
            await _read_list(one)
        else:
            await _read_alone(one)
        if part_run.time_is_up:
            return False
    return True


async def _said_to_be_gone(part_run: PartRun) -> dict[str, tuple[int, int]]:
    """As it is stored: an earlier slice may have moved it."""
    async with part_run.gateway.database.begin() as db:
        stored = await cursors.ensure(db, part_run.connection, part_run.process, part_run.gateway.clock())
    return dict(taken_out(stored.cursor)[1].gone)


def _to_ask_again(part_run: PartRun) -> tuple[str, ...]:
    """As many as one poll asks again for."""
    gone = part_run.beside.gone.items()
    return tuple(source_id for source_id, (_, part_id) in gone if part_id != part_run.part.id)[:SWEEP_BATCH]


async def _has_more(one: _Sweep) -> bool:
    """Takes up the next orders when none are in hand."""
    gateway, connection = one.part_run.gateway, one.part_run.connection
    async with gateway.database.read() as db:
        if one.place.to_list or one.place.alone:
            in_hand = (*one.place.to_list, *one.place.alone)
            one.known = await mappings.swept_as(db, connection.id, in_hand)
            return True
        if not one.part_run.sweeps:
            return False
        lists = record_source(gateway, connection)
        most = min(LISTED_BATCH, lists.most_listed) if isinstance(lists, ListsByIds) else SWEEP_BATCH
        batch = [] if one.place.closing else await mappings.open_orders(db, connection.id, one.place.to, most)
        if not batch:
            after = one.place.to if one.place.closing else 0
            batch = await mappings.closing_orders(db, connection.id, gateway.clock(), (after, most))
            one.place = Place(after, closing=True)
        ids = tuple(source_id for _, source_id in batch)
        one.known = await mappings.swept_as(db, connection.id, ids)
    if batch:
        by_list = isinstance(lists, ListsByIds)
        one.place = replace(one.place, to=batch[-1][0], to_list=ids if by_list else (), alone=() if by_list else ids)
    return bool(batch)


# --- reading --------------------------------------------------------------------------------------------------------------


async def _read_list(one: _Sweep) -> None:
    gateway, connection = one.part_run.gateway, one.part_run.connection
    source = record_source(gateway, connection)
    assert isinstance(source, ListsByIds)
    listed = await source.read_listed(Process.ORDERS, one.place.to_list)
    left_out = tuple(each for each in one.place.to_list if each not in listed)
    one.place = replace(one.place, to_list=tuple(listed), alone=(*one.place.alone, *left_out))
    one.part_run.calls += 1
    await _store(one, {})

    async def whole(source_id: str) -> Read:
        return await _whole(one, listed[source_id])

    async for lot in in_lots(one.part_run, list(listed), whole):
        await _take(one, lot)


async def _read_alone(one: _Sweep) -> None:
    gateway, connection = one.part_run.gateway, one.part_run.connection
    source = record_source(gateway, connection)

    async def read(source_id: str) -> Read:
        found = await source.read(Process.ORDERS, source_id)
        return await _whole(one, found) if found is not None else None

    async for lot in in_lots(one.part_run, one.place.alone, read):
        one.part_run.calls += len(lot)
        await _take(one, lot)


class _Waits:
    """In an order's place: it is there, and waits for what belongs beside it."""


Read = SourceRecord | _Waits | None


async def _whole(one: _Sweep, record: SourceRecord) -> Read:
    try:
        return await complete(one.part_run, record)
    except PASSING as error:
        if may_wait(one.part_run, record.source_id, error):
            return _Waits()
        raise


async def _take(one: _Sweep, lot: list[tuple[str, Read | Exception]]) -> None:
    """Stores what was read of a lot. What could not be read is left out and named, unless it is the shop that fails."""
    found: dict[str, SourceRecord | None] = {}
    failed: list[tuple[str, Exception]] = []
    shop_fails: Exception | None = None
    waits = [source_id for source_id, result in lot if isinstance(result, _Waits)]
    if waits:
        one.place = one.place.without(waits)
        await keep_waiting(one.part_run)
    for source_id, result in lot:
        if isinstance(result, _Waits):
            one.shop.answered()
        elif not isinstance(result, Exception):
            found[source_id] = result
            one.shop.answered()
        elif one.shop.is_at_fault(result, AT_ONCE):
            shop_fails = shop_fails or result
        else:
            failed.append((source_id, result))
    await _store(one, found)
    if shop_fails is not None:
        raise shop_fails
    for source_id, error in failed:
        await _leave_out(one, source_id, error)


async def _leave_out(one: _Sweep, source_id: str, error: Exception) -> None:
    one.place = one.place.without([source_id])
    await leave_out(one.part_run, f"order {source_id}", f"orders:{source_id}", error)
    await _store(one, {})


# --- storing --------------------------------------------------------------------------------------------------------------


async def _store(one: _Sweep, found: Mapping[str, SourceRecord | None]) -> None:
    """Stores all in one transaction with the place behind them. If that fails, one by one."""
    try:
        await _store_together(one, found)
    except Exception as error:
        if not is_odd(error):
            raise
        for source_id, record in found.items():
            try:
                await _store_together(one, {source_id: record})
            except Exception as odd:
                if not is_odd(odd):
                    raise
                await _leave_out(one, source_id, odd)


async def _store_together(one: _Sweep, found: Mapping[str, SourceRecord | None]) -> None:
    part_run, place = one.part_run, one.place.without(list(found))
    changes, gone = _judged(one, found)
    completed = [one.known[each.source_id].id for each in changes if each.source_id in one.known and _is_completed(each)]

    async def work(db: AsyncConnection) -> None:
        part_run.counts.clear()
        part_run.reasons.clear()
        await leases.renew(db, part_run.lease)
        await shop_records.decide(db, part_run, changes)
        if gone != part_run.beside.gone:
            await _keep_gone(db, part_run.connection, gone, part_run.gateway.clock())
        part_run.counts.update(read=len(found) - len(changes), skipped=len(found) - len(changes))
        part_run.reasons.update({"said-to-be-gone": len(found) - len(changes)} if len(changes) < len(found) else {})
        for mapping_id in completed:
            await mappings.close(db, mapping_id, part_run.gateway.clock() + mappings.CLOSES_AFTER)
        await save_progress(db, part_run, part_run.calls, cursor=place.stored(), sweeping=True)

    await part_run.gateway.database.run(work)
    one.place, part_run.calls, part_run.beside.gone = place, 0, gone


def _judged(one: _Sweep, found: Mapping[str, SourceRecord | None]) -> tuple[list[Change], dict[str, tuple[int, int]]]:
    """What is decided of them, and which are said to be gone by a system whose word is not enough yet."""
    part_run = one.part_run
    source = part_run.gateway.source(part_run.connection)
    needed = source.polls_until_gone if isinstance(source, DoubtsGone) else 1
    changes, gone = list[Change](), dict(part_run.beside.gone)
    for source_id, record in found.items():
        told, last = gone.pop(source_id, (0, 0))
        told += last != part_run.part.id
        if record is not None or told >= needed:
            changes.append(_change_of(one, source_id, record))
        elif len(gone) < MOST_DOUBTED:
            gone[source_id] = (told, part_run.part.id)
    return changes, gone


async def _keep_gone(db: AsyncConnection, connection: Connection, gone: Mapping[str, tuple[int, int]], now: datetime) -> None:
    own, waiting = taken_out((await cursors.ensure(db, connection, Process.ORDERS, now)).cursor)
    await cursors.change(db, connection.id, Process.ORDERS, cursor=put_in(own, replace(waiting, gone=gone)))


async def ask_again(db: AsyncConnection, connection: Connection, source_id: str, now: datetime) -> None:
    """Has the next poll ask again for an order that the system has just said to be gone."""
    gone = taken_out((await cursors.ensure(db, connection, Process.ORDERS, now)).cursor)[1].gone
    await _keep_gone(db, connection, {source_id: (1, 0), **gone}, now)


def _change_of(one: _Sweep, source_id: str, record: SourceRecord | None) -> Change:
    known = one.known.get(source_id)
    # The brake is for orders in the warehouse. Of the others nothing can be cancelled there.
    may_be_there = known is None or known.may_be_in_warehouse
    found = Found(FoundBy.SWEEP, part_id=one.part_run.part.id, held_by_brake=may_be_there)
    if record is None:
        return RecordGone(Process.ORDERS, source_id, found)
    before = Version(known.modified_at, known.hash) if known else None
    return replace(shop_records.change_of(one.part_run, record, found), read_now=True, before=before)


def _is_completed(change: Change) -> bool:
    return isinstance(change, RecordChange) and isinstance(change.mapped, Order) and change.mapped.state is ShopState.COMPLETED
