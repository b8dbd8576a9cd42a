"""Limits, sessions and faults of a whole 24SevenOffice: what stops, what waits, and that everything runs again afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.engine.core.pace import LocalRow, PaceKeeper
from app.integrations.sevenoffice24.client import SevenOfficeClient
from tests.api.calling import Site, open_site
from tests.harness.sevenoffice24 import SimulatedSevenOffice
from tests.integrations.sevenoffice24.test_whole_way import active, given


@pytest.fixture
async def site(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(sqlite_database, tmp_path, public_url="http://gateway.test") as opened:
        # The pace is kept by the test's clock.
        opened.gateway.paces = PaceKeeper(None)
        opened.gateway.paces._alone = LocalRow(now=lambda: opened.clock().timestamp())
        yield opened


@pytest.fixture
def office(site: Site) -> SimulatedSevenOffice:
    return SimulatedSevenOffice.open(site.clock)


async def begun(site: Site, **params: Any) -> dict[str, Any]:
    """A sync, as far as it goes at once."""
    answer = await site.client.post("/sync/24sevenoffice", params={"wait": 0, **params})
    assert answer.status_code == 202, answer.text
    await site.work()
    return await shown(site, answer.json()["id"])


async def shown(site: Site, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await site.client.get(f"/runs/{run_id}")).json()
    return found


async def pass_time(site: Site, seconds: int, step: int = 5) -> None:
    """The sweeper goes by its clock meanwhile."""
    for _ in range(0, seconds, step):
        site.tick(step)
        await site.work(sweep=True)


def sent(site: Site) -> list[str]:
    return sorted({call.body["orderNumber"] for call in site.warehouse.writes("PUT", "/orders")})


@pytest.mark.parametrize("form", ["fault", "status", "text"])
async def test_a_quarantine_parks_the_run_and_it_is_done_afterwards(site: Site, office: SimulatedSevenOffice, form: str) -> None:
    await active(site, office)
    order = office.order("SOKK-1")
    office.change(quarantine=form)
    office.fail("quarantine", operation="GetProducts", times=1)
    run = await begun(site)
    assert run["state"] == "running"
    waits = [part["goes_on_at"] for part in run["parts"] if part["goes_on_at"]]
    assert waits
    assert datetime.fromisoformat(waits[0]) - site.clock() > timedelta(minutes=50)
    made = len(office.calls())
    await pass_time(site, 50 * 60, step=600)
    assert len(office.calls()) == made, "no call before the quarantine ends"
    await pass_time(site, 12 * 60, step=120)
    assert (await shown(site, run["id"]))["state"] == "done"
    assert sent(site) == [str(order["OrderId"])]


async def test_after_the_last_call_of_the_hour_none_is_made_before_the_reset(site: Site, office: SimulatedSevenOffice) -> None:
    await active(site, office)
    order = office.order("SOKK-1")
    used = office.office.limits.used
    office.change(hourly_limit=used + 3)
    run = await begun(site)
    assert run["state"] == "running"
    assert office.office.limits.remaining == 0
    await pass_time(site, 45 * 60, step=600)
    assert office.office.refused("limit") == []
    office.change(hourly_limit=7200)
    await pass_time(site, 17 * 60, step=120)
    assert (await shown(site, run["id"]))["state"] == "done"
    assert sent(site) == [str(order["OrderId"])]
    assert office.office.refused("limit") == []


async def test_connections_to_one_address_rest_together(site: Site, office: SimulatedSevenOffice) -> None:
    await active(site, office)
    other = given(site, office, "lager")
    other["source"]["identity_id"] = "99999999-8888-7777-6666-555555555555"
    assert (await site.client.post("/connections", json=other)).status_code == 201
    await begun(site)
    office.fail("quarantine", operation="GetInvoices", times=1)
    await begun(site)
    made = len(office.calls())
    report = (await site.client.post("/connections/lager/test")).json()
    assert not report["ok"]
    assert len(office.calls()) == made


async def test_a_session_that_is_lost_at_every_call_costs_four_logins_and_the_run(
    site: Site, office: SimulatedSevenOffice
) -> None:
    await active(site, office)
    before = len(office.calls("Login"))
    office.order("SOKK-1")
    office.fail("no-session", operation="GetProducts")
    office.fail("no-session", operation="GetInvoices")
    run = await begun(site)
    assert run["state"] == "failed"
    assert {part["state"] for part in run["parts"] if part["process"] in ("articles", "orders")} == {"failed"}
    assert 2 <= len(office.calls("Login")) - before <= 4
    office.mend()
    await pass_time(site, 75)
    assert len(sent(site)) == 1


async def test_two_clients_share_one_session(site: Site, office: SimulatedSevenOffice) -> None:
    await active(site, office)
    connection = await site.gateway.connection((await site.client.get("/connections/kontor")).json()["id"])
    before = len(office.calls("Login"))
    clients = [site.gateway.open_source(connection, {}, lambda junk: None) for _ in range(2)]
    opened = [each for each in clients if isinstance(each, SevenOfficeClient)]
    await asyncio.gather(*(each.choices() for each in opened))
    assert len(opened) == 2
    assert len(office.calls("Login")) == before + 1


FAULTS: list[dict[str, Any]] = [
    {"kind": "html"},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 429, "retry_after": "20"},
    {"kind": "status", "status": 429},
    {"kind": "fault", "text": "Timeout expired. The timeout period elapsed."},
    {"kind": "raw", "text": "<soap:Envelope><soap:Body>"},
    {"kind": "no-session"},
    {"kind": "hang-up"},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: "-".join(str(value) for value in each.values())[:20])
async def test_after_a_fault_everything_runs_again_within_75_seconds(
    site: Site, office: SimulatedSevenOffice, fault: dict[str, Any]
) -> None:
    await active(site, office)
    order = office.order("SOKK-1")
    office.fail(**fault)
    run = await begun(site)
    assert run["state"] != "done"
    for part in run["parts"]:
        assert "Timeout expired" not in str(part["error"])
        assert "html" not in str(part["error"])
    await pass_time(site, 30)
    assert sent(site) == []
    office.mend()
    await pass_time(site, 75)
    assert sent(site) == [str(order["OrderId"])]
    assert office.office.refused("request") == []
