"""Events and jobs: what came in, what became of it, and another look at it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.storage.tables import inbox
from tests.api.calling import MOVED, NO_CITY, Site


async def test_events_are_listed_newest_first_and_filtered(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    await site.take_in(order)
    await site.take_in({"id": 1}, "coupon.created")
    listed = (await site.client.get("/events")).json()["items"]
    assert [(each["topic"], each["state"]) for each in listed] == [
        ("coupon.created", "ignored"), ("order.updated", "ignored"), ("order.updated", "done"),
    ]  # fmt: skip
    assert "body" not in listed[0]
    of_record = (await site.client.get("/events", params={"record": order["id"], "process": "orders"})).json()["items"]
    assert len(of_record) == 2
    assert [each["state"] for each in (await site.client.get("/events?state=done")).json()["items"]] == ["done"]
    assert (await site.client.get("/events", params={"reason_code": "other-topic"})).json()["items"] == listed[:1]
    later = (site.clock() + timedelta(hours=1)).isoformat()
    assert (await site.client.get("/events", params={"since": later})).json()["items"] == []


async def test_events_come_page_by_page(site: Site) -> None:
    for number in range(5):
        await site.announce({"id": number}, "coupon.created")
    ids: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await site.client.get("/events", params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        ids += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 5


async def test_a_body_is_shown_to_administrators_only(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    (event,) = (await site.client.get("/events")).json()["items"]
    whole = (await site.client.get(f"/events/{event['id']}")).json()
    assert json.loads(whole["body"])["billing"]["email"] == "kari@example.com"
    assert "x-wc-webhook-signature" not in whole["headers"]
    reader = await site.door.caller("sync")
    seen = await reader.get(f"/events/{event['id']}")
    assert seen.json()["body"] is None
    assert "kari@example.com" not in seen.text


async def test_what_a_proxy_adds_is_not_kept_with_an_event(site: Site) -> None:
    added = {"X_Auth_Token": "of-the-proxy", "X_Forwarded_For": "1.2.3.4", "X_Amzn_Trace_Id": "1-2", "Cookie": "a=b"}
    await site.announce(site.shop.order(), **added)
    (event,) = (await site.client.get("/events")).json()["items"]
    kept = (await site.client.get(f"/events/{event['id']}")).json()["headers"]
    assert {*kept} - {"user-agent"} == {
        "content-type", "x-wc-webhook-source", "x-wc-webhook-topic", "x-wc-webhook-resource", "x-wc-webhook-event",
        "x-wc-webhook-id", "x-wc-webhook-delivery-id",
    }  # fmt: skip


async def test_replaying_what_is_done_doubles_nothing(site: Site) -> None:
    await site.take_in(site.shop.order())
    (event,) = (await site.client.get("/events")).json()["items"]
    for _ in range(2):
        answer = await site.client.post(f"/events/{event['id']}/replay")
        assert (answer.status_code, answer.json()["state"]) == (200, "received")
        await site.work()
    assert len(site.warehouse.writes()) == 1
    assert (await site.client.get(f"/events/{event['id']}")).json()["state"] == "ignored"


async def test_an_older_event_replayed_overwrites_nothing(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    await site.take_in(site.shop.change(order["id"], shipping=MOVED))
    oldest = (await site.client.get("/events")).json()["items"][-1]
    await site.client.post(f"/events/{oldest['id']}/replay")
    await site.work()
    assert [call.body["consignee"]["address1"] for call in site.warehouse.writes()] == ["Storgata 1", "Lillegata 2"]


async def test_what_waits_already_cannot_be_replayed(site: Site) -> None:
    await site.announce(site.shop.order())
    (event,) = (await site.client.get("/events")).json()["items"]
    assert (await site.client.post(f"/events/{event['id']}/replay")).status_code == 409


async def test_the_event_of_a_held_record_is_not_replayed_past_it(site: Site) -> None:
    await site.take_in(site.shop.order(shipping=NO_CITY))
    (event,) = (await site.client.get("/events?state=held")).json()["items"]
    answer = await site.client.post(f"/events/{event['id']}/replay")
    assert answer.status_code == 409
    assert "release" in answer.json()["fix"]


async def test_an_event_whose_body_is_gone_points_to_the_resync(site: Site) -> None:
    await site.take_in(site.shop.order())
    async with site.gateway.database.begin() as db:
        await db.execute(update(inbox).values(body=None))
    (event,) = (await site.client.get("/events")).json()["items"]
    answer = await site.client.post(f"/events/{event['id']}/replay")
    assert answer.status_code == 409
    assert "resync" in answer.json()["fix"]


@pytest.mark.parametrize("path", ["/events/17", "/jobs/17", "/mappings/17", "/runs/run_x", "/connections/nobody"])
async def test_what_is_not_there_is_404(site: Site, path: str) -> None:
    assert (await site.client.get(path)).status_code == 404


async def test_jobs_are_listed_and_filtered(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    held = site.shop.order(shipping=NO_CITY)
    await site.take_in(held)
    listed = (await site.client.get("/jobs")).json()["items"]
    assert [(each["record"], each["state"]) for each in listed] == [(str(held["id"]), "held"), (str(order["id"]), "done")]
    for query in ({"state": "held"}, {"record": held["id"]}, {"number": held["id"]}, {"reason_code": listed[0]["reason_code"]}):
        found = (await site.client.get("/jobs", params={"connection": "shop", "process": "orders", **query})).json()["items"]
        assert [each["id"] for each in found] == [listed[0]["id"]], query


async def test_a_job_shows_what_it_carries_and_the_calls_made_for_it(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    (job,) = (await site.client.get("/jobs")).json()["items"]
    whole = (await site.client.get(f"/jobs/{job['id']}")).json()
    assert whole["payload"]["number"] == str(order["id"])
    assert [call["call"] for call in whole["calls"]] == ["PUT /orders", "PUT /articles"]


async def test_names_and_addresses_of_a_job_are_shown_to_administrators_only(site: Site) -> None:
    await site.take_in(site.shop.order())
    (job,) = (await site.client.get("/jobs")).json()["items"]
    whole = await site.client.get(f"/jobs/{job['id']}")
    record = await site.client.get(f"/mappings/{job['mapping_id']}")
    assert "Kari Nordmann" in whole.text
    assert "Kari Nordmann" in record.text
    for right in ("read", "sync"):
        reader = await site.door.caller(right)
        seen, explained = await reader.get(f"/jobs/{job['id']}"), await reader.get(f"/mappings/{job['mapping_id']}")
        assert seen.json()["payload"] is None
        assert [(each["call"], each["request"], each["answer"]) for each in seen.json()["calls"]] == [
            ("PUT /orders", None, None),
            ("PUT /articles", None, None),
        ]
        for text in (seen.text, explained.text):
            assert "Kari" not in text
            assert "Storgata" not in text


async def test_values_of_a_dry_runs_orders_are_shown_to_administrators_only(site: Site) -> None:
    site.shop.order()
    run = (await site.client.post("/sync/shop", params={"process": "orders", "dry_run": True, "full": True, "wait": 0})).json()
    await site.work()
    whole = (await site.client.get(f"/runs/{run['id']}")).json()
    assert "Kari Nordmann" in str(whole["preview"])
    reader = await site.door.caller("sync")
    seen = (await reader.get(f"/runs/{run['id']}")).json()
    assert [each["field"] for each in seen["preview"][0]["fields"]] == [each["field"] for each in whole["preview"][0]["fields"]]
    assert {(each["before"], each["after"]) for each in seen["preview"][0]["fields"]} == {(None, None)}
