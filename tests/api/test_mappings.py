"""A record, explained: found by any of its numbers; what came in, what was sent and answered, and what happens next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.api.calling import MOVED, NO_CITY, Site
from tests.harness import ADDRESS


async def held_by_warehouse(site: Site) -> dict[str, Any]:
    """An order that was cancelled in the shop after the warehouse had started on it."""
    order = site.shop.order()
    await site.take_in(order)
    site.warehouse.model.set_order_status(str(order["id"]), 400, 77)
    await site.take_in(site.shop.change(order["id"], status="cancelled"))
    return await site.explained(str(order["id"]), kind="order")


async def test_a_record_is_found_by_any_of_its_numbers(site: Site) -> None:
    await site.client.patch("/connections/shop", json={"settings": {"order_number_prefix": "WC-"}})
    order = site.shop.order()
    await site.take_in(order)
    found = await site.explained(f"WC-{order['id']}")
    for number in (str(order["id"]), order["number"], str(found["warehouse"]["id"])):
        assert (await site.explained(number, kind="order"))["id"] == found["id"]


async def test_the_explanation_says_what_came_in_what_was_sent_and_what_was_answered(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    mapping = await site.explained(str(order["id"]), kind="order")
    assert (mapping["wanted"], mapping["transfer"], mapping["label"]) == ("present", "sent", "in the warehouse")
    (event,) = mapping["came_in"]
    assert (event["topic"], event["state"], event["record"]) == ("order.updated", "done", str(order["id"]))
    call = mapping["sent"][0]
    assert (call["call"], call["result"], call["status"]) == ("PUT /orders", "ok", 201)
    assert call["request"]["consignee"]["name"] == "Kari Nordmann"
    assert "orderId" in call["answer"]
    assert mapping["job"]["state"] == "done"
    assert datetime.fromisoformat(mapping["next"].pop("poll_at")) >= order_time(mapping)
    assert mapping["next"] == {"code": "nothing", "text": "Nothing, until it changes in the shop", "at": None}
    assert [line["code"] for line in mapping["history"]["items"]][-1] == "found-by-webhook"
    assert "created" in [line["code"] for line in mapping["history"]["items"]]


def order_time(mapping: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(mapping["created_at"])


async def test_history_comes_page_by_page(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    mapping = await site.explained(str(order["id"]), kind="order")
    whole = [line["id"] for line in mapping["history"]["items"]]
    found: list[int] = []
    cursor = None
    while True:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await site.client.get(f"/mappings/{mapping['id']}/history", params=query)).json()
        found += [line["id"] for line in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == whole


async def test_mappings_are_filtered_and_paged(site: Site) -> None:
    for _ in range(3):
        await site.take_in(site.shop.order())
    await site.take_in(site.shop.order(shipping=NO_CITY))
    first = (await site.client.get("/mappings", params={"kind": "order", "limit": 3})).json()
    second = (await site.client.get("/mappings", params={"kind": "order", "limit": 3, "cursor": first["next_cursor"]})).json()
    ids = [each["id"] for each in first["items"] + second["items"]]
    assert (len(ids), ids) == (4, sorted(ids, reverse=True))
    (held,) = (await site.client.get("/mappings?transfer=held")).json()["items"]
    assert held["label"] == "held: it needs you"
    same = (await site.client.get("/mappings", params={"reason_code": held["reason_code"]})).json()["items"]
    assert [each["id"] for each in same] == [held["id"]]
    assert (await site.client.get("/mappings?connection=shop&kind=article")).json()["items"] != []


async def test_a_held_record_says_who_is_awaited(site: Site) -> None:
    order = site.shop.order(shipping=NO_CITY)
    await site.take_in(order)
    mapping = await site.explained(str(order["id"]), kind="order")
    assert mapping["next"]["code"] == "held"
    assert "corrected in the shop" in mapping["next"]["text"]


async def test_what_waits_says_for_what(site: Site) -> None:
    order = site.shop.order()
    lane = await site.lane()
    await site.client.post(f"/lanes/{lane['id']}/pause", json={"reason": "stock-taking"})
    await site.take_in(order)
    mapping = await site.explained(str(order["id"]), kind="order")
    assert mapping["next"]["code"] == "lane-paused"
    assert mapping["next"]["text"].endswith("stock-taking")
    await site.client.post("/connections/shop/pause")
    assert (await site.explained(str(order["id"]), kind="order"))["next"]["code"] == "connection-paused"


async def test_another_try_says_when(site: Site) -> None:
    site.warehouse.fail("status", status=503, path="/demo/api/v1/orders")
    order = site.shop.order()
    await site.take_in(order)
    mapping = await site.explained(str(order["id"]), kind="order")
    assert mapping["next"]["code"] == "another-try"
    assert mapping["next"]["at"] == mapping["job"]["due_at"]
    assert "503" in mapping["next"]["text"]


async def test_a_resync_reads_the_shop_now(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    site.shop.model.change_order(order["id"], {"shipping": MOVED})
    mapping = await site.explained(str(order["id"]), kind="order")
    answer = await site.client.post(f"/mappings/{mapping['id']}/resync")
    assert answer.json()["verdict"] == "queued"
    await site.work()
    assert site.warehouse.writes()[-1].body["consignee"]["address1"] == "Lillegata 2"


async def test_a_resync_of_what_is_unchanged_writes_nothing(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    before = len(site.warehouse.writes())
    mapping = await site.explained(str(order["id"]), kind="order")
    assert (await site.client.post(f"/mappings/{mapping['id']}/resync")).status_code == 200
    await site.work()
    assert len(site.warehouse.writes()) == before
    assert (await site.explained(str(order["id"]), kind="order"))["transfer"] == "sent"


async def test_a_resync_of_an_order_that_the_shop_has_deleted_takes_it_back(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    site.shop.model.delete_order(order["id"])
    mapping = await site.explained(str(order["id"]), kind="order")
    await site.client.post(f"/mappings/{mapping['id']}/resync")
    await site.work()
    mapping = await site.explained(str(order["id"]), kind="order")
    assert (mapping["wanted"], mapping["label"]) == ("absent", "taken back from the warehouse")


async def test_a_resync_while_the_shop_is_away_is_a_problem_in_its_words(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    site.shop.fail("status", status=503, path="/wp-json/wc/v3/orders")
    mapping = await site.explained(str(order["id"]), kind="order")
    answer = await site.client.post(f"/mappings/{mapping['id']}/resync")
    assert answer.status_code == 424
    assert answer.json()["type"] == "urn:gateway:problem:outside"
    assert answer.json()["detail"] == "the shop answered 503"


async def test_a_held_cancellation_can_be_released(site: Site) -> None:
    mapping = await held_by_warehouse(site)
    assert (mapping["transfer"], mapping["reason_code"]) == ("held", "too-late-to-cancel")
    site.warehouse.model.set_order_status(mapping["warehouse"]["number"], 300, 77)
    released = await site.client.post(f"/mappings/{mapping['id']}/release")
    assert released.status_code == 200
    assert released.json()["job"]["state"] == "waiting"
    await site.work()
    assert (await site.explained(mapping["shop"]["id"], kind="order"))["label"] == "taken back from the warehouse"
    assert (await site.stored.events()).get("held") is None, "its event has ended with it"


async def test_released_twice_it_is_told_that_it_is_not_held(site: Site) -> None:
    mapping = await held_by_warehouse(site)
    assert (await site.client.post(f"/mappings/{mapping['id']}/release")).status_code == 200
    assert (await site.client.post(f"/mappings/{mapping['id']}/release")).status_code == 409


async def test_what_is_wrong_with_the_record_itself_no_release_can_help(site: Site) -> None:
    order = site.shop.order(shipping=NO_CITY)
    await site.take_in(order)
    mapping = await site.explained(str(order["id"]), kind="order")
    answer = await site.client.post(f"/mappings/{mapping['id']}/release")
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("a release cannot help: ")
    assert "resync" in answer.json()["fix"]


async def test_a_number_that_is_taken_is_not_given_away(site: Site) -> None:
    order = site.shop.order()
    body = {
        "goodsOwnerId": 77,
        "orderNumber": str(order["id"]),
        "deliveryDate": "2027-02-03",
        "goodsOwnerOrderId": "somebody-else",
    }
    consignee = {"name": "Ola", "postCode": "0155", "countryCode": "NO"}
    line = {"rowNumber": "1", "articleNumber": "TEE", "numberOfItems": 1}
    async with site.warehouse_caller() as caller:
        made = await caller.put("orders", json={**body, "consignee": consignee, "orderLines": [line]})
        assert made.status_code == 201, made.text
    await site.take_in(order)
    mapping = await site.explained(str(order["id"]), kind="order")
    assert mapping["reason_code"] == "number-taken"
    answer = await site.client.post(f"/mappings/{mapping['id']}/release")
    assert answer.status_code == 409
    assert "settings.order_number_prefix" in answer.json()["fix"]


async def test_an_operator_can_declare_a_record_settled(site: Site) -> None:
    mapping = await held_by_warehouse(site)
    answer = await site.client.post(f"/mappings/{mapping['id']}/resolve", json={"reason": "stopped on the floor"})
    assert answer.status_code == 200, answer.text
    resolved = answer.json()
    assert (resolved["transfer"], resolved["reason_code"], resolved["job"]["state"]) == ("sent", "resolved", "done")
    assert resolved["history"]["items"][0]["text"] == "Settled by an operator: stopped on the floor"
    assert (await site.stored.events()).get("held") is None
    await site.work(sweep=True)
    assert site.warehouse.writes("DELETE") == []


async def test_what_is_resolved_is_taken_up_again_when_it_changes(site: Site) -> None:
    order = site.shop.order(shipping=NO_CITY)
    await site.take_in(order)
    mapping = await site.explained(str(order["id"]), kind="order")
    await site.client.post(f"/mappings/{mapping['id']}/resolve", json={"reason": "sent by hand"})
    await site.take_in(site.shop.change(order["id"], shipping=ADDRESS))
    assert (await site.explained(str(order["id"]), kind="order"))["transfer"] == "sent"


async def test_what_is_done_cannot_be_resolved(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    mapping = await site.explained(str(order["id"]), kind="order")
    answer = await site.client.post(f"/mappings/{mapping['id']}/resolve", json={"reason": "because"})
    assert answer.status_code == 409


async def test_what_is_not_possible_is_refused_in_the_words_of_the_list(lite_site: Site) -> None:
    order = lite_site.shop.order()
    await lite_site.take_in(order)
    mapping = await lite_site.explained(str(order["id"]), kind="order")
    said = {each["name"]: each for each in mapping["actions"]}
    assert [name for name, each in said.items() if each["possible"]] == ["resync"]
    for name, path, body in (
        ("release", "release", None),
        ("resolve", "resolve", {"reason": "because"}),
        ("close-short", "close-short", None),
        ("cancel-rest", "close-short", {"cancel_rest": True}),
    ):
        answer = await lite_site.client.post(f"/mappings/{mapping['id']}/{path}", json=body)
        assert (answer.status_code, answer.json()["detail"], answer.json()["fix"]) == (
            409,
            said[name]["reason"],
            said[name]["fix"],
        )


async def test_an_act_says_what_it_waits_for(lite_site: Site) -> None:
    held = await held_by_warehouse(lite_site)
    lane = await lite_site.lane()
    await lite_site.client.post(f"/lanes/{lane['id']}/pause", json={"reason": "stock-taking"})
    said = {each["name"]: each for each in (await lite_site.client.get(f"/mappings/{held['id']}")).json()["actions"]}
    assert said["release"]["will"].startswith("The WMS is asked once more to cancel it.")
    assert said["release"]["when"]["text"] == "It waits until its lane is resumed: stock-taking"
    assert said["resolve"]["when"]["text"] == "At once"
    assert said["replay"]["when"] is None
