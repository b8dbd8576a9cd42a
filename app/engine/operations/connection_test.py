"""The test of a connection: real calls to both sides, told in the user's words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from app.engine.core import circuit
from app.engine.core.runtime import Gateway
from app.engine.operations.warehouse_test import test_warehouse
from app.engine.stock import places
from app.errors import RemoteError
from app.integrations.kit.odd_answers import what_stands_around
from app.integrations.protocol import Check, TestReport
from app.integrations.protocol.carriers import carrier_choices
from app.integrations.protocol.credentials import sent_credentials
from app.records import connections
from app.records.connection_lanes import shop_lane
from app.records.connections import Connection
from app.storage.audit.changes import Change, note
from app.warehouse.connection_test import Check as WarehouseCheck
from app.warehouse.writes.transporters import transporter_problems

T = TypeVar("T")

MOST_SECONDS = 75.0
"""Both sides are asked at the same time, for so long in all."""
LAST_SECONDS = 15.0
"""Beyond that, for what is asked when all else is in order."""
_ASK = "try again; if it stays so, look at how fast it answers"


@dataclass(frozen=True)
class Finding:
    """One check of a connection test. `system` is shop or warehouse."""

    system: str
    name: str
    ok: bool
    message: str
    fix: str = ""


@dataclass(frozen=True)
class Report:
    """A connection test, in the user's words."""

    checks: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    def plain(self) -> dict[str, Any]:
        return {"ok": self.ok, "checks": [asdict(check) for check in self.checks]}


async def test(gateway: Gateway, connection: Connection) -> Report:
    """Makes real calls to the shop and the warehouse. The outcome is kept with the connection."""
    # The facts of an earlier test are not used: the shop may have been updated since.
    junk: list[str] = []
    ends = asyncio.get_running_loop().time() + MOST_SECONDS
    from_shop, from_warehouse = await asyncio.gather(
        _until(ends, gateway.open_source(connection, {}, junk.append).test()), _until(ends, test_warehouse(gateway, connection))
    )
    shop = from_shop or TestReport((Check("answers", False, f"the {connection.system.noun} {_too_slow()}", _ASK),))
    warehouse = from_warehouse or (WarehouseCheck("answers", False, f"the warehouse {_too_slow()}", _ASK),)
    if all(check.ok for check in shop.checks):
        await gateway.circuits.answered_well(circuit.of_source(connection), shop_lane(connection.id))
    findings = [
        *(_finding("shop", check) for check in shop.checks),
        *_around_the_json(gateway, connection, junk),
        *_unheard(gateway, connection, shop.facts),
        *(Finding("warehouse", check.name, check.ok, check.message, check.fix) for check in warehouse),
    ]
    if carrier_choices(connection.settings) and all(finding.ok for finding in findings):
        findings += await _until(ends + LAST_SECONDS, _transporters(gateway, connection)) or (
            Finding("warehouse", "transporters", False, f"the warehouse {_too_slow()}", _ASK),
        )
    if connection.settings.stock.warehouses and all(finding.ok for finding in findings):
        late = (WarehouseCheck(places.CHECK, False, f"the warehouse {_too_slow()}", _ASK),)
        seen = await _until(ends + LAST_SECONDS, places.check(gateway, connection))
        findings += [Finding("warehouse", each.name, each.ok, each.message, each.fix) for each in seen or late]
    report = Report(tuple(findings))
    await _store(gateway, connection, report, shop.facts)
    return report


def _too_slow() -> str:
    return f"has not answered all that the test asks within {MOST_SECONDS:g} s"


async def _until(end: float, work: Awaitable[T]) -> T | None:
    """None where it is not done by then: somebody waits for the test, and a system may drip its answers for hours."""
    try:
        async with asyncio.timeout_at(end):
            return await work
    except TimeoutError:
        return None


async def _store(gateway: Gateway, tested: Connection, report: Report, facts: dict[str, Any]) -> None:
    """Keeps the outcome, unless the connection has been given other credentials or addresses since: those were not tested.

    A test that got no answer has found out nothing: what was known before is kept.
    """

    async def work(db: AsyncConnection) -> None:
        now = await connections.find(db, gateway.vault, tested.id, lock=True)
        if is_of(tested, now):
            at = gateway.clock()
            still = {} if report.ok or not (now.test or {}).get(connections.OUTDATED) else {connections.OUTDATED: True}
            await connections.save_test(db, now.id, {**report.plain(), **still}, facts or now.facts, at)
            found = (Change("test.ok", (now.test or {}).get("ok"), report.ok), Change("tested_at", now.tested_at, at))
            note(db, f"connection {now.name}", found, connection_ids=(now.id,))

    await gateway.database.run(work)
    gateway.forget(tested.id)


def is_of(tested: Connection, now: Connection) -> bool:
    """Whether a test of `tested` still holds: the same account and warehouse, with the same credentials."""
    called = sent_credentials
    return called(tested.source) == called(now.source) and called(tested.warehouse) == called(now.warehouse)


def _around_the_json(gateway: Gateway, connection: Connection, junk: list[str]) -> list[Finding]:
    """What the system writes around its JSON: said, though it keeps nothing from working."""
    if not junk:
        return []
    gateway.junk_heard(connection, junk[0])
    message, fix = what_stands_around(junk[0], connection.system.reference.php_messages)
    return [Finding("shop", "answers", True, message, fix)]


def _unheard(gateway: Gateway, connection: Connection, facts: Mapping[str, Any]) -> list[Finding]:
    """An address of ours that the system will not call: polls work all the same."""
    webhooks, address = connection.system.webhooks, gateway.settings.public_url
    if webhooks is None or address is None or not connection.settings.webhooks.managed:
        return []
    found = webhooks.not_called(address, connection.source, facts)
    return [Finding("shop", "webhooks", True, f"{found.text}; what changes is found by polls only", found.fix)] if found else []


def _finding(system: str, check: Check) -> Finding:
    return Finding(system, check.name, check.ok, check.message, check.fix)


async def _transporters(gateway: Gateway, connection: Connection) -> list[Finding]:
    """Checks that the WMS lists the transporter codes (requirement)."""
    choices = carrier_choices(connection.settings)
    try:
        contracts = await gateway.warehouse(connection).transporter_contracts()
    except RemoteError as error:
        return [Finding("warehouse", "transporters", False, error.message, "try again; if it stays so, ask the warehouse")]
    found = transporter_problems(choices, contracts)
    if found:
        return [Finding("warehouse", "transporters", False, f"{each.field}: {each.message}", each.fix) for each in found]
    return [Finding("warehouse", "transporters", True, f"the warehouse knows the carriers of {len(choices)} settings")]
