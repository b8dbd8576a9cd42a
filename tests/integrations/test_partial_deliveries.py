"""The three policies for partial deliveries on every system, from the first part to the end. What was sent is read back from the
warehouse, which has it confirmed, and from the system as far as it can be told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

import pytest
from sqlalchemy import select

from app.sandbox.ongoing.config import NORWEGIAN_STATUSES
from app.storage.callers.tables import outgoing_webhooks
from tests.api.calling import Site, open_site
from tests.harness.mystore import SimulatedMystore
from tests.harness.nettbutikk24 import SimulatedNettbutikk
from tests.harness.sevenoffice24 import SimulatedSevenOffice

BASE = {"go_live": "2020-01-01T00:00:00Z", "outgoing_webhooks": {"url": "http://127.0.0.1:9/events"}}


class Placed(NamedTuple):
    """An order: its id in the system, its number in the WMS, and its line there."""

    id: str
    number: str
    row: str


class Outside(Protocol):
    """A simulated system that is connected. `part` and `sent`: the status of an order of which a part, or all, was told."""

    integration: str
    settings: dict[str, Any]
    part: str
    short: str
    sent: str
    not_told: tuple[str, ...]

    def source(self) -> dict[str, Any]: ...

    def place(self, pieces: int) -> Placed: ...

    def status(self, order_id: str) -> str: ...


class WooCommerceShop:
    integration, settings, part, short, sent = "woocommerce", dict[str, Any](), "processing", "completed", "completed"
    not_told = ("quantities", "part")

    def __init__(self, site: Site) -> None:
        self.site = site

    def source(self) -> dict[str, Any]:
        given: dict[str, Any] = self.site.given()["shop"]
        return given

    def place(self, pieces: int) -> Placed:
        shop = self.site.shop
        if not shop.model.products.with_sku("SOKK-1"):
            shop.product("SOKK-1")
        order = shop.order(line_items=[{"product_id": shop.model.products.with_sku("SOKK-1")[0], "quantity": pieces}])
        return Placed(str(order["id"]), str(order["number"]), str(order["line_items"][0]["id"]))

    def status(self, order_id: str) -> str:
        return str(self.site.shop.model.orders[int(order_id)]["status"])


class MystoreShop:
    integration, settings, part, short, sent = "mystore", dict[str, Any](calls_per_minute=6000), "1", "3", "3"
    not_told = ("part",)

    def __init__(self, site: Site) -> None:
        self.store = SimulatedMystore.open(site.clock)

    def source(self) -> dict[str, Any]:
        return self.store.credentials()

    def place(self, pieces: int) -> Placed:
        if self.store.shop.catalogue.with_sku("SOKK-1") is None:
            self.store.product("SOKK-1", quantity=50)
        placed = self.store.shop.place_order([{"sku": "SOKK-1", "quantity": pieces}], **ADDRESS)
        lines = self.store.shop.parts_of("order-products", "order", int(placed["id"]))
        return Placed(str(placed["id"]), str(placed["id"]), str(lines[0]["id"]))

    def status(self, order_id: str) -> str:
        return str(self.store.shown("orders", int(order_id))["relationships"]["order-status"]["data"]["id"])


class NettbutikkShop:
    integration, part, short, sent = "24nettbutikk", "Sendt med rest", "Sendt med rest", "Sendt"
    settings: ClassVar[dict[str, Any]] = {
        "requests_per_second": 1000,
        "status_confirmed": True,
        "status_sent": "Sendt",
        "status_sent_rest": "Sendt med rest",
    }
    not_told = ("quantities",)

    def __init__(self, site: Site) -> None:
        self.shop = SimulatedNettbutikk.open(site.clock)
        self.shop.product("SOKK-1")

    def source(self) -> dict[str, Any]:
        return self.shop.credentials()

    def place(self, pieces: int) -> Placed:
        placed = self.shop.shop.place_order([{"article_no": "SOKK-1", "quantity": pieces}])
        return Placed(str(placed["order_no"]), str(placed["order_no"]), str(placed["order_lines"][0]["id"]))

    def status(self, order_id: str) -> str:
        return str(self.shop.shown(order_id)["status"])


class Office:
    integration, settings, part, short, sent = (
        "24sevenoffice",
        dict[str, Any](),
        "Confirmed",
        "OrderState_Sent",
        "OrderState_Sent",
    )
    not_told = ("quantities", "part", "tracking")

    def __init__(self, site: Site) -> None:
        self.office = SimulatedSevenOffice.open(site.clock)
        self.office.product("SOKK-1", Stock=50)

    def source(self) -> dict[str, Any]:
        return self.office.credentials()

    def place(self, pieces: int) -> Placed:
        number = str(self.office.tenant.place_order([{"No": "SOKK-1", "Quantity": pieces}])["OrderId"])
        return Placed(number, number, str(self.office.shown(int(number))["InvoiceRows"][0]["RowId"]))

    def status(self, order_id: str) -> str:
        return str(self.office.shown(int(order_id))["OrderStatus"])


ADDRESS: dict[str, Any] = {
    "shipping_address_name": "Kari Nordmann",
    "shipping_address_address": "Storgata 1",
    "shipping_address_zipcode": "0155",
    "shipping_address_city": "Oslo",
    "shipping_address_country": "Norway",
}
SYSTEMS = [WooCommerceShop, MystoreShop, NettbutikkShop, Office]


@pytest.fixture
async def site(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(sqlite_database, tmp_path, public_url="http://gateway.test") as opened:
        yield opened


class Case:
    """A connection to a system, and one order after another."""

    def __init__(self, site: Site, outside: Outside) -> None:
        self.site, self.outside = site, outside

    async def connect(self) -> None:
        given = {
            "name": "butikk",
            "integration": self.outside.integration,
            "source": self.outside.source(),
            "warehouse": self.site.given()["warehouse"],
            "settings": BASE | self.outside.settings | {"processes": {"stock": False}},
        }
        answer = await self.site.client.post("/connections", json=given)
        assert answer.status_code == 201, answer.text
        activated = await self.site.client.post("/connections/butikk/activate")
        assert activated.status_code == 200, activated.text
        await self.sync("articles")

    async def sync(self, process: str) -> None:
        async with self.site.worker():
            run = await self.site.client.post("/sync/butikk", params={"process": process})
        assert run.status_code == 200, run.text
        await self.site.work()

    async def sent_in_part(self, policy: str) -> Placed:
        """Two of three, under this policy."""
        settings = {"shipments": {"partial_deliveries": policy, "complete_when": "sent"}}
        changed = await self.site.client.patch("/connections/butikk", json={"settings": settings})
        assert changed.status_code == 200, changed.text
        placed = self.outside.place(3)
        self.site.tick(60)
        await self.sync("orders")
        await self.ship(placed, 2, "70300001")
        return placed

    async def ship(self, placed: Placed, pieces: int, waybill: str) -> None:
        self.site.tick(60)
        self.site.warehouse.model.pick(placed.number, {placed.row: pieces})
        self.site.warehouse.model.ship(placed.number, waybill)
        await self.sync("shipments")

    async def with_back_order(self) -> Placed:
        """Two of three; the warehouse makes an order of its own for the rest."""
        model = self.site.warehouse.model
        model.config = replace(model.config, back_orders="new-order", statuses=NORWEGIAN_STATUSES)
        placed = await self.sent_in_part("stock-based")
        model.config = replace(model.config, back_orders="same-order")
        return placed

    async def at(self, number: str, status: int) -> None:
        self.site.tick(60)
        self.site.warehouse.model.set_order_status(number, status)
        await self.sync("shipments")

    def confirmed(self, placed: Placed, number: str | None = None) -> float | None:
        """What the WMS was told of the line, of this order of its."""
        found = self.site.warehouse.order(number or placed.number)
        assert found is not None
        return found.line(placed.row).reported

    async def shown(self, placed: Placed) -> dict[str, Any]:
        return await self.site.explained(placed.id, kind="order")

    async def events(self) -> list[tuple[str, str, list[tuple[float, float]]]]:
        rows = await self.site.stored.rows(select(outgoing_webhooks).order_by(outgoing_webhooks.c.id))
        return [(row.type, row.data["rest"], [(line["ordered"], line["sent"]) for line in row.data["lines"]]) for row in rows]


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda each: each.integration)
async def test_each_policy_on_each_system(site: Site, system: type[Any]) -> None:
    outside: Outside = system(site)
    case = Case(site, outside)
    await case.connect()

    waits = await case.sent_in_part("stock-based")
    shown = await case.shown(waits)
    assert (outside.status(waits.id), shown["delivery"]["state"], case.confirmed(waits)) == (outside.part, "partly", 2)
    (line,) = shown["lines"]
    assert line == {
        "row_number": waits.row, "article_number": "SOKK-1", "ordered": 3.0, "sent": 2.0, "missing": 1.0, "told": 2.0,
    }  # fmt: skip
    assert tuple(each["code"] for each in shown["not_told"]) == outside.not_told
    await case.ship(waits, 3, "70300002")
    after = await case.shown(waits)
    assert (outside.status(waits.id), after["delivery"]["state"], case.confirmed(waits)) == (outside.sent, "reported", 3)
    assert [(each["sent"], each["missing"], each["told"]) for each in after["lines"]] == [(3.0, 0.0, 3.0)]

    held = await case.sent_in_part("none")
    shown = await case.shown(held)
    assert (shown["delivery"]["state"], shown["delivery"]["code"]) == ("held", "short-shipment")
    assert outside.status(held.id) not in (outside.short, outside.sent)
    closed = await site.client.post(f"/mappings/{shown['id']}/close-short")
    assert closed.status_code == 200, closed.text
    await site.work()
    assert (outside.status(held.id), (await case.shown(held))["delivery"]["state"]) == (outside.short, "reported")

    over = await case.sent_in_part("goods-owner-controlled")
    shown = await case.shown(over)
    assert (outside.status(over.id), shown["delivery"]["state"], case.confirmed(over)) == (outside.short, "reported", 2)

    rest = await case.with_back_order()
    assert (outside.status(rest.id), case.confirmed(rest)) == (outside.part, 2)
    back = f"{rest.number}-1"
    await case.at(back, 451)
    assert (outside.status(rest.id), (await case.shown(rest))["delivery"]["state"]) == (outside.part, "partly")
    await case.at(back, 500)
    shown = await case.shown(rest)
    assert (outside.status(rest.id), shown["delivery"]["state"], case.confirmed(rest, back)) == (outside.sent, "reported", 1)

    returned = case.outside.place(3)
    site.tick(60)
    await case.sync("orders")
    site.warehouse.model.ship(returned.number, "70300003")
    site.warehouse.model.return_goods(returned.number, {returned.row: 3})
    await case.at(returned.number, 475)
    assert (outside.status(returned.id), (await case.shown(returned))["delivery"]["state"]) == (outside.sent, "reported")

    told = [(3.0, 2.0)]
    assert await case.events() == [
        ("shipment.short", "to-come", told),
        ("shipment.short", "undecided", told),
        ("shipment.short", "closed", told),
        ("shipment.short", "closed", told),
        ("shipment.short", "to-come", told),
    ]
    audited = (await site.client.get("/audit", params={"limit": 50})).json()["items"]
    assert [each["new"] for row in audited for each in row["changes"] if each["path"] == "close-short"] == [
        "closed with what was sent"
    ]
