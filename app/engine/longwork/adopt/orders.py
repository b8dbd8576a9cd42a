"""The shop's orders, and which of them the WMS has already.

Open ones are followed from then on until they are sent. Of those that were sent, the shop is told only if it does not know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Kind as RecordKind
from app.domain import Order, Process, ShopState, SourceRecord, WarehouseState
from app.engine.core.queue import Task
from app.engine.jobs.changes import Found, FoundBy, RecordChange, wanted_of, why_left_out
from app.engine.jobs.mapper import map_record
from app.engine.longwork.adopt import way_back
from app.engine.longwork.adopt.matching import numbers_of, why_not_ours
from app.engine.longwork.adopt.storing import DIFFERS, KNOWN, LEFT, NOT_IN_WMS, NOT_OURS, TAKEN, Taken, owners, store
from app.engine.longwork.reconcile.findings import not_wanted
from app.engine.longwork.slices import Also, Slice, read_source
from app.flows.goods import with_carrier_there
from app.flows.outcomes import explained
from app.records import mappings
from app.records.connection_lanes import shop_lane
from app.records.longwork.lines import Line
from app.records.longwork.works import moment_of
from app.warehouse.adopted import in_their_rows, match_rows
from app.warehouse.reads.resources import WarehouseOrder
from app.warehouse.reads.states import warehouse_state
from app.warehouse.writes.differences import compared_order
from app.warehouse.writes.fields import order_body
from app.warehouse.writes.problems import order_problems

TO_COME = "to-come"
"""Counts orders that the shop wants sent and the WMS does not have."""
SENT = (WarehouseState.SHIPPED, WarehouseState.RETURNED)


@dataclass(frozen=True)
class Adopted:
    """An order of the shop, and the WMS's order that is the same."""

    taken: Taken
    there: WarehouseOrder
    is_told: bool
    """It was sent, and the shop knows."""


async def take_over(run: Slice) -> bool:
    """Returns whether all were read within the slice."""
    since = moment_of(run.work.options["since"])
    if run.work.options["apply"] and not run.work.place.get("cursor"):
        await way_back.begin_reading(run)
    return await read_source(run, Process.ORDERS, since, lambda some: consider(run, some))


async def consider(run: Slice, some: Sequence[SourceRecord]) -> Also | None:
    """Says of each of the shop's orders what the WMS has of it. Returns what stores those that are taken over."""
    changes = [RecordChange(each, map_record(run.connection, each), Found(FoundBy.OPERATOR)) for each in some]
    async with run.gateway.database.read() as db:
        known = await mappings.of_sources(db, run.connection.id, RecordKind.ORDER, [each.source_id for each in changes])
    prefix, asked = run.connection.settings.order_number_prefix, run.gateway.clock()
    wanted = {
        each.source_id: numbers_of(each.mapped, prefix)
        for each in changes
        if isinstance(each.mapped, Order) and ((row := known.get(each.source_id)) is None or row.wms_id is None)
    }
    run.counts[KNOWN] += len(changes) - len(wanted)
    numbers = sorted({number for each in wanted.values() for number in each})
    there = await run.gateway.warehouse(run.connection).get_orders(numbers) if numbers else {}
    async with run.gateway.database.read() as db:
        whose = await owners(db, run.connection, RecordKind.ORDER, [each.order_id for each in there.values()])
    adopted: list[Adopted] = []
    for change in changes:
        if change.source_id not in wanted:
            continue
        found = [there[number] for number in wanted[change.source_id] if number in there]
        used = {*whose, *(each.there.order_id for each in adopted)}
        line, taken = _finding(run, change, found, used)
        run.counts[line.kind if isinstance(line, Line) else line] += 1
        run.lines += [line] if isinstance(line, Line) else []
        adopted += [taken] if taken is not None else []
    if not run.work.options["apply"] or not adopted:
        return None
    run.wakes.add((Task.DRAIN, shop_lane(run.connection.id)))

    async def also(db: AsyncConnection) -> Counter[str]:
        return await _store(db, run, adopted, asked)

    return also


async def _store(db: AsyncConnection, run: Slice, adopted: Sequence[Adopted], asked: datetime) -> Counter[str]:
    now, by_key = run.gateway.clock(), {each.taken.key: each for each in adopted}
    stored = await store(db, run.connection, [each.taken for each in adopted], now)
    for taken, mapping in stored:
        each = by_key[taken.key]
        if each.there.lines and any(line.picked for line in each.there.lines):
            seen = way_back.Met(each.there, each.is_told, asked)
            await way_back.store(db, run.connection, mapping, seen, now)
    left = len(adopted) - len(stored)
    return Counter({LEFT: left}) if left else Counter()


# --- what is said of an order -------------------------------------------------------------------------------------------


def _finding(
    run: Slice, change: RecordChange, found: Sequence[WarehouseOrder], used: set[int]
) -> tuple[Line | str, Adopted | None]:
    """The line, or the word under which it is counted; and what is taken over."""
    order = change.mapped
    assert isinstance(order, Order)
    if not found:
        return _not_there(run, order), None
    whys = {
        each.order_id: (
            "Another order of this goods owner has it already"
            if each.order_id in used
            else why_not_ours(order, each, trust_numbers=run.work.options["trust_numbers"])
        )
        for each in found
    }
    there = next((each for each in found if whys[each.order_id] is None), None)
    if there is None:
        return _line(order, found[0].number, (NOT_OURS, "number-taken", whys[found[0].order_id] or "")), None
    return _taken(run, change, order, there)


def _not_there(run: Slice, order: Order) -> Line | str:
    if not order.wanted:
        left_out = why_left_out(order, run.connection)
        return not_wanted(left_out[0] if left_out is not None else "not-wanted")
    run.counts[TO_COME] += 1
    made, oldest = order.created_at, moment_of(run.work.place.get("oldest_missing"))
    if made is not None and (oldest is None or made < oldest):
        run.work.place["oldest_missing"] = made.isoformat()
    left_out = why_left_out(order, run.connection)
    words = left_out[1] if left_out is not None else "It is transferred once the connection is active"
    return _line(order, order.number, (NOT_IN_WMS, "missing", f"Not in the WMS. {words}"))


def _line(order: Order, number: str, said: tuple[str, str | None, str], fields: Sequence[dict[str, Any]] = ()) -> Line:
    kind, code, words = said
    return Line(kind, Process.ORDERS, number, order.source_id, words, code, fields=tuple(fields))


def _taken(run: Slice, change: RecordChange, order: Order, there: WarehouseOrder) -> tuple[Line, Adopted]:
    settings, now = run.connection.settings.warehouse, run.gateway.clock()
    state = warehouse_state(there.status_number, settings)
    rows = match_rows(order.lines, there.lines)
    is_told = state in SENT and order.state is not ShopState.WANTED
    problems = (*order.problems, *order_problems(order, settings, run.noun))
    fields: list[dict[str, Any]] = []
    sent_hash = None
    if not problems:
        theirs = with_carrier_there(replace(in_their_rows(order, rows), number=there.number), there)
        body = order_body(theirs, run.connection.warehouse.goods_owner_id, settings)
        sent_hash = body.hash
        differ = compared_order(body.json, there) if state in (WarehouseState.OPEN, WarehouseState.STARTED) else []
        fields = [{"field": each.field, "before": each.shown, "after": each.sent} for each in differ]
    values: dict[str, Any] = {
        "number": there.number,
        "wms_id": there.order_id,
        "wanted": wanted_of(order),
        "warehouse_status": there.status_number,
        "warehouse_status_text": there.status_text or None,
        "warehouse_read_at": now,
        "sent_hash": sent_hash,
        "adopted": rows.stored(),
    }
    values |= {"taken_back_at": now} if order.is_withdrawn and state is WarehouseState.CANCELLED else {}
    values |= way_back.told(there, now) if is_told else {}
    said, problems = _said(run, order, there, state), problems if order.wanted else ()
    code = said[1] or (problems[0].code if problems else "different" if fields else None)
    words = said[0]
    words += f". {explained(problems[0])}" if problems else ""
    words += f". {len(fields)} of its fields differ; they stay so until it changes, or a resync" if fields else ""
    words += ". Its lines have no row numbers in the WMS: a change of it is held" if rows.has_unnumbered else ""
    kind = DIFFERS if code is not None else TAKEN
    history = f"Taken over: the WMS had the order as {there.number}, at status {_status(there)}"
    return _line(order, there.number, (kind, code, words), fields), Adopted(Taken(change, values, history), there, is_told)


def _said(run: Slice, order: Order, there: WarehouseOrder, state: WarehouseState) -> tuple[str, str | None]:
    """What becomes of it; and a code, where shop and WMS do not agree on whether it is wanted."""
    at = f"The WMS has it at {_status(there)}"
    match state:
        case WarehouseState.CANCELLED if order.wanted:
            return (
                f"{at}, and the {run.noun} still wants it ({order.status!r}). Cancel it there, or resync and release it here",
                "cancelled-in-warehouse",
            )
        case WarehouseState.CANCELLED:
            return f"{at}: cancelled on both sides", None
        case WarehouseState.SHIPPED | WarehouseState.RETURNED if order.state is ShopState.WANTED:
            return f"{at}, and the {run.noun} does not know ({order.status!r}): it is told once the connection is active", None
        case WarehouseState.SHIPPED | WarehouseState.RETURNED:
            return f"{at}, and the {run.noun} has it as {order.status!r}: it is not told again", None
        case _ if order.is_withdrawn:
            return (
                f"{at}, and the {run.noun} has cancelled it ({order.status!r}). Resync it to cancel it there",
                "cancelled-in-shop",
            )
        case _:
            return f"{at}: followed until it is sent", None


def _status(there: WarehouseOrder) -> str:
    return f"{there.status_number} {there.status_text}".strip()
