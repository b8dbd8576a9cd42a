"""The deep sweep has an end: what was sent and reported is read for a week more, and then never again."""

from __future__ import annotations

from tests.harness import Harness


async def test_an_order_that_was_reported_as_sent_is_no_longer_swept(bare_harness: Harness) -> None:
    await bare_harness.connect(processes={"shipments": True})
    bare_harness.shop.product("A")
    sent, open_ = bare_harness.shop.order("A"), bare_harness.shop.order("A")
    for order in (sent, open_):
        await bare_harness.deliver(order)
    bare_harness.warehouse.model.pick(str(sent["id"]))
    bare_harness.warehouse.model.ship(str(sent["id"]), waybill="TRACK1")
    await bare_harness.poll("shipments")
    assert bare_harness.shop.shown(sent["id"])["status"] == "completed"
    await bare_harness.poll("orders", sweep=True)
    bare_harness.tick(8 * 24 * 3600)
    before = len(bare_harness.shop.calls("/wp-json/wc/v3/orders"))
    await bare_harness.poll("orders", sweep=True)
    swept = [
        dict(call.query)["include"]
        for call in bare_harness.shop.calls("/wp-json/wc/v3/orders")[before:]
        if "include" in dict(call.query)
    ]
    assert swept == [str(open_["id"])]
