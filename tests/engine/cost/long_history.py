"""Years of finished work in a gateway's database: nothing of it is to be done, all of it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, String, Table, case, cast, insert, literal, null, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.outbound_tables import acknowledgements, deliveries, reports, stock_levels
from app.storage.tables import alerts, attempts, history, inbox, jobs, mappings, run_items, run_parts, runs
from app.storage.types import Json, UtcTime
from tests.harness import Harness

EVENTS_EACH = 4
"""Events, and lines of history, of each order."""
RECENT = 20
"""One of so many is of yesterday. The others are 200 days old."""
BESIDE = 1_000_000
"""The ids and numbers of this history begin here, where nothing else is."""
GROWING = frozenset(
    table.name
    for table in (
        acknowledgements,
        alerts,
        attempts,
        deliveries,
        history,
        inbox,
        jobs,
        mappings,
        reports,
        run_items,
        run_parts,
        runs,
    )
)
"""The tables that grow as long as the gateway runs."""


async def add(harness: Harness, orders: int, beside: int = BESIDE) -> None:
    """So many finished orders of the first connection, with all that is kept of them. Their ids begin behind `beside`."""
    async with harness.gateway.database.begin() as db:
        filling = _Filling(db, harness, orders, beside)
        await filling.records()
        await filling.work()
        await filling.runs()
        await filling.way_back()


async def analyze(harness: Harness) -> None:
    """As PostgreSQL's autovacuum does within a minute. A gateway's SQLite file is not analyzed."""
    async with harness.gateway.database.begin() as db:
        await db.execute(text("ANALYZE"))


async def prefer_indexes(harness: Harness) -> None:
    """Connections made from now on read a whole table only where no index serves. With tables this small PostgreSQL likes to."""
    async with harness.gateway.database.begin() as db:
        name = (await db.execute(text("SELECT current_database()"))).scalar_one()
        await db.execute(text(f'ALTER DATABASE "{name}" SET enable_seqscan = off'))


def _numbers(most: int) -> CTE:
    """The numbers from 1 to `most`."""
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    return numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < most))


@dataclass
class _Filling:
    db: AsyncConnection
    harness: Harness
    orders: int
    beside: int

    async def put(self, table: Table, values: dict[str, Any], times: int = 1) -> None:
        """A row for each order, or `times` rows."""
        numbers = _numbers(self.orders * times)
        columns = {name: value(numbers.c.n) if callable(value) else value for name, value in values.items()}
        shown = [(each if isinstance(each, ColumnElement) else literal(each)).label(name) for name, each in columns.items()]
        await self.db.execute(insert(table).from_select(list(columns), select(*shown).select_from(numbers)))

    def of_order(self, n: Any) -> Any:
        return (n - 1) % self.orders + 1

    def key(self, n: Any) -> Any:
        """The order's id and number."""
        return cast(self.of_order(n) + self.beside, String)

    def at(self, times: int = 1) -> Any:
        """Ids rise with time: the last rows are of yesterday."""
        now, most = self.harness.clock(), self.orders * times
        long_ago, yesterday = (literal(now - timedelta(days=days), UtcTime()) for days in (200, 1))
        return lambda n: case((n > most - most // RECENT, yesterday), else_=long_ago)

    async def first(self, query: Select[Any]) -> int:
        return int((await self.db.execute(query)).scalar_one())

    async def mapping_ids(self) -> Any:
        """Turns a number into the id of its order's mapping."""
        first = await self.first(select(mappings.c.id).where(mappings.c.source_id == str(self.beside + 1)))
        return lambda n: self.of_order(n) + (first - 1)

    async def job_ids(self) -> Any:
        first = await self.first(select(jobs.c.id).where(jobs.c.source_id == str(self.beside + 1), jobs.c.process == "orders"))
        return lambda n: self.of_order(n) + (first - 1)

    async def records(self) -> None:
        connection, at = self.harness.connection, self.at()
        of_it = {"connection_id": connection.id, "lane": connection.lane}
        state = {"kind": "order", "wanted": "present", "transfer": "sent", "delivery": "reported", "completed_at": at}
        numbers = {"source_id": self.key, "source_number": self.key, "number": self.key, "wms_id": lambda n: n + self.beside}
        await self.put(mappings, {**of_it, **state, **numbers, "created_at": at, "updated_at": at})
        level = {"connection_id": connection.id, "source_id": self.key, "number": self.key, "state": "same"}
        await self.put(stock_levels, {**level, "sellable": 5.0, "shop_quantity": 5, "wms_read_at": at, "updated_at": at})

    async def work(self) -> None:
        connection, at, mapping = self.harness.connection, self.at(), await self.mapping_ids()
        job: dict[str, Any] = {"connection_id": connection.id, "source_id": self.key, "mapping_id": mapping, "state": "done"}
        job |= {"priority": 1, "generation": 1, "taken_generation": 1, "done_generation": 1, "number": self.key}
        job |= {"schema_version": 1, "settings_version": 1, "found_by": "webhook", "reason_code": "created"}
        job |= {"ready_at": at, "created_at": at, "updated_at": at}
        await self.put(jobs, {**job, "process": "orders", "lane": connection.lane})
        await self.put(jobs, {**job, "process": "shipments", "lane": f"shop:{connection.id}"})
        of_job = {"job_id": await self.job_ids(), "mapping_id": mapping}
        call = {"lane": connection.lane, "fence": 1, "generation": 1, "call": "PUT /orders", "timeout_seconds": 30.0}
        await self.put(attempts, {**of_job, **call, "started_at": at, "finished_at": at, "result": "ok"})
        batch = {"lane": f"stock:{connection.id}", "fence": 1, "call": "POST shop stock", "timeout_seconds": 30.0}
        await self.put(attempts, {**batch, "started_at": at, "finished_at": at, "result": "ok"})
        many = self.at(EVENTS_EACH)
        event: dict[str, Any] = {"connection_id": connection.id, "headers": literal({}, Json), "size": 3000, "generation": 1}
        event |= {"process": "orders", "source_id": self.key, "job_id": of_job["job_id"], "reason_code": "newer"}
        event |= {"state": lambda n: case((n % 3 == 0, "ignored"), (n % 3 == 1, "merged"), else_="done")}
        await self.put(inbox, {**event, "received_at": many, "settled_at": many}, EVENTS_EACH)
        said = {"mapping_id": mapping, "code": "found-by-webhook", "text": "Announced by the shop's webhook"}
        await self.put(history, {**said, "at": many}, EVENTS_EACH)
        raised = {"kind": "held", "connection_id": connection.id, "subject": self.key, "text": "No address", "count": 1}
        await self.put(alerts, {**raised, "first_at": at, "last_at": at, "sent_at": at, "closed_at": at})

    async def runs(self) -> None:
        connection, at, job = self.harness.connection, self.at(), await self.job_ids()
        made = {
            "id": lambda n: "run_" + cast(n + self.beside, String),
            "trigger": "schedule",
            "target": "shop",
            "options": literal({}, Json),
        }
        await self.put(runs, {**made, "created_at": at, "finished_at": at})
        part: dict[str, Any] = {"run_id": made["id"], "connection_id": connection.id, "full": False, "dry_run": False}
        part |= {"process": lambda n: case((n % 2 == 0, "orders"), else_="stock"), "state": "done", "read": 1}
        await self.put(run_parts, {**part, "started_at": at, "finished_at": at})
        first = await self.first(select(run_parts.c.id).where(run_parts.c.run_id == f"run_{self.beside + 1}"))
        item = {"part_id": lambda n: n + (first - 1), "job_id": job, "generation": 1, "source_id": self.key}
        await self.put(run_items, {**item, "outcome": "updated"})

    async def way_back(self) -> None:
        connection, at, mapping = self.harness.connection, self.at(), await self.mapping_ids()
        of_it = {"connection_id": connection.id, "lane": connection.lane, "mapping_id": mapping}
        sent = {"wms_order_id": lambda n: n + self.beside, "number": self.key, "status": 450, "shipped_at": at}
        times = {"watched_until": at, "look_at": at, "changed_at": at, "read_at": at}
        await self.put(deliveries, {**of_it, **sent, **times, "snapshot": null(), "tracking": self.key})
        told = {"mapping_id": mapping, "kind": "tracking", "key": self.key, "intended_at": at, "done_at": at}
        await self.put(reports, told)
        line = {"mapping_id": mapping, "wms_order_id": sent["wms_order_id"], "line_id": 1, "kind": "picked"}
        await self.put(acknowledgements, {**line, "quantity": 1.0, "acknowledged": 1.0, "updated_at": at})
