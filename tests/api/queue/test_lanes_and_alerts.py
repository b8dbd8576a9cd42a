"""Lanes: what waits, who works, what keeps them; pause and resume. And alerts."""

from __future__ import annotations

from app.engine.upkeep.alerting import notify
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
    (mapping,) = (await site.client.get("/mappings?transfer=held")).json()["items"]
    record = {"id": mapping["id"], "kind": "order", "number": order["number"], "link": None}
    assert (alert["record"], alert["is_open"], alert["state"]) == (record, True, "open")
    assert alert["closes"] == "when the record is held no more"

    await site.client.post(f"/mappings/{mapping['id']}/resolve", json={"reason": "sent by hand"})

    (alert,) = (await site.client.get("/alerts?kind=held")).json()["items"]
    assert (alert["record"], alert["is_open"]) == (record, False)
    await notify.look(site.gateway, 0, site.gateway.clock())
    (alert,) = (await site.client.get("/alerts?state=closed")).json()["items"]
    assert (alert["closed_by"], alert["closed_why"]) == (None, "the record is held no more")
    assert (await site.client.get("/alerts?state=open")).json()["items"] == []


async def test_a_person_closes_an_alert_and_the_same_trouble_opens_it_again(site: Site) -> None:
    await site.take_in(site.shop.order(billing=NO_CITY, shipping=NO_CITY))
    (alert,) = (await site.client.get("/alerts?state=open")).json()["items"]

    closed = await site.client.post(f"/alerts/{alert['id']}/close", json={"reason": "told the shop"})

    assert closed.status_code == 200
    shown = closed.json()
    assert (shown["state"], shown["closed_by"], shown["closed_why"]) == ("closed", "test", "told the shop")
    again = await site.client.post(f"/alerts/{alert['id']}/close")
    assert (again.status_code, again.json()["detail"]) == (409, f"alert {alert['id']} is closed already")
    (row,) = (await site.client.get("/audit?limit=1")).json()["items"]
    assert (row["subject"], row["key"]["name"]) == (f"alert {alert['id']}", "test")


async def test_a_mute_has_an_end_and_somebody_who_made_it(site: Site) -> None:
    await site.take_in(site.shop.order(billing=NO_CITY, shipping=NO_CITY))
    (alert,) = (await site.client.get("/alerts")).json()["items"]

    made = (await site.client.post("/alerts/mutes", json={"kind": "held", "connection": "shop"})).json()

    assert (made["kind"], made["connection"], made["made_by"]) == ("held", "shop", "test")
    assert (await site.client.get(f"/alerts/{alert['id']}")).json()["muted_until"] == made["until"]
    assert (await site.client.get("/alerts/mutes")).json()["items"] == [made]
    own = await site.client.post(f"/alerts/{alert['id']}/unmute")
    assert (own.status_code, own.json()["detail"]) == (409, f"alert {alert['id']} is not muted")
    assert (await site.client.delete(f"/alerts/mutes/{made['id']}")).status_code == 204
    assert (await site.client.get(f"/alerts/{alert['id']}")).json()["muted_until"] is None

    wrong = (await site.client.post("/alerts/mutes", json={"kind": "hold", "connection": "shop"})).json()
    assert (wrong["field"], wrong["fix"]) == ("kind", "did you mean held? docs/runbooks.md lists them")
    past = await site.client.post(f"/alerts/{alert['id']}/mute", json={"until": "2020-01-01T00:00:00Z"})
    assert (past.status_code, past.json()["field"]) == (422, "until")
