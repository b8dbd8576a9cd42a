"""Erasing one person's data before its time."""

from __future__ import annotations

from sqlalchemy import select

from app.storage.outbound_tables import deliveries
from tests.api.calling import MOVED, NO_CITY, Site


async def test_a_dry_run_says_how_much_there_is_and_empties_nothing(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    for _ in range(2):
        answer = await site.client.post("/erase", json={"text": "KARI@example.com"})
        assert answer.json() == {"dry_run": True, "events": 1, "jobs": 1, "attempts": 2, "previews": 0}


async def test_what_was_kept_about_a_person_is_emptied_and_numbers_and_states_stay(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    await site.take_in(order)
    site.shop.order()
    async with site.worker():
        await site.client.post("/sync/shop", params={"process": "orders", "dry_run": True})
    erased = (await site.client.post("/erase", json={"text": "kari@example.com", "dry_run": False})).json()
    assert erased == {"dry_run": False, "events": 2, "jobs": 1, "attempts": 2, "previews": 1}
    mapping = await site.explained(str(order["id"]), kind="order")
    assert (mapping["transfer"], mapping["sent"][0]["request"], mapping["sent"][0]["answer"]) == ("sent", None, None)
    event = (await site.client.get(f"/events/{mapping['came_in'][0]['id']}")).json()
    assert event["body"] is None
    assert (await site.client.get(f"/jobs/{mapping['job']['id']}")).json()["payload"] is None
    run = (await site.client.get("/runs")).json()["items"][0]
    assert run["preview"] == []


async def test_what_is_not_yet_where_it_has_to_go_is_left(site: Site) -> None:
    await site.take_in(site.shop.order(shipping=NO_CITY))
    erased = (await site.client.post("/erase", json={"text": "kari@example.com", "dry_run": False})).json()
    assert (erased["events"], erased["jobs"]) == (0, 0)


async def test_of_what_the_shop_was_told_only_numbers_and_states_stay(site: Site) -> None:
    await site.change_settings(site.connection, processes={"articles": True, "orders": True, "shipments": True})
    order = site.shop.order()
    await site.take_in(order)
    site.warehouse.model.ship(str(order["id"]), "TRACK-1", (), 77)
    async with site.worker():
        await site.client.post("/sync/shop", params={"process": "shipments"})
    await site.work()
    assert (await site.client.post("/erase", json={"text": "kari@example.com", "dry_run": False})).json()["jobs"] == 1
    mapping = await site.explained(str(order["id"]), kind="order")
    assert mapping["delivery"]["state"] == "reported"
    assert [each["request"] for each in mapping["told"]] == [None, None]
    assert {call["request"] is None and call["answer"] is None for call in mapping["sent"]} == {True}
    assert [each["number"] for each in mapping["deliveries"][0]["tracking"]] == ["TRACK-1"]


async def test_nobody_is_named_in_what_is_kept_of_the_warehouses_order(site: Site) -> None:
    await site.change_settings(site.connection, processes={"articles": True, "orders": True, "shipments": True})
    order = site.shop.order(customer_note="Ring Kari")
    await site.take_in(order)
    site.warehouse.model.ship(str(order["id"]), "TRACK-1", (), 77)
    async with site.worker():
        await site.client.post("/sync/shop", params={"process": "shipments"})
    (kept,) = await site.stored.rows(select(deliveries.c.snapshot))
    assert "TRACK-1" in str(kept.snapshot)
    assert "Kari" not in str(kept.snapshot)
    assert "kari@example.com" not in str(kept.snapshot)


async def test_wildcards_are_taken_as_they_are(site: Site) -> None:
    await site.take_in(site.shop.order())
    assert (await site.client.post("/erase", json={"text": "%%%%"})).json()["jobs"] == 0


async def test_a_word_too_short_to_mean_one_person_is_refused(site: Site) -> None:
    assert (await site.client.post("/erase", json={"text": "kar"})).status_code == 422


async def test_an_erased_record_goes_on_when_it_changes(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    await site.client.post("/erase", json={"text": "kari@example.com", "dry_run": False})
    await site.take_in(site.shop.change(order["id"], shipping=MOVED))
    assert site.warehouse.writes()[-1].body["consignee"]["address1"] == "Lillegata 2"
