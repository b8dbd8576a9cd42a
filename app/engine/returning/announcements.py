"""Returns that callers announce: checked, stored, and queued for the warehouse. The same twice is done once."""

from __future__ import annotations

from collections.abc import Mapping as ByKey
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Kind, Process
from app.domain.record import SCHEMA_VERSION
from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.engine.jobs.changes import ACTIVE, FoundBy
from app.engine.jobs.job_rows import AGAIN, JobKey, upsert_job
from app.engine.returning.causes import causes_of
from app.errors import BadInput, Conflict, NotFound
from app.flows.returning.announced import BEFORE_PICK
from app.records import deliveries, mappings
from app.records.connections import Connection, Status
from app.records.jobs import Job
from app.records.mappings import Mapping
from app.records.returned import announced, keeping
from app.records.returned.announced import Announced
from app.records.returned.keeping import ReturnRecord
from app.storage.audit.changes import Change, note
from app.storage.tables import jobs
from app.warehouse.reads.resources import read_order

AT_A_TIME = 50
"""Orders that are read together while looking whether something of them was picked."""
MOST_LOOKED_AT = 500


@dataclass(frozen=True)
class NewLine:
    """`line`: the source's id of the order line. `quantity` in pieces."""

    line: str
    quantity: float
    cause: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class NewReturn:
    """What a caller announces. `order`: the shop's order number, its id there, or the WMS's number. `in_date`: a day."""

    number: str
    order: str
    lines: tuple[NewLine, ...]
    way: str | None = None
    comment: str | None = None
    in_date: str | None = None
    waybills: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Sold:
    """An order as far as it is known here. `ordered`: pieces by the source's line id; None: not known."""

    mapping: Mapping
    ordered: dict[str, float] | None


async def put(gateway: Gateway, connection: Connection, new: NewReturn) -> tuple[ReturnRecord, bool]:
    """Stores the return and queues it. Returns it as it is stored, and whether it is new.

    Raises BadInput for what cannot come back, Conflict when the number is another return's or something came back already, and
    RemoteError when the WMS had to be asked for its causes and did not answer.
    """
    way = _way(connection, new)
    _refuse_closed(connection)
    causes = await _known_causes(gateway, connection, new)
    now = gateway.clock()
    async with gateway.database.begin() as db:
        sold = await _find_order(db, connection, new.order)
        known = await announced.by_number(db, connection.lane, new.number, lock=True)
        _refuse_taken(connection, known, way, sold.mapping)
        _check_lines(new, sold, await _taken(db, sold.mapping, new.number))
        content = _content(new, causes)
        if known is not None and known.wanted == "present" and known.announced == content and known.sent_at is not None:
            return known, False
        order_number = sold.mapping.number or sold.mapping.source_number
        given = Announced(connection.id, connection.lane, sold.mapping.id, way, new.number, order_number, content)
        if await announced.announce(db, given, known, now) is None:
            raise Conflict(
                f"return {new.number} is just being announced by another caller", field="return_number", fix="try again"
            )
        await _queue(db, connection, sold.mapping.id, new.number, now)
        note(db, f"return {new.number}", [Change("announced", None, f"order {new.order}")], connection_ids=(connection.id,))
        stored = await announced.by_number(db, connection.lane, new.number, way)
    assert stored is not None
    await gateway.wake_ups.send(Task.DRAIN, connection.lane)
    return stored, known is None


async def withdraw(gateway: Gateway, connection: Connection, number: str) -> ReturnRecord:
    """Stops an announced return while it waits, or has it cancelled in the WMS. Returns it as it is stored.

    Raises NotFound, and Conflict when something came back already.
    """
    _refuse_closed(connection)
    now = gateway.clock()
    async with gateway.database.begin() as db:
        known = await announced.by_number(db, connection.lane, number, lock=True)
        if known is None or known.connection_id != connection.id or known.wanted is None:
            raise no_return(connection, number)
        if known.wanted == "absent":
            return known
        if known.lines:
            raise _begun(number)
        assert known.mapping_id is not None
        await announced.withdraw(db, known.id, now)
        await _queue(db, connection, known.mapping_id, number, now)
        note(db, f"return {number}", [Change("announced", "present", "absent")], connection_ids=(connection.id,))
        stored = await announced.by_number(db, connection.lane, number, known.way)
    assert stored is not None
    await gateway.wake_ups.send(Task.DRAIN, connection.lane)
    return stored


async def settle(gateway: Gateway, connection: Connection, number: str, way: str | None, reason: str) -> ReturnRecord:
    """A person has refunded by hand what came back. Raises NotFound, and Conflict for a return that waits for nobody."""
    async with gateway.database.begin() as db:
        found = await keeping.find(db, connection.id, number, way)
        if found is None:
            raise no_return(connection, number)
        if not await keeping.settle(db, found.id, reason, gateway.clock()):
            raise Conflict(
                f"return {number} waits for nobody: its refund is {found.refund}",
                field="return_number",
                fix="list what waits with: gateway returns list --refund by-hand",
            )
        change = Change("refund", found.refund, keeping.Refund.SETTLED.value)
        note(db, f"return {number}", [change], connection_ids=(connection.id,))
        return await keeping.find(db, connection.id, number, found.way) or found


def no_return(connection: Connection, number: str) -> NotFound:
    fix = "list them with: gateway returns list"
    return NotFound(f"{connection.name} has no return {number!r}", field="return_number", fix=fix)


# --- what is refused ------------------------------------------------------------------------------------------------------


def _way(connection: Connection, new: NewReturn) -> str:
    """The way that is asked for, else the one that the connection uses. Raises BadInput."""
    if not connection.settings.processes.returns:
        raise Conflict(
            f"{connection.name} does not read returns",
            field="connection",
            fix="switch them on: settings.processes.returns",
        )
    used = [way for way in announced.ANNOUNCEABLE if way in connection.settings.returns.by]
    if new.way is not None and new.way not in used:
        raise BadInput(
            f"{connection.name} does not use the way {new.way}", field="way", fix=f"add {new.way} to settings.returns.by"
        )
    if not used:
        raise Conflict(
            f"the warehouse of {connection.name} takes no returns that are announced",
            field="connection",
            fix="add return-order or purchase-order to settings.returns.by",
        )
    return new.way or used[0]


def _refuse_closed(connection: Connection) -> None:
    if connection.status is Status.DRAFT:
        raise Conflict(f"{connection.name} is not in use", field="connection", fix="activate it first")


def _begun(number: str) -> Conflict:
    return Conflict(
        f"something of return {number} has come back already", field="return_number", fix="announce the rest under another number"
    )


def _refuse_taken(connection: Connection, known: ReturnRecord | None, way: str, order: Mapping) -> None:
    if known is None:
        return
    if known.connection_id != connection.id:
        raise Conflict(
            "another connection of the same goods owner has a return of this number", field="return_number", fix="give another"
        )
    if known.lines:
        raise _begun(known.number)
    if known.wanted == "absent" and known.record_id is not None:
        raise Conflict(
            f"return {known.number} was withdrawn from the warehouse", field="return_number", fix="give another number"
        )
    if known.way != way or known.mapping_id != order.id:
        raise Conflict(
            f"return {known.number} is announced as a {known.way} of order {known.order_number}",
            field="return_number",
            fix="give another number",
        )


async def _known_causes(gateway: Gateway, connection: Connection, new: NewReturn) -> dict[str, str]:
    """Names of the causes by code. Raises BadInput for one that the warehouse does not list, or that lacks its comment."""
    if not any(line.cause for line in new.lines):
        return {}
    listed = {each.code: each for each in await causes_of(gateway, connection)}
    for index, line in enumerate(new.lines):
        if line.cause and line.cause not in listed:
            names = ", ".join(f"{each.code} ({each.name})" for each in listed.values()) or "none"
            raise BadInput(
                f"the warehouse lists no cause {line.cause!r}", field=f"lines[{index}].cause", fix=f"give one of: {names}"
            )
        if line.cause and listed[line.cause].needs_comment and not line.comment:
            raise BadInput(
                f"the cause {line.cause} needs a comment", field=f"lines[{index}].comment", fix="say in a few words what is wrong"
            )
    return {code: each.name for code, each in listed.items()}


async def _find_order(db: AsyncConnection, connection: Connection, named: str) -> _Sold:
    """Raises BadInput when the connection has no such order, or several."""
    found = await deliveries.mapping_by_number(db, connection.lane, [named], connection.id)
    if found is None:
        found = await mappings.by_source(db, connection.id, Kind.ORDER, named)
    if found is None:
        raise BadInput(
            f"{connection.name} has no order {named!r}, or more than one",
            field="order",
            fix="give the order number of the shop; find it with GET /mappings?number=…",
        )
    return _Sold(found, await _ordered(db, found))


async def _ordered(db: AsyncConnection, mapping: Mapping) -> dict[str, float] | None:
    """Pieces by the source's line id: as the gateway was given the order, else as the WMS showed it last."""
    query = select(jobs.c.payload).where(jobs.c.mapping_id == mapping.id, jobs.c.process == Process.ORDERS)
    payload = await db.scalar(query)
    lines = [(line["row_number"], line["quantity"]) for line in (payload or {}).get("lines", ())]
    if not lines:
        shown = [read_order(row.snapshot) for row in await deliveries.of_mapping(db, mapping.id) if row.snapshot is not None]
        lines = [(line.row_number, line.ordered) for order in shown[:1] for line in order.lines]
    ordered: dict[str, float] = {}
    for row, pieces in lines:
        ordered[str(row)] = ordered.get(str(row), 0.0) + float(pieces or 0)
    return ordered or None


async def _taken(db: AsyncConnection, mapping: Mapping, number: str) -> dict[str, float]:
    """Pieces by line that other returns of the order have announced or brought back."""
    taken: dict[str, float] = {}
    for record in await keeping.of_mapping(db, mapping.id):
        if record.number == number and record.wanted is not None:
            continue
        pieces: dict[str, float] = {}
        for line in record.lines or ():
            pieces[line["row"]] = pieces.get(line["row"], 0.0) + line["quantity"]
        if record.wanted == "present":
            for line in (record.announced or {}).get("lines", ()):
                pieces[line["line"]] = max(pieces.get(line["line"], 0.0), line["quantity"])
        for row, quantity in pieces.items():
            taken[row] = taken.get(row, 0.0) + quantity
    return taken


def _check_lines(new: NewReturn, sold: _Sold, taken: ByKey[str, float]) -> None:
    seen = set[str]()
    for index, line in enumerate(new.lines):
        if line.line in seen:
            raise BadInput(f"line {line.line} is there twice", field=f"lines[{index}].line", fix="give each line once")
        seen.add(line.line)
        if sold.ordered is None:
            continue
        if line.line not in sold.ordered:
            raise BadInput(
                f"order {new.order} has no line {line.line!r}",
                field=f"lines[{index}].line",
                fix=f"give the source's id of one of its lines: {', '.join(sold.ordered)}",
            )
        left = sold.ordered[line.line] - taken.get(line.line, 0.0)
        if line.quantity > left:
            raise BadInput(
                f"of line {line.line} only {max(left, 0.0):g} can still come back",
                field=f"lines[{index}].quantity",
                fix="give at most that; other returns of the order have the rest",
            )


def _content(new: NewReturn, causes: ByKey[str, str]) -> dict[str, Any]:
    lines = [
        {
            "line": line.line,
            "quantity": line.quantity,
            "cause": {"code": line.cause, "name": causes[line.cause]} if line.cause else None,
            "comment": line.comment,
        }
        for line in new.lines
    ]
    return {"lines": lines, "comment": new.comment, "in_date": new.in_date, "waybills": list(new.waybills)}


# --- jobs -----------------------------------------------------------------------------------------------------------------


async def _queue(db: AsyncConnection, connection: Connection, mapping_id: int, number: str, now: datetime) -> None:
    new = {
        "mapping_id": mapping_id,
        "lane": connection.lane,
        "state": JobState.WAITING,
        "priority": 1,
        "number": number,
        "schema_version": SCHEMA_VERSION,
        "settings_version": connection.settings_version,
        "found_by": FoundBy.OPERATOR,
    }

    def again(job: Job) -> dict[str, Any]:
        same = {"mapping_id": mapping_id, "lane": connection.lane}
        if job.state in ACTIVE:
            return same
        return {**same, **AGAIN, "state": JobState.WAITING.after(job.state), "ready_at": now}

    await upsert_job(db, JobKey(connection.id, Process.RETURN_ORDERS, number), new, again, now)


async def look_again(gateway: Gateway, connection: Connection) -> None:
    """Lets announced returns go on that were held until something of their lines was picked. Raises RemoteError."""
    async with gateway.database.read() as db:
        held = await announced.before_pick(db, connection.id, BEFORE_PICK, MOST_LOOKED_AT)
    for at in range(0, len(held), AT_A_TIME):
        await _look_at(gateway, connection, held[at : at + AT_A_TIME])


async def _look_at(gateway: Gateway, connection: Connection, held: Sequence[tuple[int, int]]) -> None:
    async with gateway.database.read() as db:
        numbers = {mapping_id: await _numbers(db, mapping_id) for _, mapping_id in held}
    wanted = sorted({number for each in numbers.values() for number in each})
    found = await gateway.warehouse(connection).get_orders(wanted) if wanted else {}
    picked = {number for number, order in found.items() if any(line.picked for line in order.lines)}
    going = [job_id for job_id, mapping_id in held if picked & set(numbers[mapping_id])]
    if not going:
        return
    now = gateway.clock()
    async with gateway.database.begin() as db:
        is_held = (jobs.c.state.in_(JobState.WAITING.sources(JobState.HELD)), jobs.c.reason_code == BEFORE_PICK)
        values = {**AGAIN, "ready_at": now, "updated_at": now}
        await db.execute(update(jobs).where(jobs.c.id.in_(sorted(going)), *is_held).values(**values))
    await gateway.wake_ups.send(Task.DRAIN, connection.lane)


async def _numbers(db: AsyncConnection, mapping_id: int) -> list[str]:
    """The WMS's numbers of an order and of its back orders."""
    mapping = await mappings.by_id(db, mapping_id)
    own = [mapping.number] if mapping is not None and mapping.number is not None else []
    return list(dict.fromkeys([*own, *(row.number for row in await deliveries.of_mapping(db, mapping_id))]))
