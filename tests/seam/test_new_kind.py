"""A kind of record that the gateway has not known is a class and an entry: it is mapped, judged, queued and stored like any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

import pytest

from app.domain import Kind, Problem, Process, Record, SourceRecord
from app.domain.record import RECORD_TYPES
from app.engine.jobs import enqueue
from app.engine.jobs.enqueue import Found, FoundBy, RecordChange, Verdict
from app.engine.jobs.mapper import map_record, payload_of
from app.integrations.protocol import ConnectionSettings
from app.integrations.registry import INTEGRATIONS
from app.records.jobs import locked_of_mapping
from tests.api.calling import Site
from tests.seam.kassa import Kassa
from tests.seam.test_polled_system import made

SUPPLIERS, SUPPLIER = "suppliers", "supplier"


def _member(of: type[str], name: str, value: str) -> Any:
    """As a further line of the enum would make it."""
    found: Any = str.__new__(of, value)
    found._name_, found._value_ = name, value
    return found


@dataclass(frozen=True)
class Supplier:
    kind: ClassVar[Kind] = _member(Kind, "SUPPLIER", SUPPLIER)

    source_id: str
    number: str | None
    name: str
    modified_at: datetime | None = None
    created_at: datetime | None = None
    source_number: str | None = None
    parent_id: str | None = None
    status: str = "active"
    wanted: bool = True
    is_withdrawn: bool = False
    priority: int = 2
    problems: tuple[Problem, ...] = ()


class KassaWithSuppliers(Kassa):
    def map(self, record: SourceRecord, settings: ConnectionSettings) -> Record:
        return Supplier(record.source_id, f"S-{record.source_id}", record.body["name"])


@pytest.fixture
def suppliers(monkeypatch: pytest.MonkeyPatch) -> Process:
    process: Process = _member(Process, "SUPPLIERS", SUPPLIERS)
    monkeypatch.setitem(Process._value2member_map_, SUPPLIERS, process)
    monkeypatch.setitem(Kind._value2member_map_, SUPPLIER, Supplier.kind)
    monkeypatch.setitem(RECORD_TYPES, process, Supplier)
    monkeypatch.setitem(INTEGRATIONS, "kassa", KassaWithSuppliers())
    return process


async def test_it_becomes_a_job(site: Site, suppliers: Process) -> None:
    connection = await site.gateway.connection((await made(site))["id"])
    record = SourceRecord(suppliers, "12", None, {"name": "Garn og tråd AS"})
    mapped = map_record(connection, record)
    change = RecordChange(record, mapped, Found(FoundBy.POLL))
    async with site.gateway.database.begin() as db:
        result = await enqueue.enqueue_change(db, connection, change, site.clock())
    assert result.verdict is Verdict.QUEUED

    job = await site.stored.job("12", SUPPLIERS)
    assert (job.process, job.state, job.number, job.priority) == ("suppliers", "waiting", "S-12", 2)
    mapping = await site.stored.mapping("12", SUPPLIER)
    assert (mapping.kind, mapping.source_number) == ("supplier", None)
    async with site.gateway.database.begin() as db:
        (stored,) = await locked_of_mapping(db, mapping.id)
    assert payload_of(connection, stored) == mapped


async def test_what_has_not_changed_is_not_queued_again(site: Site, suppliers: Process) -> None:
    connection = await site.gateway.connection((await made(site))["id"])
    record = SourceRecord(suppliers, "12", None, {"name": "Garn og tråd AS"})
    verdicts = []
    for each in (record, record, replace(record, body={"name": "Garn AS"})):
        change = RecordChange(each, map_record(connection, each), Found(FoundBy.POLL))
        async with site.gateway.database.begin() as db:
            verdicts.append((await enqueue.enqueue_change(db, connection, change, site.clock())).verdict)
    assert verdicts == [Verdict.QUEUED, Verdict.UNCHANGED, Verdict.QUEUED]
