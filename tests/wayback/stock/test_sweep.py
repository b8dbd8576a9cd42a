"""The deep sweep has an end: what was sent and reported is not read again for ever."""

from __future__ import annotations

from tests.house import House


async def test_an_order_that_was_reported_as_sent_is_no_longer_swept(house: House) -> None:
    await house.connect(processes={"shipments": True})
    house.product("A")
    sent, open_ = house.order("A"), house.order("A")
    for order in (sent, open_):
        await house.deliver(order)
    house.warehouse.pick(str(sent["id"]))
    house.warehouse.ship(str(sent["id"]), waybill="TRACK1")
    await house.poll("shipments")
    assert house.shown(sent["id"])["status"] == "completed"
    await house.poll("orders", sweep=True)
    swept = [dict(call.query)["include"] for call in house.shop_calls("/wp-json/wc/v3/orders") if "include" in dict(call.query)]
    assert swept == [str(open_["id"])]
