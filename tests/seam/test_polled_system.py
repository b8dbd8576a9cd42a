"""A system that can only be polled goes all the way, and what it cannot do is refused in words."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.engine.core import circuit
from app.storage.tables import jobs, run_parts
from tests.api.calling import Site
from tests.seam.kassa import Kassa

CANNOT_STOCK = "Kassa cannot be told of stock (it lacks write-stock)"
CANNOT_SEND = "Kassa cannot send webhooks (it lacks send-webhooks)"
CAN = "Kassa can: read-orders"


def given(site: Site, name: str = "butikk", company: str = "1", **settings: Any) -> dict[str, Any]:
    return {
        "name": name,
        "integration": "kassa",
        "source": {"company": company, "token": "t"},
        "warehouse": site.given()["warehouse"],
        "settings": {"go_live": "2020-01-01T00:00:00Z", "silent_hours": 2, **settings},
    }


async def made(site: Site, name: str = "butikk", company: str = "1", **settings: Any) -> dict[str, Any]:
    answer = await site.client.post("/connections", json=given(site, name, company, **settings))
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def test_it_goes_all_the_way(site: Site, kassa: Kassa) -> None:
    shown = await made(site)
    assert shown["settings"]["processes"] == {
        "articles": False,
        "orders": True,
        "stock": False,
        "shipments": False,
        "returns": False,
        "suppliers": False,
        "import_status": False,
        "purchase_orders": True,
        "receipts": False,
    }
    assert shown["settings"]["webhooks"]["managed"] is False
    assert shown["webhook_secret"] is None

    report = (await site.client.post("/connections/butikk/test")).json()
    assert report["ok"] is True
    assert [check for check in report["checks"] if "webhook" in check["message"]] == []
    assert (await site.client.post("/connections/butikk/activate")).status_code == 200

    kassa.tills["1"].append({"id": "7", "sku": "SOKK-1", "status": "30", "sold_at": "2026-11-20T09:00:00+00:00"})
    async with site.worker():
        run = await site.client.post("/sync/butikk")
    assert run.status_code == 200, run.text
    order = await site.stored.job("7")
    assert order.reason is None
    assert site.warehouse.order("7") is not None

    site.warehouse.model.ship("7", "70300001")
    site.tick(60 * 60)
    await site.work(sweep=True)
    assert "silent" not in await site.stored.alerts()
    site.tick(2 * 60 * 60)
    await site.work(sweep=True)

    assert "silent" in await site.stored.alerts()
    assert await site.stored.rows(select(jobs.c.state).where(jobs.c.state == "dead")) == []
    assert {row.state for row in await site.stored.rows(select(run_parts.c.state))} == {"done"}


@pytest.mark.parametrize("process", ["stock"])
async def test_a_sync_of_what_it_cannot_do_is_refused(site: Site, kassa: Kassa, process: str) -> None:
    await made(site)
    await site.client.post("/connections/butikk/activate")
    answer = await site.client.post("/sync/butikk", params={"process": process})
    detail = CANNOT_STOCK
    assert (answer.status_code, answer.json()["field"], answer.json()["detail"]) == (422, "process", detail)
    assert answer.json()["fix"] == CAN


async def test_a_dry_run_of_stock_is_refused_as_well(site: Site, kassa: Kassa) -> None:
    await made(site)
    await site.client.post("/connections/butikk/activate")
    answer = await site.client.post("/sync/butikk", params={"process": "stock", "dry_run": True})
    assert (answer.status_code, answer.json()["detail"]) == (422, CANNOT_STOCK)


@pytest.mark.parametrize("path", ["/stock", "/stock/summary"])
async def test_asked_for_its_stock_it_answers_what_it_can(site: Site, kassa: Kassa, path: str) -> None:
    await made(site)
    answer = await site.client.get(path, params={"connection": "butikk"})
    assert (answer.status_code, answer.json()["field"], answer.json()["detail"]) == (422, "connection", CANNOT_STOCK)
    assert answer.json()["fix"] == CAN
    assert (await site.client.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("settings", "field", "detail"),
    [
        ({"processes": {"stock": True}}, "settings.processes.stock", CANNOT_STOCK),
        (
            {"webhooks": {"managed": True}},
            "settings.webhooks.managed",
            "Kassa cannot have its webhooks kept by the gateway (it lacks manage-webhooks)",
        ),
        ({"order_note_on_hold": True}, "settings.order_note_on_hold", "Kassa cannot take notes on orders (it lacks notes)"),
    ],
)
async def test_what_it_cannot_do_cannot_be_switched_on(
    site: Site, kassa: Kassa, settings: dict[str, Any], field: str, detail: str
) -> None:
    await made(site)
    answer = await site.client.patch("/connections/butikk", json={"settings": settings})
    assert (answer.status_code, answer.json()["field"], answer.json()["detail"]) == (422, field, detail)
    assert answer.json()["fix"] == CAN


async def test_it_is_told_nothing_of_webhooks(site: Site, kassa: Kassa) -> None:
    await made(site)
    for method, path in (("GET", "webhooks"), ("POST", "webhooks/check"), ("POST", "rotate-webhook-secret")):
        answer = await site.client.request(method, f"/connections/butikk/{path}")
        assert (answer.status_code, answer.json()["field"]) == (422, "connection"), path
        lacks = "manage-webhooks" if path == "webhooks/check" else "send-webhooks"
        assert lacks in answer.json()["detail"]


async def test_a_delivery_to_it_finds_no_such_address(site: Site, kassa: Kassa) -> None:
    shown = await made(site)
    assert (shown["webhook_url"], [name for name in shown["secrets"] if name.startswith("source.")]) == (None, ["source.token"])
    connection = await site.gateway.connection(shown["id"])
    assert (await site.client.post(f"/webhooks/{connection.webhook_id}", json={})).status_code == 404


async def test_two_customers_on_one_host_have_two_circuits(site: Site, kassa: Kassa) -> None:
    """A draft has one of its own until it is activated."""
    one, other = await made(site), await made(site, "annen", "2", order_number_prefix="B-", processes={"articles": False})
    drafts = [circuit.of_source(await site.gateway.connection(each["id"])) for each in (one, other)]
    assert drafts == [f"kassa/1|{one['id']}", f"kassa/2|{other['id']}"]
    for name in ("butikk", "annen"):
        assert (await site.client.post(f"/connections/{name}/activate")).status_code == 200
    assert [circuit.of_source(await site.gateway.connection(each["id"])) for each in (one, other)] == ["kassa/1", "kassa/2"]


async def test_another_company_needs_the_secrets_again(site: Site, kassa: Kassa) -> None:
    await made(site)
    answer = await site.client.patch("/connections/butikk", json={"source": {"company": "2"}})
    assert (answer.status_code, answer.json()["field"]) == (422, "source.token")
    assert answer.json()["detail"] == "the account changes, so source.token must be given again"
