"""What was waiting for something is woken by it: an article that comes, or a setting that is put right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.engine.core.queue import Task
from app.engine.operations import connections
from app.records import cursors
from app.records.connections import Status
from app.worker import work
from tests.engine.polling.poll_steps import cursor, numbers
from tests.harness import Harness, Resource


async def put_right(harness: Harness, **settings: Any) -> None:
    """As an operator changes settings."""
    current = await harness.gateway.connection(harness.connection.id)
    await connections.patch(harness.gateway, current, {"settings": settings})
    await harness.work()


async def test_an_order_that_is_held_for_a_number_goes_on_when_the_product_gets_one(sqlite_harness: Harness) -> None:
    product = sqlite_harness.shop.product("")
    order = sqlite_harness.shop.model.add_order(
        {"status": "processing", "line_items": [{"product_id": product["id"], "quantity": 1}], **_addresses(sqlite_harness)}
    )
    await sqlite_harness.deliver(sqlite_harness.shop.shown(order["id"]))
    mapping = await sqlite_harness.stored.mapping(order["id"])
    assert (mapping.transfer, mapping.reason_code) == ("held", "line-without-article-number")

    sqlite_harness.tick()
    sqlite_harness.shop.model.change_product(product["id"], {"sku": "NAKEN"})
    await sqlite_harness.deliver(sqlite_harness.shop.shown_product(product["id"]), "product.updated")

    assert (await sqlite_harness.stored.mapping(order["id"])).transfer == "sent"
    assert "found-by-again" in await sqlite_harness.stored.history(order["id"])


async def test_a_setting_that_another_process_has_changed_is_known_when_it_is_looked_again(sqlite_harness: Harness) -> None:
    await put_right(sqlite_harness, go_live="2099-01-01T00:00:00Z")
    order = sqlite_harness.shop.order("LUE-1")
    await sqlite_harness.deliver(order)
    assert (await sqlite_harness.stored.mapping(order["id"])).reason_code == "before-go-live"

    known = await sqlite_harness.gateway.connection(sqlite_harness.connection.id)
    await connections.patch(sqlite_harness.gateway, known, {"settings": {"go_live": "2020-01-01T00:00:00Z"}})
    sqlite_harness.gateway._connections.put(known.id, known)  # as a worker knows it that has read it just before
    await sqlite_harness.work()

    assert (await sqlite_harness.stored.mapping(order["id"])).transfer == "sent"


async def test_so_it_does_where_articles_are_not_transferred(sqlite_harness: Harness) -> None:
    await put_right(sqlite_harness, processes={"articles": False})
    product, other = sqlite_harness.shop.product(""), sqlite_harness.shop.product("ANNEN")
    order = sqlite_harness.shop.model.add_order(
        {"status": "processing", "line_items": [{"product_id": product["id"], "quantity": 1}], **_addresses(sqlite_harness)}
    )
    await sqlite_harness.deliver(sqlite_harness.shop.shown(order["id"]))
    assert (await sqlite_harness.stored.mapping(order["id"])).reason_code == "line-without-article-number"

    sqlite_harness.tick()
    before = len(sqlite_harness.shop.calls())
    await sqlite_harness.deliver(sqlite_harness.shop.shown_product(other["id"]), "product.updated")
    assert len(sqlite_harness.shop.calls()) == before, "another product is none of its business"
    sqlite_harness.shop.model.change_product(product["id"], {"sku": "NAKEN"})
    await sqlite_harness.deliver(sqlite_harness.shop.shown_product(product["id"]), "product.updated")

    assert (await sqlite_harness.stored.mapping(order["id"])).transfer == "sent"
    assert (await sqlite_harness.stored.events())["ignored"] == 2


async def test_so_it_does_when_the_warehouse_has_had_the_article_all_along(sqlite_harness: Harness) -> None:
    product = sqlite_harness.shop.product("NAKEN")
    await sqlite_harness.deliver(sqlite_harness.shop.shown_product(product["id"]), "product.updated")
    for sku in ("", "NAKEN"):
        sqlite_harness.tick()
        sqlite_harness.shop.model.change_product(product["id"], {"sku": sku})
        await sqlite_harness.deliver(sqlite_harness.shop.shown_product(product["id"]), "product.updated")
        if not sku:
            line = {"product_id": product["id"], "quantity": 1}
            body = {"status": "processing", "line_items": [line], **_addresses(sqlite_harness)}
            order = sqlite_harness.shop.model.add_order(body)
            await sqlite_harness.deliver(sqlite_harness.shop.shown(order["id"]))
            assert (await sqlite_harness.stored.mapping(order["id"])).reason_code == "line-without-article-number"

    assert (await sqlite_harness.stored.mapping(order["id"])).transfer == "sent"


async def test_an_order_that_is_held_for_a_country_goes_on_with_the_setting(sqlite_harness: Harness) -> None:
    order = sqlite_harness.shop.order("SOKK-1")
    body = {**order, "shipping": {**order["shipping"], "country": ""}, "billing": {**order["billing"], "country": ""}}
    sqlite_harness.shop.model.change_order(order["id"], {"shipping": body["shipping"], "billing": body["billing"]})
    await sqlite_harness.deliver(sqlite_harness.shop.shown(order["id"]))
    assert (await sqlite_harness.stored.mapping(order["id"])).reason_code == "country-missing"

    await put_right(sqlite_harness, default_country="NO")

    found: Any = sqlite_harness.warehouse.order(order["id"])
    assert found.body.consignee.country_code == "NO"


async def test_orders_from_before_the_go_live_date_come_when_it_is_put_right(sqlite_harness: Harness) -> None:
    late = (sqlite_harness.clock() + timedelta(days=3)).isoformat()
    await put_right(sqlite_harness, go_live=late)
    order = sqlite_harness.shop.order("SOKK-1")
    await sqlite_harness.deliver(order)
    assert (await sqlite_harness.stored.mapping(order["id"])).reason_code == "before-go-live"

    await put_right(sqlite_harness, go_live=(sqlite_harness.clock() - timedelta(days=3)).isoformat())

    assert numbers(sqlite_harness) == [str(order["id"])]


async def test_so_do_orders_of_a_status_that_was_left_out(sqlite_harness: Harness) -> None:
    order = sqlite_harness.shop.order("SOKK-1", status="on-hold")
    await sqlite_harness.deliver(order)
    assert (await sqlite_harness.stored.mapping(order["id"])).reason_code == "not-wanted"

    await put_right(sqlite_harness, order_statuses=["processing", "on-hold"])

    assert numbers(sqlite_harness) == [str(order["id"])]


async def test_an_article_that_was_skipped_comes_with_the_fallback_number(sqlite_harness: Harness) -> None:
    product = sqlite_harness.shop.product("")
    await sqlite_harness.deliver(sqlite_harness.shop.shown_product(product["id"]), "product.updated")
    assert (await sqlite_harness.stored.mapping(product["id"], "article")).reason_code == "article-without-number"

    await put_right(sqlite_harness, article_number_fallback="WC-{id}")

    assert f"WC-{product['id']}" in {number for _, number in sqlite_harness.warehouse.model.articles}


async def test_a_setting_that_changes_nothing_for_them_writes_nothing(sqlite_harness: Harness) -> None:
    order = sqlite_harness.shop.order("SOKK-1")
    await sqlite_harness.deliver(order)
    before = len(sqlite_harness.warehouse.calls())
    await put_right(sqlite_harness, poll_interval_minutes=20)
    assert len(sqlite_harness.warehouse.calls()) == before


class TestAShopThatIsAway:
    """A look that cannot be made is owed, and follows the next poll of orders that goes well."""

    async def test_what_was_skipped_comes_after_the_next_good_poll(self, sqlite_harness: Harness) -> None:
        order = await skipped(sqlite_harness)
        sqlite_harness.shop.fail("status", status=503)
        await put_right(sqlite_harness, go_live=(sqlite_harness.clock() - timedelta(days=3)).isoformat())
        await sqlite_harness.poll()
        assert (numbers(sqlite_harness), (await cursor(sqlite_harness)).look_again) == ([], "settings")

        sqlite_harness.mend()
        sqlite_harness.tick(3600)
        await sqlite_harness.poll()

        assert numbers(sqlite_harness) == [str(order["id"])]
        assert (await cursor(sqlite_harness)).look_again is None

    async def test_so_it_does_when_the_connection_was_paused_then(self, sqlite_harness: Harness) -> None:
        order = await skipped(sqlite_harness)
        await sqlite_harness.set_status(sqlite_harness.connection, Status.PAUSED)
        await put_right(sqlite_harness, go_live=(sqlite_harness.clock() - timedelta(days=3)).isoformat())
        await sqlite_harness.set_status(sqlite_harness.connection, Status.ACTIVE)

        await sqlite_harness.poll()

        assert numbers(sqlite_harness) == [str(order["id"])]

    async def test_and_when_the_wake_up_could_not_be_sent(self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        order = await skipped(sqlite_harness)

        async def away(task: Task, key: str) -> bool:
            return False

        with monkeypatch.context() as patched:
            patched.setattr(sqlite_harness.wake_ups, "send", away)
            await put_right(sqlite_harness, go_live=(sqlite_harness.clock() - timedelta(days=3)).isoformat())

        await sqlite_harness.poll()

        assert numbers(sqlite_harness) == [str(order["id"])]

    async def test_after_a_change_the_next_poll_looks_once_more(self, sqlite_harness: Harness) -> None:
        """Another process may have decided by the settings that it had kept, after the look at once."""
        order = await skipped(sqlite_harness)
        await put_right(sqlite_harness, go_live=(sqlite_harness.clock() - timedelta(days=3)).isoformat())
        assert (numbers(sqlite_harness), (await cursor(sqlite_harness)).look_again) == ([str(order["id"])], "settings")

        await sqlite_harness.poll()

        assert (numbers(sqlite_harness), (await cursor(sqlite_harness)).look_again) == ([str(order["id"])], None)

    async def test_the_widest_look_stays_owed(self, sqlite_harness: Harness) -> None:
        async with sqlite_harness.gateway.database.begin() as db:
            for why in ("articles", "filters", "settings"):
                await cursors.owe_a_look(db, sqlite_harness.connection.id, why)
            await cursors.look_was_made(db, sqlite_harness.connection.id, "settings")
        assert (await cursor(sqlite_harness)).look_again == "filters"

    async def test_a_poll_after_which_nothing_is_owed_looks_at_nothing(self, sqlite_harness: Harness) -> None:
        await skipped(sqlite_harness)
        await sqlite_harness.make_due("orders")
        await work(sqlite_harness.gateway, Task.POLL, f"{sqlite_harness.connection.id}:orders")
        assert Task.LOOK_AGAIN not in {task for task, _ in sqlite_harness.wake_ups.waiting}


async def skipped(harness: Harness) -> Resource:
    """An order from before the go-live date, which the polls have passed."""
    await put_right(harness, go_live=(harness.clock() + timedelta(days=3)).isoformat())
    order = harness.shop.order("SOKK-1")
    await harness.deliver(order)
    assert (await harness.stored.mapping(order["id"])).reason_code == "before-go-live"
    for _ in range(2):
        harness.tick(3600)
        await harness.poll()
    return order


def _addresses(harness: Harness) -> dict[str, Any]:
    placed = harness.shop.order("SOKK-1")
    return {"billing": placed["billing"], "shipping": placed["shipping"]}
