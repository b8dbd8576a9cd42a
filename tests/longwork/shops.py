"""One shop of every system, done to in the same words: sold in, counted, and its orders taken away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.api.calling import Site
from tests.harness.mystore import SimulatedMystore
from tests.harness.nettbutikk24 import SimulatedNettbutikk
from tests.harness.sevenoffice24 import SimulatedSevenOffice

READS = (
    "GetProducts",
    "GetInvoices",
    "GetCompanies",
    "GetCompanySyncList",
    "GetCategories",
    "GetOrderSyncList",
    "GetDeliveryMethods",
)
LOGINS = ("Login", "HasSession", "SetIdentity", "GetIdentities", "GetIdentity", "GetTypeGroups")


@dataclass(frozen=True)
class AnyShop:
    """`order` gives the order's number and id. `gone` deletes one for good. `writes`: the calls that changed something there.

    `more` puts a second piece on an order's one line, `cancel` cancels it, `done`: somebody has marked it as sent.
    """

    integration: str
    source: dict[str, Any]
    settings: dict[str, Any]
    product: Callable[[str, int], Any]
    order: Callable[[str], str]
    gone: Callable[[str], Any]
    writes: Callable[[], list[str]]
    more: Callable[[str], Any]
    cancel: Callable[[str], Any]
    done: Callable[[str], Any]


def woocommerce(site: Site) -> AnyShop:
    shop = site.shop
    return AnyShop(
        "woocommerce",
        shop.credentials(),
        {},
        lambda sku, pieces: shop.product(sku, sku, manage_stock=True, stock_quantity=pieces),
        lambda sku: str(shop.order(sku)["id"]),
        lambda number: shop.model.delete_order(int(number)),
        lambda: [f"{call.method} {call.path}" for call in shop.calls() if call.method != "GET"],
        lambda number: shop.change(
            int(number), line_items=[{"id": shop.shown(int(number))["line_items"][0]["id"], "quantity": 2}]
        ),
        lambda number: shop.change(int(number), status="cancelled"),
        lambda number: shop.change(int(number), status="completed"),
    )


def mystore(site: Site) -> AnyShop:
    shop = SimulatedMystore.open(site.clock)
    return AnyShop(
        "mystore",
        shop.credentials(),
        {"calls_per_minute": 6000},
        lambda sku, pieces: shop.product(sku, sku, quantity=pieces),
        lambda sku: str(shop.order(sku)["id"]),
        lambda number: shop.shop.delete_order(int(number)),
        lambda: [f"{call.method} {call.path}" for call in shop.calls() if call.method != "GET"],
        lambda number: shop.shop.edit_order(int(number), {int(shop.shop.lines_of(number)[0]["id"]): 2}),
        lambda number: shop.shop.set_status(int(number), "Kansellert"),
        lambda number: shop.shop.set_status(int(number), "Sendt"),
    )


def nettbutikk24(site: Site) -> AnyShop:
    shop = SimulatedNettbutikk.open(site.clock)
    return AnyShop(
        "24nettbutikk",
        shop.credentials(),
        {"requests_per_second": 1000, "status_confirmed": True, "status_sent": "Sendt"},
        lambda sku, pieces: shop.product(sku, sku, stock=pieces),
        lambda sku: str(shop.order(sku)["order_no"]),
        lambda number: shop.shop.remove_order(int(number)),
        lambda: [f"{call.method} {call.path}" for call in shop.calls() if call.method != "GET"],
        lambda number: shop.shop.edit_order(number, {shop.shop.order(number)["order_lines"][0]["id"]: 2}),
        lambda number: shop.shop.delete_order(number),
        lambda number: shop.shop.edit_order(number, status="Sendt"),
    )


def sevenoffice24(site: Site) -> AnyShop:
    office = SimulatedSevenOffice.open(site.clock)
    return AnyShop(
        "24sevenoffice",
        office.credentials(),
        {},
        lambda sku, pieces: office.product(sku, sku, Stock=pieces),
        lambda sku: str(office.order(sku)["OrderId"]),
        lambda number: office.tenant.delete_order(int(number)),
        lambda: [each for each in office.operations() if each not in (*READS, *LOGINS)],
        lambda number: office.tenant.edit_order(int(number), {office.tenant.order(int(number))["InvoiceRows"][0]["RowId"]: 2}),
        lambda number: office.tenant.edit_order(int(number), OrderStatus="Offer"),
        lambda number: office.tenant.edit_order(int(number), OrderStatus="ForInvoicing"),
    )


SHOPS = {"woocommerce": woocommerce, "mystore": mystore, "24nettbutikk": nettbutikk24, "24sevenoffice": sevenoffice24}


async def connect(site: Site, shop: AnyShop, **settings: Any) -> None:
    """Active, under the name `butikk`; no poll is due before a test asks for it."""
    given = {
        "name": "butikk",
        "integration": shop.integration,
        "source": shop.source,
        "warehouse": site.given()["warehouse"],
        "settings": {"go_live": "2020-01-01T00:00:00Z", **shop.settings, **settings},
    }
    answer = await site.client.post("/connections", json=given)
    assert answer.status_code == 201, answer.text
    activated = await site.client.post("/connections/butikk/activate")
    assert activated.status_code == 200, activated.text


async def sync(site: Site, *processes: str, **params: Any) -> None:
    for process in processes:
        async with site.worker():
            run = await site.client.post("/sync/butikk", params={"process": process, "fail_on": "none", **params})
        assert run.status_code == 200, run.text
