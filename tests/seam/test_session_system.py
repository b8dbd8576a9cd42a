"""A system whose token expires goes all the way; of two processes that find it expired one renews it."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from app.engine.core.sessions import SharedSessions
from app.integrations.registry import INTEGRATIONS
from app.storage.tables import jobs, run_parts
from tests.api.calling import Site
from tests.seam.kontor import Desk, Kontor
from tests.seam.test_polled_system import given

ORDER = {"id": "9", "sku": "SOKK-1", "status": "30", "sold_at": "2026-11-20T09:00:00+00:00"}


@pytest.fixture
def kontor(monkeypatch: pytest.MonkeyPatch) -> Kontor:
    system = Kontor()
    monkeypatch.setitem(INTEGRATIONS, system.name, system)
    return system


async def active(site: Site) -> str:
    answer = await site.client.post("/connections", json={**given(site), "integration": "kontor"})
    assert answer.status_code == 201, answer.text
    assert (await site.client.post("/connections/butikk/activate")).status_code == 200
    return str(answer.json()["id"])


async def test_it_goes_all_the_way(site: Site, kontor: Kontor) -> None:
    await active(site)
    kontor.office.sold.append(dict(ORDER))
    kontor.office.expire()
    async with site.worker():
        run = await site.client.post("/sync/butikk")
    assert run.status_code == 200, run.text
    assert site.warehouse.order("9") is not None

    site.warehouse.model.ship("9", "70300001")
    kontor.office.expire()
    async with site.worker():
        assert (await site.client.post("/sync/butikk", params={"process": "shipments"})).status_code == 200
    assert kontor.office.told == {"9": ["70300001", "sent"]}
    assert kontor.office.logins == 3

    site.tick(3 * 60 * 60)
    await site.work(sweep=True)
    assert "silent" in await site.stored.alerts()
    assert await site.stored.rows(select(jobs.c.state).where(jobs.c.state == "dead")) == []
    assert {row.state for row in await site.stored.rows(select(run_parts.c.state))} == {"done"}


async def test_one_of_two_processes_renews(site: Site, kontor: Kontor) -> None:
    connection_id = await active(site)
    kontor.office.expire()
    before = kontor.office.logins
    gateway, source = site.gateway, (await site.gateway.connection(connection_id)).source
    stores = [SharedSessions(gateway.database, gateway.vault, site.clock, connection_id, source, "Kontor") for _ in range(2)]
    await asyncio.gather(*(Desk(kontor.office, store).test() for store in stores))
    assert kontor.office.logins == before + 1


async def test_stock_refunds_and_webhooks_are_refused(site: Site, kontor: Kontor) -> None:
    await active(site)
    answer = await site.client.post("/sync/butikk", params={"process": "stock"})
    assert (answer.status_code, answer.json()["field"]) == (422, "process")
    assert "it lacks write-stock" in answer.json()["detail"]
    answer = await site.client.post("/sync/butikk", params={"process": "returns"})
    assert (answer.status_code, answer.json()["field"]) == (409, "process")  # off by default; on, they are shown
    answer = await site.client.get("/connections/butikk/webhooks")
    assert (answer.status_code, answer.json()["field"]) == (422, "connection")
    assert "it lacks send-webhooks" in answer.json()["detail"]
