"""What people read of a system that is no shop calls it what it is."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.integrations.registry import INTEGRATIONS
from app.storage.tables import alerts, history, jobs, mappings, run_parts
from tests.api.calling import Site
from tests.seam.kassa import Kassa
from tests.seam.kontor import Kontor
from tests.seam.test_polled_system import given, made

SOLD_AT = "2026-11-20T09:00:00+00:00"
TEXTS = (history.c.text, jobs.c.reason, mappings.c.reason, mappings.c.delivery_reason, alerts.c.text, run_parts.c.error)


def sold(source_id: str, sku: str = "SOKK-1", status: str = "30") -> dict[str, Any]:
    return {"id": source_id, "sku": sku, "status": status, "sold_at": SOLD_AT}


async def texts(site: Site) -> list[str]:
    """All that is stored for people."""
    found = [row[0] for column in TEXTS for row in await site.stored.rows(select(column).where(column.is_not(None)))]
    shown = (await site.client.get("/mappings")).json()["items"]
    for each in shown:
        found.append(each["label"])
        found.append((await site.client.get(f"/mappings/{each['id']}")).json()["next"]["text"])
    return found


async def test_of_a_polled_erp(site: Site, kassa: Kassa) -> None:
    await made(site)
    await site.client.post("/connections/butikk/activate")
    kassa.tills["1"] += [sold("7"), sold("8", sku=""), sold("9", status="10")]
    async with site.worker():
        assert (await site.client.post("/sync/butikk")).status_code == 200
    kassa.tills["1"] += [sold("7", status="10")]
    async with site.worker():
        assert (await site.client.post("/sync/butikk")).status_code == 200
    site.tick(3 * 60 * 60)
    await site.work(sweep=True)

    told = await texts(site)
    number = "There is no article number. Give the product a unique article number (SKU) in the ERP. It goes on when the product "
    assert f"{number}gets a number that can be sent, by webhook or poll, or when the setting is changed" in told
    status = "The ERP's status is '10'. It goes on when its status changes in the ERP, or when the setting that leaves it out is"
    assert f"{status} changed" in told
    assert "Cancelled in the warehouse, because the ERP's status is '10'" in told
    assert [text for text in told if "look whether the ERP works and shows its orders to the gateway" in text]
    assert [text for text in told if "shop" in text.lower()] == []


async def test_of_an_erp_that_is_told_of_shipments(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    system = Kontor()
    monkeypatch.setitem(INTEGRATIONS, system.name, system)
    await site.client.post("/connections", json={**given(site), "integration": "kontor"})
    await site.client.post("/connections/butikk/activate")
    system.office.sold += [sold("7"), sold("9")]
    async with site.worker():
        assert (await site.client.post("/sync/butikk")).status_code == 200
    system.office.sold[1]["status"] = "10"
    for number in ("7", "9"):
        site.warehouse.model.ship(number, "70300001")
    async with site.worker():
        assert (await site.client.post("/sync/butikk", params={"process": "shipments"})).status_code == 200

    told = await texts(site)
    expected = (
        "The warehouse has sent the order, but the ERP has it as '10'. Decide in the ERP: open it again, or take the goods back. "
        "It goes on when the order is open in the ERP and read again (resync), or when it is released"
    )
    assert expected in told
    assert [text for text in told if "shop" in text.lower()] == []
