"""A 24SevenOffice goes all the way, with sessions that end and limits, against the simulated ERP and warehouse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.calling import Site, open_site
from tests.harness.sevenoffice24 import SimulatedSevenOffice


@pytest.fixture
async def site(database_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(database_url, tmp_path, public_url="http://gateway.test") as opened:
        yield opened


@pytest.fixture
def office(site: Site) -> SimulatedSevenOffice:
    return SimulatedSevenOffice.open(site.clock)


def given(site: Site, office: SimulatedSevenOffice, name: str = "kontor", **settings: Any) -> dict[str, Any]:
    return {
        "name": name,
        "integration": "24sevenoffice",
        "source": office.credentials(),
        "warehouse": site.given()["warehouse"],
        "settings": {"go_live": "2020-01-01T00:00:00Z", **settings},
    }


async def active(site: Site, office: SimulatedSevenOffice, **settings: Any) -> None:
    answer = await site.client.post("/connections", json=given(site, office, **settings))
    assert answer.status_code == 201, answer.text
    activated = await site.client.post("/connections/kontor/activate")
    assert activated.status_code == 200, activated.text


async def sync(site: Site, **params: Any) -> dict[str, Any]:
    async with site.worker():
        run = await site.client.post("/sync/24sevenoffice", params=params)
    assert run.status_code == 200, run.text
    found: dict[str, Any] = run.json()
    return found


async def test_articles_and_orders_reach_the_warehouse(site: Site, office: SimulatedSevenOffice) -> None:
    order = office.order("SOKK-1")
    await active(site, office)
    run = await sync(site)
    assert run["state"] == "done", run
    assert {call.body["articleNumber"] for call in site.warehouse.writes(path="/articles")} == {"SOKK-1"}
    assert [call.body["orderNumber"] for call in site.warehouse.writes()][-1:] == [str(order["OrderId"])]
    assert office.office.refused("request") == []


async def test_processes_log_in_once_and_ask_for_the_session_at_the_start_of_a_run(
    site: Site, office: SimulatedSevenOffice
) -> None:
    office.order("SOKK-1")
    await active(site, office)
    tested = len(office.calls("Login"))
    await sync(site)
    await sync(site)
    assert len(office.calls("Login")) == tested + 1
    assert len(office.calls("HasSession")) >= 2


async def test_a_session_that_ended_costs_a_login_and_no_order(site: Site, office: SimulatedSevenOffice) -> None:
    await active(site, office)
    office.order("SOKK-1")
    await sync(site)
    office.order("SOKK-2")
    office.end_sessions()
    run = await sync(site)
    assert run["state"] == "done"
    assert len(site.warehouse.writes("PUT", "/orders")) == 2
