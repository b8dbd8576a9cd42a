"""The shop's orders of the period, and what the warehouse has of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from app.domain import Kind as RecordKind
from app.domain import Order, Process, ShopState, SourceRecord, WarehouseState
from app.domain.problem import with_what_lifts
from app.engine.jobs.changes import may_be_there, why_left_out
from app.engine.jobs.mapper import map_record
from app.engine.longwork.reconcile.findings import ON_ITS_WAY, SAME, Action, Kind, not_wanted, on_the_way, read_again
from app.engine.longwork.slices import Slice, read_source
from app.flows.outcomes import explained
from app.flows.report import Delivery
from app.records import jobs, mappings
from app.records.connections import Connection
from app.records.jobs import JobFacts
from app.records.longwork.lines import Line
from app.records.longwork.works import moment_of
from app.records.mappings import Mapping
from app.warehouse.adopted import adopted_rows, in_their_rows
from app.warehouse.reads.resources import WarehouseOrder
from app.warehouse.reads.states import warehouse_state
from app.warehouse.writes.differences import compared_order
from app.warehouse.writes.fields import order_body
from app.warehouse.writes.problems import order_problems


async def compare(run: Slice) -> bool:
    """Returns whether all were read within the slice."""
    since = moment_of(run.work.options["since"])
    return await read_source(run, Process.ORDERS, since, lambda some: _compare(run, some))


async def _compare(run: Slice, some: Sequence[SourceRecord]) -> None:
    orders = [order for record in some if (order := _in_period(run, record)) is not None]
    ids = [order.source_id for order in orders]
    async with run.gateway.database.read() as db:
        known = await mappings.of_sources(db, run.connection.id, RecordKind.ORDER, ids)
        theirs = await jobs.of_mappings(db, [each.id for each in known.values()])
    numbers = {order.source_id: _number(order, known.get(order.source_id)) for order in orders}
    there = await run.gateway.warehouse(run.connection).get_orders(list(numbers.values())) if orders else {}
    for order in orders:
        mapping = known.get(order.source_id)
        of_it = theirs.get(mapping.id, []) if mapping is not None else []
        seen = there.get(numbers[order.source_id])
        found = Compared(run.connection, order, mapping, of_it, seen, run.gateway.clock(), late(run)).finding()
        run.counts[found.kind if isinstance(found, Line) else found] += 1
        if isinstance(found, Line):
            run.lines.append(found)


def late(run: Slice) -> timedelta:
    return timedelta(minutes=run.work.options["late_minutes"])


def _in_period(run: Slice, record: SourceRecord) -> Order | None:
    order = map_record(run.connection, record)
    assert isinstance(order, Order)
    since, until = moment_of(run.work.options["since"]), moment_of(run.work.options["until"])
    made = order.created_at or order.modified_at
    if made is not None and since is not None and until is not None and not since <= made <= until:
        run.counts["outside-period"] += 1
        return None
    return order


def _number(order: Order, mapping: Mapping | None) -> str:
    return mapping.number if mapping is not None and mapping.number else order.number


@dataclass(frozen=True)
class Compared:
    """One order of the shop: what is stored of it, and what the warehouse has under its number."""

    connection: Connection
    order: Order
    mapping: Mapping | None
    jobs: Sequence[JobFacts]
    seen: WarehouseOrder | None
    now: datetime
    late: timedelta

    @property
    def noun(self) -> str:
        return self.connection.system.noun

    @property
    def there(self) -> WarehouseOrder | None:
        """Its own order in the warehouse; not another one's with its number."""
        mapping, seen = self.mapping, self.seen
        is_adopted = mapping is not None and mapping.adopted is not None and seen is not None and mapping.wms_id == seen.order_id
        return seen if seen is not None and (is_adopted or seen.goods_owner_order_id == self.order.source_id) else None

    @property
    def state(self) -> WarehouseState:
        return warehouse_state(self.there.status_number if self.there else None, self.connection.settings.warehouse)

    @property
    def is_young(self) -> bool:
        """Whether it was made or changed so lately that it may be on its way."""
        changed = self.order.modified_at or self.order.created_at
        return changed is not None and self.now - changed < self.late

    def finding(self) -> Line | str:
        """A line, or the word under which it is counted."""
        if self.there is None:
            return self._not_there()
        if self.mapping is None and (left_out := why_left_out(self.order, self.connection)) is not None:
            return not_wanted(left_out[0])
        waiting = on_the_way(self._job(Process.ORDERS), self.connection, self.now, self.late)
        if waiting is not None:
            return waiting
        if self.order.is_withdrawn:
            return self._withdrawn()
        match self.state:
            case WarehouseState.CANCELLED:
                return self._cancelled_there() if self.order.wanted else SAME
            case WarehouseState.SHIPPED | WarehouseState.RETURNED:
                return self._told()
            case _:
                return self._content()

    def _job(self, process: Process) -> JobFacts | None:
        return next((each for each in self.jobs if each.process is process), None)

    def _line(self, kind: Kind, code: str, text: str, action: Action, fields: Sequence[dict[str, Any]] = ()) -> Line:
        mapping_id = self.mapping.id if self.mapping else None
        number = _number(self.order, self.mapping)
        return Line(kind, Process.ORDERS, number, self.order.source_id, text, code, mapping_id, action, tuple(fields))

    def _again(self) -> Action:
        return read_again(self.connection, Action.SYNC_ORDERS) if self.mapping is not None else Action.SYNC_ORDERS

    def _not_there(self) -> Line | str:
        was_there = self.mapping is not None and may_be_there(self.mapping)
        if not self.order.wanted or not was_there:
            left_out = why_left_out(self.order, self.connection)
            if left_out is not None or not self.order.wanted:
                return not_wanted(left_out[0] if left_out is not None else "not-wanted")
        waiting = on_the_way(self._job(Process.ORDERS), self.connection, self.now, self.late)
        if waiting is not None:
            return waiting
        if was_there:
            words = "It was sent, and the warehouse has it no longer. Resync holds it; release then sends it again"
            return self._line(Kind.MISSING, "vanished", words, self._again())
        if self.is_young:
            return ON_ITS_WAY
        if self.seen is not None:
            words = f"The warehouse has another order with the number {self.seen.number}"
            return self._line(Kind.MISSING, "number-taken", words, self._again())
        problems = self._problems()
        if problems is not None:
            return self._line(Kind.MISSING, *problems, self._again())
        return self._line(
            Kind.MISSING, "missing", f"The {self.noun} wants it sent, and the warehouse does not have it", self._again()
        )

    def _problems(self) -> tuple[str, str] | None:
        """Why it cannot be sent as it is: code and words."""
        found = (*self.order.problems, *order_problems(self.order, self.connection.settings.warehouse, self.noun))
        return (found[0].code, with_what_lifts(explained(found[0]), found[0].code, self.noun)) if found else None

    def _withdrawn(self) -> Line | str:
        if self.state not in (WarehouseState.OPEN, WarehouseState.STARTED):
            return SAME
        if self.is_young:
            return ON_ITS_WAY
        words = f"The {self.noun}'s status is {self.order.status!r}, and the warehouse still has the order ({self._status()})"
        return self._line(Kind.EXTRA, "cancelled-in-shop", words, self._again())

    def _status(self) -> str:
        assert self.there is not None
        return f"{self.there.status_number} {self.there.status_text}".strip()

    def _cancelled_there(self) -> Line:
        words = f"The warehouse has cancelled the order, the {self.noun} still wants it"
        fields = [{"field": "status", "before": self._status(), "after": self.order.status}]
        return self._line(Kind.DIFFERENT, "cancelled-in-warehouse", words, self._again(), fields)

    def _told(self) -> Line | str:
        """Of an order that was sent: whether the shop knows."""
        told = self.mapping.delivery if self.mapping is not None else None
        is_on = self.connection.settings.processes.is_on(Process.SHIPMENTS)
        if not is_on or told in (Delivery.REPORTED, Delivery.PARTLY) or self.order.state is ShopState.COMPLETED:
            return SAME
        sent_at = self.there.shipped_at if self.there is not None else None
        sent_at = sent_at or (self.mapping.warehouse_read_at if self.mapping is not None else None)
        if sent_at is not None and self.now - sent_at < self.late:
            return ON_ITS_WAY
        job = self._job(Process.SHIPMENTS)
        waiting = on_the_way(job, self.connection, self.now, self.late)
        if isinstance(waiting, Line):
            return replace(waiting, process=Process.ORDERS, number=_number(self.order, self.mapping))
        reason = self.mapping.delivery_reason if self.mapping is not None else None
        code = (self.mapping.delivery_code if self.mapping is not None else None) or "not-told"
        words = reason or f"The warehouse has sent it ({self._status()}), and the {self.noun} was not told"
        return self._line(Kind.STUCK, code, words, self._again())

    def _content(self) -> Line | str:
        if self.mapping is None or self.mapping.wms_id is None:
            words = "The warehouse has the order, and the gateway has no record of it: its shipment would not be told"
            return ON_ITS_WAY if self.is_young else self._line(Kind.STUCK, "not-adopted", words, Action.SYNC_ORDERS)
        is_kept = self.connection.system.updates_whatever_status and not self.order.is_withdrawn
        if not (self.order.wanted or is_kept):
            return SAME
        problems = self._problems()
        if problems is not None:
            return ON_ITS_WAY if self.is_young else self._line(Kind.STUCK, *problems, self._again())
        settings = self.connection.settings.warehouse
        order = replace(self.order, number=_number(self.order, self.mapping))
        order = in_their_rows(order, adopted_rows(self.mapping.adopted))
        assert self.there is not None
        body = order_body(order, self.connection.warehouse.goods_owner_id, settings)
        found = compared_order(body.json, self.there)
        if not found:
            return SAME
        words = f"{len(found)} of its fields differ in the warehouse"
        if self.state is WarehouseState.STARTED:
            words += "; the warehouse has started on it, so that resync holds it"
        fields = [{"field": each.field, "before": each.shown, "after": each.sent} for each in found]
        return self._line(Kind.DIFFERENT, "different", words, self._again(), fields)
