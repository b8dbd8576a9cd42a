"""The deep sweep has an end: what was sent and reported is not read again for ever."""

from __future__ import annotations

from tests.harness import Harness


async def test_an_order_that_was_reported_as_sent_is_no_longer_swept(harness: Harness) -> None:
    await harness.connect(processes={"shipments": True})
    harness.shop.product("A")
    sent, open_ = harness.shop.order("A"), harness.shop.order("A")
    for order in (sent, open_):
        await harness.deliver(order)
    harness.warehouse.model.pick(str(sent["id"]))
    harness.warehouse.model.ship(str(sent["id"]), waybill="TRACK1")
    await harness.poll("shipments")
    assert harness.shop.shown(sent["id"])["status"] == "completed"
    await harness.poll("orders", sweep=True)
    swept = [dict(call.query)["include"] for call in harness.shop.calls("/wp-json/wc/v3/orders") if "include" in dict(call.query)]
    assert swept == [str(open_["id"])]
