"""What the ERP is told of an order: that it was sent, in part or whole, and that it has come into the warehouse. Each once."""

from __future__ import annotations

from typing import Any

from tests.api.calling import Site
from tests.harness.sevenoffice24 import SimulatedSevenOffice
from tests.integrations.sevenoffice24.offices import active, imported, saved, sent, status_of, sync

SENT = "OrderState_Sent"


async def mapping(site: Site, number: str) -> dict[str, Any]:
    found = (await site.client.get("/mappings", params={"number": number})).json()["items"]
    (order,) = [each for each in found if each["kind"] == "order"]
    shown: dict[str, Any] = (await site.client.get(f"/mappings/{order['id']}")).json()
    return shown


async def alerts(site: Site, kind: str) -> list[dict[str, Any]]:
    found = (await site.client.get("/alerts")).json()["items"]
    return [each for each in found if each["kind"] == kind]


async def test_an_order_that_was_sent_gets_the_status_sent_once(site: Site, office: SimulatedSevenOffice) -> None:
    number = await imported(site, office)
    before = office.shown(int(number))
    (run,) = await sent(site, number)
    assert run["state"] == "done"
    (order,) = saved(office)
    assert order == {
        "OrderId": int(number),
        "CustomerId": before["CustomerId"],
        "OrderStatus": SENT,
        "SendToFactoring": False,
    }
    after = office.shown(int(number))
    assert {name for name in {*before, *after} if before.get(name) != after.get(name)} == {"OrderStatus", "DateChanged"}
    shown = await mapping(site, number)
    assert (shown["delivery"], shown["delivery_code"]) == ("reported", None)
    for process in ("orders", "shipments"):
        site.tick(60)
        await sync(site, process)
    assert len(saved(office)) == 1
    assert office.office.refused() == []
