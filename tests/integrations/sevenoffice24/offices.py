"""A gateway with the whole API, and a simulated 24SevenOffice connected to it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.api.calling import Site
from tests.harness.sevenoffice24 import SimulatedSevenOffice

Sent = list[dict[str, Any]]


def given(site: Site, office: SimulatedSevenOffice, name: str = "kontor", **settings: Any) -> dict[str, Any]:
    return {
        "name": name,
        "integration": "24sevenoffice",
        "source": office.credentials(),
        "warehouse": site.given()["warehouse"],
        "settings": {"go_live": "2020-01-01T00:00:00Z", **settings},
    }


async def active(site: Site, office: SimulatedSevenOffice, **settings: Any) -> str:
    """Returns the connection's id."""
    answer = await site.client.post("/connections", json=given(site, office, **settings))
    assert answer.status_code == 201, answer.text
    activated = await site.client.post("/connections/kontor/activate")
    assert activated.status_code == 200, activated.text
    found: str = answer.json()["id"]
    return found


async def sync(site: Site, *processes: str) -> list[dict[str, Any]]:
    """One run after the other, each to its end."""
    found = []
    for process in processes:
        async with site.worker():
            run = await site.client.post("/sync/kontor", params={"process": process})
        assert run.status_code == 200, run.text
        found.append(run.json())
    return found


async def imported(site: Site, office: SimulatedSevenOffice, quantity: int = 1, **settings: Any) -> str:
    """The number of an order of SOKK-1 that has come into the warehouse."""
    office.product("SOKK-1", Stock=10)
    order = office.tenant.place_order([{"No": "SOKK-1", "Quantity": quantity}])
    await active(site, office, **settings)
    await sync(site, "articles", "orders")
    return str(order["OrderId"])


async def sent(site: Site, number: str) -> None:
    """The warehouse sends the order, and the gateway finds it."""
    site.warehouse.model.ship(number, "70300001")
    site.tick(60)
    await poll(site, number, "shipments")


async def poll(site: Site, number: str, process: str) -> None:
    """A poll of the order's connection, and all that follows from it at once."""
    mapping = await site.stored.mapping(number)
    await site.poll(process, await site.gateway.connection(mapping.connection_id))


def status_of(office: SimulatedSevenOffice, number: str) -> str:
    found: str = office.shown(int(number))["OrderStatus"]
    return found


def saved(office: SimulatedSevenOffice) -> Sent:
    """The orders that were saved, one by one, as far as the calls were taken in."""
    return [order for call in office.calls("SaveInvoices") for order in call.body.get("invoices", ())]


def stock_set(office: SimulatedSevenOffice) -> list[tuple[int, Decimal]]:
    """Product and quantity of each write that was taken in."""
    bodies = [call.body for call in office.calls("SetStockQuantity")]
    return [(body["productId"], body["stockQuantity"]) for body in bodies if "productId" in body]
