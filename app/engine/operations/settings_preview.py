"""Tries a connection's settings on real records before they are saved: what would be sent, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.domain import Article, Problem, Process, Record, SourceRecord
from app.engine.core.runtime import Gateway
from app.engine.core.sources import record_source
from app.engine.jobs.dry_run import leaves
from app.engine.jobs.mapper import GONE, map_record
from app.engine.operations import connections
from app.errors import NotFound
from app.integrations.protocol.capabilities import NEEDED
from app.integrations.protocol.integration import can, refuse
from app.records.connections import Connection
from app.storage.tables import jobs
from app.warehouse.writes.fields import Body
from app.warehouse.writes.records import body_of, problems_of

LOOK_BACK = timedelta(days=90)
"""How far back the shop is asked for records when none are stored."""


@dataclass(frozen=True)
class Field:
    """One field of what would be sent. `before`: what the saved settings would send. `is_changed`: the two differ."""

    field: str
    before: Any
    after: Any
    is_changed: bool


@dataclass(frozen=True)
class Tried:
    """One record. `outcome`: sent, held or skipped, as far as can be told without asking the warehouse; `problems` say why."""

    record: str
    number: str | None
    status: str
    outcome: str
    fields: tuple[Field, ...]
    problems: tuple[Problem, ...]
    cuts: tuple[str, ...]


async def try_settings(
    gateway: Gateway, current: Connection, change: Mapping[str, Any], process: Process, records: Sequence[str] | int
) -> list[Tried]:
    """Maps records with changed settings, and saves nothing. `records`: the shop's ids, or how many of the latest.

    Stored records are mapped as they are stored; others are read from the shop. Raises BadInput for settings that are not valid,
    NotFound for a record that the shop does not have, and RemoteError.
    """
    if not can(current.system, process):
        raise refuse(current.system, NEEDED[process], "process")
    changed = replace(current, settings=connections.changed_settings(gateway, current, change))
    found = await (
        _latest(gateway, current, process, records) if isinstance(records, int) else _named(gateway, current, process, records)
    )
    return [_try(current, changed, record) for record in found]


async def _latest(gateway: Gateway, connection: Connection, process: Process, count: int) -> list[SourceRecord]:
    stored = (jobs.c.connection_id == connection.id, jobs.c.process == process, jobs.c.source.is_not(None))
    query = select(jobs.c.source_id, jobs.c.source).where(*stored).order_by(jobs.c.updated_at.desc()).limit(count)
    async with gateway.database.read() as db:
        rows = list(await db.execute(query))
    found = [SourceRecord(process, row.source_id, None, row.source) for row in rows if GONE not in row.source]
    return found or await _latest_in_shop(gateway, connection, process, count)


async def _latest_in_shop(gateway: Gateway, connection: Connection, process: Process, count: int) -> list[SourceRecord]:
    """Some records of the first page of changes, for a connection that has read nothing yet."""
    source = gateway.source(connection)
    async for page in source.changes(process, None, gateway.clock() - LOOK_BACK):
        return [await source.enrich(record) for record in page.records[-count:]]
    return []


async def _named(gateway: Gateway, connection: Connection, process: Process, ids: Sequence[str]) -> list[SourceRecord]:
    stored = (jobs.c.connection_id == connection.id, jobs.c.process == process, jobs.c.source_id.in_(ids))
    async with gateway.database.read() as db:
        rows = await db.execute(select(jobs.c.source_id, jobs.c.source).where(*stored, jobs.c.source.is_not(None)))
        known = {row.source_id: SourceRecord(process, row.source_id, None, row.source) for row in rows if GONE not in row.source}
    return [known.get(each) or await _read(gateway, connection, process, each) for each in ids]


async def _read(gateway: Gateway, connection: Connection, process: Process, source_id: str) -> SourceRecord:
    record = await record_source(gateway, connection, "records").read(process, source_id)
    if record is None:
        what = "order" if process is Process.ORDERS else "article"
        noun = connection.system.noun
        raise NotFound(f"the {noun} has no {what} {source_id!r}", field="records", fix=f"give the {noun}'s own ids")
    return await gateway.source(connection).enrich(record)


def _try(current: Connection, changed: Connection, record: SourceRecord) -> Tried:
    mapped = map_record(changed, record)
    body = _body(changed, mapped)
    before, after = dict(leaves(_body(current, map_record(current, record)).json)), dict(leaves(body.json))
    fields = tuple(
        Field(path, before.get(path), after.get(path), before.get(path) != after.get(path))
        for path in [*after, *(path for path in before if path not in after)]
    )
    problems = _problems(changed, mapped)
    return Tried(record.source_id, mapped.number, mapped.status, _outcome(mapped, problems), fields, problems, body.cuts)


def _outcome(mapped: Record, problems: Sequence[Problem]) -> str:
    if not mapped.wanted:
        return "skipped"
    if not problems:
        return "sent"
    return "skipped" if isinstance(mapped, Article) else "held"


def _body(connection: Connection, mapped: Record) -> Body:
    return body_of(mapped, connection.warehouse.goods_owner_id, connection.settings.warehouse)


def _problems(connection: Connection, mapped: Record) -> tuple[Problem, ...]:
    found = problems_of(mapped, connection.settings.warehouse, connection.system.noun)
    # A field of the shop and one of the WMS may have the same problem, in the same words.
    return tuple({problem.message: problem for problem in reversed((*mapped.problems, *found))}.values())[::-1]
