"""Webhooks: what is told of, what a delivery holds, and how webhooks are registered and pinged."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from app.sandbox.woocommerce import Shop
from app.sandbox.woocommerce.model.deliveries import signature
from app.sandbox.woocommerce.wire.php import to_json
from tests.sandbox.woocommerce.model.webhooks_heard import SECRET, events, register
from tests.sandbox.woocommerce.recorded.recorded_shop import (
    RECORDED,
    ApiClient,
    Received,
    Receiver,
    StoppedClock,
    open_shop,
    rest,
    webhook,
)

EVENTS = (
    "order.created", "order.updated", "order.deleted", "order.restored",
    "product.created", "product.updated", "product.deleted", "product.restored",
)  # fmt: skip


def recorded_bodies() -> list[dict[str, Any]]:
    found = [json.loads(path.read_text()) for path in sorted((RECORDED / "webhooks").glob("*.json"))]
    return [delivery for delivery in found if delivery["secret"]]


class TestBodies:
    @pytest.mark.parametrize("recorded", recorded_bodies(), ids=lambda recorded: recorded["file"])
    def test_json_is_written_and_signed_byte_for_byte_as_the_shop_does(self, recorded: dict[str, Any]) -> None:
        body = to_json(json.loads(recorded["body"]))

        assert body.decode() == recorded["body"]
        assert signature(body, recorded["secret"]) == dict(recorded["headers"])["X-WC-Webhook-Signature"]

    @pytest.mark.parametrize(("secret", "signs_like"), [
        ("a&amp;b", "a&b"), ("a&#039;b", "a'b"), ("&lt;&quot;&gt;", '<">'), ("a&amp;amp;b", "a&amp;b"), (" a\\b ", " a\\b "),
    ])  # fmt: skip
    def test_entities_in_the_secret_are_decoded_once(self, secret: str, signs_like: str) -> None:
        expected = base64.b64encode(hmac.new(signs_like.encode(), b"{}", hashlib.sha256).digest()).decode()
        assert signature(b"{}", secret) == expected

    async def test_a_recorded_order_is_delivered_with_the_recorded_body_and_signature(self, receiver: Receiver) -> None:
        recorded = webhook(107)
        _, shop = open_shop()
        shop.put_order_raw(json.loads(recorded["body"]))
        shop.webhooks.add({"topic": "order.updated", "delivery_url": receiver.url, "secret": SECRET}, shop.now())
        shop.webhooks.to_ping.clear()
        shop.fire("order.updated", 54)
        await shop.run_queue()

        sent = receiver.received[0]
        headers = {name.lower(): value for name, value in recorded["headers"]}
        assert sent.body.decode() == recorded["body"]
        assert sent.headers["x-wc-webhook-signature"] == headers["x-wc-webhook-signature"]
        assert set(sent.headers) == set(headers)
        same = set(headers) - {"host", "x-wc-webhook-delivery-id", "x-wc-webhook-id"}
        assert {name: sent.headers[name] for name in same} == {name: headers[name] for name in same}

    async def test_the_body_is_built_when_it_is_sent(self, api: ApiClient, shop: Shop, receiver: Receiver) -> None:
        await register(api, receiver, "order.created", "order.updated")
        order = shop.add_order({})
        for status in ("on-hold", "processing", "on-hold", "completed"):
            await api.put(f"/orders/{order['id']}", {"status": status})
        await shop.run_queue()

        assert [(one.topic, one.content["status"]) for one in receiver.received] == [
            ("order.created", "completed"), ("order.updated", "completed"),
        ]  # fmt: skip

    async def test_an_order_deleted_before_sending_leaves_a_signed_error_object(
        self, api: ApiClient, shop: Shop, receiver: Receiver
    ) -> None:
        await register(api, receiver, "order.updated")
        order = shop.add_order({})
        shop.delete_order(order["id"])
        await shop.run_queue()

        assert receiver.received[0].content == rest(112)["body"]
        assert receiver.received[0].headers["x-wc-webhook-signature"] == signature(receiver.received[0].body, SECRET)

    async def test_a_user_without_rights_leaves_an_error_object(self, api: ApiClient, shop: Shop, receiver: Receiver) -> None:
        await register(api, receiver, "order.updated")
        shop.add_order({})
        shop.owner_has_rights = False
        await shop.run_queue()

        assert receiver.received[0].content["code"] == "woocommerce_rest_cannot_view"

    async def test_delivery_ids_repeat_within_a_second(
        self, api: ApiClient, shop: Shop, receiver: Receiver, clock: StoppedClock
    ) -> None:
        await register(api, receiver, "order.created")
        shop.add_order({})
        shop.add_order({})
        await shop.run_queue()
        clock.seconds += 1
        shop.add_order({})
        await shop.run_queue()

        first, second, third = [one.headers["x-wc-webhook-delivery-id"] for one in receiver.received]
        assert first == second != third


class TestEvents:
    async def test_an_order_made_over_rest_is_created_then_updated_and_a_checkout_the_other_way_round(
        self, api: ApiClient, shop: Shop, receiver: Receiver
    ) -> None:
        await register(api, receiver, *EVENTS)
        product = shop.add_product({"name": "Jakke", "regular_price": "100", "manage_stock": True, "stock_quantity": 9})["id"]
        shop.drop_queue()
        line = {"line_items": [{"product_id": product, "quantity": 1}]}

        made = shop.add_order({"status": "processing", **line})["id"]
        assert await events(shop, receiver) == [("order.created", made), ("order.updated", made), ("product.updated", product)]
        bought = shop.checkout({"payment_method": "cod", **line})["id"]
        assert await events(shop, receiver) == [
            ("order.updated", bought),
            ("order.created", bought),
            ("product.updated", product),
        ]

    async def test_a_status_written_again_and_stock_written_again_are_told(
        self, api: ApiClient, shop: Shop, receiver: Receiver
    ) -> None:
        await register(api, receiver, *EVENTS)
        product = shop.add_product({"name": "A", "manage_stock": True, "stock_quantity": 9})["id"]
        order = shop.add_order({"status": "completed"})["id"]
        shop.drop_queue()

        await api.put(f"/orders/{order}", {"status": "completed"})
        await api.put(f"/products/{product}", {"stock_quantity": 9})
        assert await events(shop, receiver) == [("order.updated", order), ("product.updated", product)]

    async def test_a_variation_is_told_under_its_own_id_with_its_full_name(
        self, api: ApiClient, shop: Shop, receiver: Receiver
    ) -> None:
        await register(api, receiver, *EVENTS)
        shop.put_product_raw(rest(129)["body"])
        body = {"sku": "NY", "regular_price": "1", "attributes": [{"name": "Farge", "option": "Blå"}]}
        variation = (await api.post("/products/23/variations", body)).json()
        await shop.run_queue()

        assert [(one.topic, one.content["id"]) for one in receiver.received] == [("product.created", variation["id"])]
        sent = receiver.received[0].content
        assert (sent["name"], sent["type"], sent["parent_id"]) == ("Ullsokker Røros - Blå", "variation", 23)
        assert variation["name"] == "Blå"
        assert list(sent) == list(json.loads(webhook(19)["body"]))

    async def test_deleted_means_trashed_and_for_good_means_silence(self, api: ApiClient, shop: Shop, receiver: Receiver) -> None:
        await register(api, receiver, *EVENTS)
        product, order = shop.add_product({"name": "A"})["id"], shop.add_order({})["id"]
        shop.drop_queue()

        await api.delete(f"/orders/{order}")
        await api.delete(f"/products/{product}")
        receiver.received.clear()
        await shop.run_queue()
        assert [(one.topic, one.body) for one in receiver.received] == [
            ("order.deleted", f'{{"id":{order}}}'.encode()), ("product.deleted", f'{{"id":{product}}}'.encode()),
        ]  # fmt: skip
        await api.delete(f"/orders/{order}", force="true")
        await api.delete(f"/products/{product}", force="true")
        assert await events(shop, receiver) == []

    async def test_out_of_the_trash(self, api: ApiClient, shop: Shop, receiver: Receiver) -> None:
        await register(api, receiver, *EVENTS)
        product, order = shop.add_product({"name": "A", "status": "draft"})["id"], shop.add_order({"status": "processing"})["id"]
        for path in (f"/orders/{order}", f"/products/{product}"):
            await api.delete(path)
        shop.drop_queue()

        shop.restore_order(order)
        shop.restore_product(product)
        assert await events(shop, receiver) == [
            ("order.restored", order), ("product.updated", product), ("product.restored", product),
        ]  # fmt: skip
        assert (shop.orders[order]["status"], shop.products[product]["status"]) == ("processing", "draft")

    async def test_a_status_written_to_a_trashed_order_brings_it_back_without_a_word(
        self, api: ApiClient, shop: Shop, receiver: Receiver
    ) -> None:
        await register(api, receiver, *EVENTS)
        product, order = shop.add_product({"name": "A"})["id"], shop.add_order({"status": "processing"})["id"]
        await api.delete(f"/orders/{order}")
        await api.delete(f"/products/{product}")
        shop.drop_queue()

        assert (await api.put(f"/orders/{order}", {"status": "processing"})).json()["status"] == "processing"
        assert await events(shop, receiver) == []
        await api.put(f"/products/{product}", {"status": "publish"})
        assert await events(shop, receiver) == [("product.updated", product)]

    async def test_a_note_is_not_told_and_a_refund_is_after_its_restocked_goods(
        self, api: ApiClient, shop: Shop, receiver: Receiver
    ) -> None:
        await register(api, receiver, *EVENTS)
        product = shop.add_product({"name": "A", "regular_price": "10", "manage_stock": True, "stock_quantity": 9})["id"]
        made = shop.add_order({"status": "processing", "line_items": [{"product_id": product, "quantity": 2}]})
        shop.drop_queue()

        await api.post(f"/orders/{made['id']}/notes", {"note": "Hei"})
        assert await events(shop, receiver) == []
        line = {"id": made["line_items"][0]["id"], "quantity": 1, "refund_total": 8}
        await api.post(f"/orders/{made['id']}/refunds", {"amount": "10.00", "api_refund": False, "line_items": [line]})
        assert await events(shop, receiver) == [("product.updated", product), ("order.updated", made["id"])]


class TestRegistration:
    async def test_a_ping_is_an_unsigned_form_as_recorded(self, api: ApiClient, receiver: Receiver) -> None:
        await api.post("/webhooks", {"topic": "order.created", "delivery_url": receiver.url, "secret": SECRET})

        recorded = webhook(1)
        ping: Received = receiver.received[0]
        headers = {name.lower(): value for name, value in recorded["headers"]}
        assert ping.body.decode() == recorded["body"] == "webhook_id=1"
        assert {**ping.headers, "host": ""} == {**headers, "host": ""}

    async def test_webhooks_are_listed_changed_and_deleted(self, api: ApiClient, receiver: Receiver) -> None:
        made = await register(api, receiver, *EVENTS)

        listed = await api.get("/webhooks", per_page=3, order="asc", orderby="id")
        changed = (await api.put(f"/webhooks/{made[0]}", {"name": "New name", "status": "paused"})).json()
        deleted = await api.delete(f"/webhooks/{made[0]}", force="true")

        assert [webhook["topic"] for webhook in listed.json()] == ["order.created", "order.updated", "order.deleted"]
        assert (listed.headers["X-WP-Total"], listed.headers["X-WP-TotalPages"]) == ("8", "3")
        assert list(listed.json()[0]) == list(rest(1)["body"])
        assert (changed["name"], changed["status"]) == ("New name", "paused")
        assert deleted.status_code == 200
        assert (await api.get(f"/webhooks/{made[0]}")).status_code == 404

    async def test_without_a_secret_the_shop_makes_one_that_no_call_shows(
        self, api: ApiClient, shop: Shop, receiver: Receiver
    ) -> None:
        made = (await api.post("/webhooks", {"topic": "order.created", "delivery_url": receiver.url})).json()

        assert len(shop.webhooks.find(made["id"]).secret) == 50
        assert "secret" not in made

    @pytest.mark.parametrize(("topic", "status"), [
        ("product.published", 201), ("order.published", 400), ("customer.updated", 201), ("action.woocommerce_x", 201),
        ("order", 400),
    ])  # fmt: skip
    async def test_topics_are_checked(self, api: ApiClient, receiver: Receiver, topic: str, status: int) -> None:
        assert (await api.post("/webhooks", {"topic": topic, "delivery_url": receiver.url})).status_code == status
