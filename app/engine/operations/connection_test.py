"""The test of a connection: real calls to both sides, told in the user's words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from app.engine.core.runtime import Gateway
from app.errors import RemoteError
from app.integrations.protocol import Check
from app.records import connections
from app.records.connections import Connection
from app.warehouse.writes.transporters import transporter_problems


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
    shop = await gateway.open_source(connection, {}).test()
    warehouse = await gateway.warehouse(connection).test()
    findings = [
        *(_finding("shop", check) for check in shop.checks),
        *(Finding("warehouse", check.name, check.ok, check.message, check.fix) for check in warehouse),
    ]
    if all(finding.ok for finding in findings):
        findings += await _transporters(gateway, connection)
    report = Report(tuple(findings))
    async with gateway.database.begin() as db:
        await connections.save_test(db, connection.id, report.plain(), shop.facts, gateway.clock())
    gateway.forget(connection.id)
    return report


def _finding(system: str, check: Check) -> Finding:
    return Finding(system, check.name, check.ok, check.message, check.fix)


async def _transporters(gateway: Gateway, connection: Connection) -> list[Finding]:
    """Checks that the WMS lists the transporter codes (requirement)."""
    choices = connection.settings.transporters
    if not choices:
        return []
    try:
        contracts = await gateway.warehouse(connection).transporter_contracts()
    except RemoteError as error:
        return [Finding("warehouse", "transporters", False, error.message, "try again; if it stays so, ask the warehouse")]
    found = transporter_problems(choices, contracts)
    if found:
        return [Finding("warehouse", "transporters", False, f"{each.field}: {each.message}", each.fix) for each in found]
    return [Finding("warehouse", "transporters", True, f"the warehouse knows the carriers of {len(choices)} shipping methods")]
