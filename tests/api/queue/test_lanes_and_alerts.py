"""Lanes: what waits, who works, what keeps them; pause and resume. And alerts."""

from __future__ import annotations

from tests.api.calling import NO_CITY, Api, Site


async def test_a_lane_says_what_waits_in_it(site: Site) -> None:
    lane = await site.lane()
    await site.client.post(f"/lanes/{lane['id']}/pause")
    await site.take_in(site.shop.order())
    await site.take_in(site.shop.order())
    await site.client.post("/sync/shop", params={"process": "articles", "wait": 0})
    await site.work()
    lane = await site.lane()
    assert lane["waiting"] == {"cancellations": 0, "orders": 2, "articles": 1}
    assert lane["states"]["waiting"] == 3
    assert lane["oldest"] is not None
    assert (lane["connections"], lane["worked_on"]) == (["shop"], False)
    assert lane["key"].endswith("/demo/api/v1#77")


async def test_a_paused_lane_sends_nothing_until_it_is_resumed(site: Site) -> None:
    lane = await site.lane()
    paused = (await site.client.post(f"/lanes/{lane['id']}/pause", json={"reason": "stock-taking"})).json()
    assert (paused["paused"], paused["pause_reason"]) == (True, "stock-taking")
    await site.take_in(site.shop.order())
    assert site.warehouse.writes() == []
    resumed = (await site.client.post(f"/lanes/{lane['id']}/resume")).json()
    assert (resumed["paused"], resumed["pause_reason"]) == (False, None)
    await site.work()
    assert len(site.warehouse.writes()) == 1


async def test_failures_in_a_row_are_shown_by_their_method(site: Site) -> None:
    site.warehouse.fail("status", status=503, path="/demo/api/v1/orders", method="GET")
    await site.take_in(site.shop.order())
    lane = await site.lane()
    (blocked,) = lane["blocked"]
    assert (blocked["call"], blocked["failures"]) == ("GET /orders", 1)
    assert "503" in blocked["error"]


async def test_a_lane_that_is_not_there(sqlite_harness: Api) -> None:
    assert (await sqlite_harness.admin.post("/lanes/lane_nothing/pause")).status_code == 404


async def test_alerts_say_what_has_gone_wrong_and_how_often(site: Site) -> None:
    for _ in range(2):
        await site.announce({"id": 1}, X_WC_Webhook_Source="https://staging.example/")
    await site.send(site.connection)
    (alert,) = (await site.client.get("/alerts?kind=other-shop")).json()["items"]
    assert (alert["connection"], alert["count"]) == ("shop", 2)
    assert "staging.example" in alert["text"]
    assert "kari@example.com" not in alert["text"]
    assert (await site.client.get("/alerts?kind=brake")).json()["items"] == []


async def test_an_alert_names_its_order_and_says_when_it_is_solved(site: Site) -> None:
    order = site.shop.order(billing=NO_CITY, shipping=NO_CITY)
    await site.take_in(order)
    (alert,) = (await site.client.get("/alerts?kind=held")).json()["items"]
    assert (alert["record"], alert["is_open"]) == ({"kind": "order", "number": order["number"]}, True)

    (mapping,) = (await site.client.get("/mappings?transfer=held")).json()["items"]
    await site.client.post(f"/mappings/{mapping['id']}/resolve", json={"reason": "sent by hand"})

    (alert,) = (await site.client.get("/alerts?kind=held")).json()["items"]
    assert (alert["record"], alert["is_open"]) == ({"kind": "order", "number": order["number"]}, False)
