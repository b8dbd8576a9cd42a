"""`POST /sync/{integration}`, for operators and as a pipeline's smoke test."""

from __future__ import annotations

from typing import Any

from tests.api.calling import MOVED, NO_CITY, Site
from tests.harness import LONG_AGO


async def sync(site: Site, target: str = "shop", **params: Any) -> Any:
    async with site.worker():
        return await site.client.post(f"/sync/{target}", params=params)


async def test_a_sync_brings_what_is_new_into_the_warehouse_and_answers_with_the_counts(site: Site) -> None:
    site.shop.order("SOKK-1")
    site.shop.order("SOKK-2", shipping=NO_CITY)
    articles = await sync(site, process="articles")
    assert articles.status_code == 200, articles.text
    assert articles.json()["counts"]["created"] == articles.json()["drift"] == 2
    run = (await sync(site, "woocommerce")).json()
    assert run["state"] == "done"
    assert [part["process"] for part in run["parts"]] == ["articles", "orders"]
    assert run["parts"][1]["counts"] == {
        "read": 2, "created": 1, "updated": 0, "cancelled": 0, "unchanged": 0, "skipped": 0, "held": 1, "failed": 0, "waiting": 0,
    }  # fmt: skip
    assert run["parts"][1]["drift"] == 2
    assert len(site.warehouse.writes("PUT", "/orders")) == 1


async def test_the_same_again_writes_nothing(site: Site) -> None:
    site.shop.order()
    await sync(site)
    before = len(site.warehouse.writes())
    run = (await sync(site, "woocommerce", full=True)).json()
    assert run["counts"]["unchanged"] == run["counts"]["read"]
    assert run["counts"]["created"] == run["counts"]["updated"] == run["drift"] == 0
    assert len(site.warehouse.writes()) == before


async def test_articles_are_read_before_the_orders_that_need_them(site: Site) -> None:
    site.shop.order()
    async with site.worker():
        run = (await site.client.post("/sync/shop")).json()
    articles, orders = run["parts"]
    assert articles["started_at"] < orders["started_at"]
    asked = [call.path.rpartition("/")[2] for call in site.shop.calls("/wp-json/wc/v3/")]
    assert asked.index("products") < asked.index("orders")


async def test_a_dry_run_shows_field_by_field_what_would_be_written_and_writes_nothing(site: Site) -> None:
    order = site.shop.order()
    run = (await sync(site, process="orders", dry_run=True)).json()
    assert run["counts"]["created"] == 1
    assert run["dry_run"] is True
    (entry,) = run["preview"]
    assert (entry["connection"], entry["process"], entry["record"], entry["outcome"]) == (
        "shop",
        "orders",
        str(order["id"]),
        "created",
    )
    fields = {each["field"]: (each["before"], each["after"]) for each in entry["fields"]}
    assert fields["orderNumber"] == (None, str(order["id"]))
    assert fields["consignee.name"] == (None, "Kari Nordmann")
    assert site.warehouse.writes("PUT", "/") == []
    assert (await site.client.get("/mappings")).json()["items"] == []
    again = (await sync(site, process="orders")).json()
    assert again["counts"]["created"] == 1, "a dry run moves no cursor"


async def test_a_dry_run_shows_against_what_was_sent_last(site: Site) -> None:
    order = site.shop.order()
    await site.take_in(order)
    site.shop.model.change_order(order["id"], {"shipping": MOVED})
    run = (await sync(site, process="orders", dry_run=True)).json()
    (entry,) = run["preview"]
    assert entry["outcome"] == "updated"
    assert {"field": "consignee.address1", "before": "Storgata 1", "after": "Lillegata 2"} in entry["fields"]


async def test_what_fail_on_names_is_a_problem_that_holds_the_run(site: Site) -> None:
    site.shop.order(shipping=NO_CITY)
    answer = await sync(site, process="orders", fail_on="held,skipped")
    assert answer.status_code == 424
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:gateway:problem:sync-not-as-asked"
    assert problem["detail"].startswith("1 held (orders ")
    assert problem["run"]["counts"]["held"] == 1
    (reason,) = problem["run"]["reasons"]
    assert reason["outcome"] == "held"
    assert "no city" in reason["reason"]


async def test_what_a_webhook_came_upon_before_is_held_all_the_same(site: Site) -> None:
    order = site.shop.order(shipping=NO_CITY)
    await site.take_in(order)
    answer = await sync(site, process="orders", fail_on="held")
    assert answer.status_code == 424
    problem = answer.json()
    assert problem["detail"] == f"1 held (orders {order['number']}: city-missing) (fail_on: held)"
    assert (problem["run"]["counts"]["held"], problem["run"]["held_now"]) == (0, 1)
    site.shop.model.change_order(order["id"], {"shipping": MOVED})
    assert (await sync(site, process="orders", fail_on="held")).status_code == 200


async def test_what_is_held_is_no_failure_unless_it_is_asked_for(site: Site) -> None:
    site.shop.order(shipping=NO_CITY)
    answer = await sync(site, process="orders")
    assert answer.status_code == 200
    assert answer.json()["counts"]["held"] == 1


async def test_drift_can_be_a_failure(site: Site) -> None:
    site.shop.order()
    answer = await sync(site, process="orders", fail_on="drift")
    assert answer.status_code == 424
    assert answer.json()["detail"] == "1 found that no webhook had announced (fail_on: drift)"


async def test_a_shop_that_refuses_the_login_is_a_failure_though_nothing_was_read(site: Site) -> None:
    site.shop.fail("status", status=401, path="/wp-json/wc/v3/orders")
    answer = await sync(site, process="orders")
    assert answer.status_code == 424
    assert answer.json()["detail"].startswith("shop orders could not be read: ")
    assert answer.json()["run"]["state"] == "failed"
    assert answer.json()["run"]["counts"]["read"] == 0


async def test_with_fail_on_none_even_that_answers_200(site: Site) -> None:
    site.shop.fail("status", status=401, path="/wp-json/wc/v3/orders")
    answer = await sync(site, process="orders", fail_on="none")
    assert answer.status_code == 200
    assert answer.json()["state"] == "failed"


async def test_when_the_wait_is_over_the_answer_is_202_and_says_where_to_look(site: Site) -> None:
    site.shop.order()
    answer = await site.client.post("/sync/shop", params={"wait": 0})
    assert answer.status_code == 202
    run = answer.json()
    assert answer.headers["location"] == f"/runs/{run['id']}"
    assert run["state"] == "waiting"
    await site.work()
    assert (await site.client.get(answer.headers["location"])).json()["state"] == "done"


async def test_not_having_ended_in_time_can_be_a_failure(site: Site) -> None:
    answer = await site.client.post("/sync/shop", params={"wait": 0, "fail_on": "waiting"})
    assert answer.status_code == 424
    assert answer.json()["detail"] == "the run has not ended in time (fail_on: waiting)"


async def test_the_same_idempotency_key_gives_the_same_run(site: Site) -> None:
    headers = {"Idempotency-Key": "deploy-17"}
    first = await site.client.post("/sync/shop", params={"wait": 0}, headers=headers)
    again = await site.client.post("/sync/shop", params={"wait": 0}, headers=headers)
    assert first.json()["id"] == again.json()["id"]
    assert len((await site.client.get("/runs")).json()["items"]) == 1


async def test_an_idempotency_key_cannot_be_used_for_another_request(site: Site) -> None:
    headers = {"Idempotency-Key": "deploy-17"}
    await site.client.post("/sync/shop", params={"wait": 0}, headers=headers)
    other = await site.client.post("/sync/shop", params={"wait": 0, "full": True}, headers=headers)
    assert other.status_code == 422
    assert other.json()["field"] == "Idempotency-Key"


async def test_another_api_key_may_use_the_same_idempotency_key(site: Site) -> None:
    headers = {"Idempotency-Key": "deploy-17"}
    first = await site.client.post("/sync/shop", params={"wait": 0}, headers=headers)
    other = await (await site.door.caller("sync")).post("/sync/shop", params={"wait": 0}, headers=headers)
    assert first.json()["id"] != other.json()["id"]


async def test_what_is_asked_for_may_be_in_the_body(site: Site) -> None:
    body = {"process": "orders", "dry_run": True, "wait": 0, "fail_on": ["held"]}
    answer = await site.client.post("/sync/shop", json=body)
    assert answer.status_code == 202
    assert answer.json()["dry_run"] is True
    assert [part["process"] for part in answer.json()["parts"]] == ["orders"]


async def test_the_query_goes_before_the_body(site: Site) -> None:
    answer = await site.client.post("/sync/shop", params={"process": "articles", "wait": 0}, json={"process": "orders"})
    assert [part["process"] for part in answer.json()["parts"]] == ["articles"]


async def test_nobody_is_called_that(site: Site) -> None:
    answer = await site.client.post("/sync/xyz")
    assert answer.status_code == 404
    assert answer.json()["fix"] == "use one of: woocommerce, mystore, 24nettbutikk, 24sevenoffice, shop"


async def test_an_integration_without_an_active_connection_says_how_to_activate_one(site: Site) -> None:
    await site.client.post("/connections/shop/pause")
    answer = await site.client.post("/sync/woocommerce")
    assert answer.status_code == 409
    assert answer.json()["fix"] == "POST /connections/shop/resume (it is paused)"


async def test_a_process_that_is_switched_off_cannot_be_synced(site: Site) -> None:
    await site.client.patch("/connections/shop", json={"settings": {"processes": {"articles": False}}})
    answer = await site.client.post("/sync/shop", params={"process": "articles"})
    assert answer.status_code == 409
    assert answer.json()["field"] == "process"


async def test_fail_on_knows_its_words(site: Site) -> None:
    answer = await site.client.post("/sync/shop", params={"fail_on": "hold"})
    assert answer.status_code == 422
    assert answer.json()["field"] == "fail_on"


async def test_a_key_that_may_only_read_cannot_sync(site: Site) -> None:
    answer = await (await site.door.caller("read")).post("/sync/shop")
    assert answer.status_code == 403


async def test_a_run_that_would_cancel_too_much_is_braked_until_it_is_confirmed(site: Site) -> None:
    await site.client.patch("/connections/shop", json={"settings": {"brake": {"max_count": 0}}})
    orders = [site.shop.order() for _ in range(2)]
    await sync(site, process="orders")
    for order in orders:
        site.shop.model.change_order(order["id"], {"status": "cancelled"})
    run = (await sync(site, process="orders", full=True)).json()
    assert run["state"] == "braked"
    assert run["counts"]["waiting"] == 2
    assert site.warehouse.writes("DELETE") == []
    confirmed = await site.client.post(f"/runs/{run['id']}/confirm")
    assert confirmed.json() == {"id": run["id"], "released": 2}
    await site.work()
    assert len(site.warehouse.writes("DELETE")) == 2
    ended = (await site.client.get(f"/runs/{run['id']}")).json()
    assert (ended["state"], ended["counts"]["cancelled"]) == ("done", 2)
    again = await site.client.post(f"/runs/{run['id']}/confirm")
    assert again.status_code == 409


async def test_orders_before_the_go_live_date_are_skipped_with_the_reason(site: Site) -> None:
    await site.client.patch("/connections/shop", json={"settings": {"go_live": "2100-01-01T00:00:00Z"}})
    order = site.shop.order()
    run = (await sync(site, process="orders", full=True)).json()
    assert order["date_created_gmt"] > LONG_AGO
    assert run["counts"]["created"] == 0
    assert run["counts"]["skipped"] == run["counts"]["read"]
