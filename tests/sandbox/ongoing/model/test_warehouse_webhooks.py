"""The warehouse's own webhooks: what is told, to whom, and how often it is tried."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.kit.server import Server
from app.sandbox.ongoing import WarehouseConfig, Webhook, create_warehouse
from app.sandbox.ongoing.bodies.articles import ArticleBody
from tests.sandbox.ongoing.simulated_site import Build, Site


@dataclass
class Receiver:
    """Somebody who is told. Answers with `status`, and keeps what came."""

    status: int = 200
    came: list[tuple[str | None, dict[str, Any]]] = field(default_factory=list)
    url: str = ""
    has_been_told: threading.Event = field(default_factory=threading.Event)

    async def take(self, request: Request) -> Response:
        self.came.append((request.headers.get("x-auth-token"), await request.json()))
        self.has_been_told.set()
        return Response(status_code=self.status)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = Starlette(routes=[Route("/hook", receiver.take, methods=["POST"])])
    with Server(app) as server:
        receiver.url = f"{server.url}/hook"
        yield receiver


def told(receiver: Receiver, template: str = "order") -> list[dict[str, Any]]:
    return [payload for _, payload in receiver.came if payload["webhookTemplate"] == template]


def site_with(build: Build, receiver: Receiver, **hook: Any) -> Site:
    return build(webhooks=(Webhook(receiver.url, "s3cret", **hook),))


async def deliver(site: Site) -> int:
    return await site.warehouse.webhook_outbox.deliver()


class TestWhatIsTold:
    async def test_an_order_in_the_vendors_shape_with_the_secret_in_the_header(self, build: Build, receiver: Receiver) -> None:
        site = site_with(build, receiver, templates=("order",))
        await site.put_order(goodsOwnerOrderId="10045")
        assert await deliver(site) == 1
        ((token, payload),) = receiver.came
        assert token == "s3cret"
        assert payload == {
            "webhookEventId": 90002,
            "system": "demo",
            "timestamp": "2027-02-01T08:00:00.0000000",
            "goodsOwnerId": 77,
            "goodsOwnerName": "Goods owner 77",
            "webhookTemplate": "order",
            "byUser": {"userId": 3},
            "byComputer": {"computerId": 1, "computerName": "PC1"},
            "webhookOrdersId": 1,
            "orderId": 50001,
            "orderNumber": "W-1",
            "goodsOwnerOrderId": "10045",
            "consigneeOrderNumber": "",
            "path": "/api/v1/orders/50001",
            "orderStatus": {"number": 300},
            "currentShipmentId": None,
            "goodsOwnerClasses": None,
            "tracking": [],
            "parcels": [],
        }

    async def test_status_changes_and_picks_are_told_but_not_the_carriers_numbers(self, build: Build, receiver: Receiver) -> None:
        site = site_with(build, receiver, templates=("order",))
        await site.put_order()
        site.warehouse.set_order_status("W-1", 320)
        site.warehouse.pick("W-1", {"1": 1})
        site.warehouse.pick("W-1", {"1": 2})
        site.warehouse.set_order_status("W-1", 450)
        site.warehouse.track("W-1", "703")
        await deliver(site)
        assert [payload["orderStatus"]["number"] for payload in told(receiver)] == [300, 320, 400, 400, 450]

    async def test_only_the_chosen_statuses_are_told(self, build: Build, receiver: Receiver) -> None:
        site = site_with(build, receiver, templates=("order",), statuses=(450,))
        await site.put_order()
        site.warehouse.ship("W-1")
        await deliver(site)
        assert [payload["orderStatus"]["number"] for payload in told(receiver)] == [450]

    async def test_goods_are_told_of_without_their_order(self, build: Build, receiver: Receiver) -> None:
        site = site_with(build, receiver, templates=("picking-packing-and-returns",))
        await site.put_order()
        site.warehouse.ship("W-1")
        site.warehouse.return_goods("W-1", {"1": 1}, "SIZE")
        await deliver(site)
        picked, returned = told(receiver, "picking-packing-and-returns")
        assert (picked["action"], picked["articleItem"]) == ("picked", {"numberOfItems": 2, "returnCause": None})
        assert (returned["action"], returned["articleItem"]) == (
            "returned",
            {"numberOfItems": 1, "returnCause": {"code": "SIZE", "name": "Wrong size"}},
        )
        assert returned["article"] == {"articleSystemId": 18001, "articleNumber": "TEE"}
        assert "orderId" not in returned

    async def test_stock_adjustments_articles_and_receipts_are_told(self, build: Build, receiver: Receiver) -> None:
        site = site_with(build, receiver)
        await site.put_article(articleNumber="TEE")
        site.warehouse.adjust_stock("TEE", -2, "BROKEN")
        line = {"rowNumber": "1", "articleNumber": "TEE", "numberOfItems": 5}
        await site.api.put(
            "/purchaseOrders", json={"goodsOwnerId": 77, "purchaseOrderNumber": "PO", "purchaseOrderLines": [line]}
        )
        site.warehouse.purchases.receive("PO", {"1": 5})
        await deliver(site)
        (adjusted,) = told(receiver, "inventory")
        assert (adjusted["transaction"], adjusted["cause"]["code"]) == ({"transactionNumberOfItems": -2}, "BROKEN")
        assert [payload["articleNumber"] for payload in told(receiver, "article")] == ["TEE"]
        assert [payload["purchaseOrderStatus"]["number"] for payload in told(receiver, "purchase-order")] == [100, 500]
        assert [payload["articleItem"]["numberOfItems"] for payload in told(receiver, "inbound-and-move")] == [5]

    async def test_other_goods_owners_are_not_told_of(self, build: Build, receiver: Receiver) -> None:
        site = site_with(build, receiver, templates=("order",), goods_owner_id=78)
        await site.put_order()
        await site.put_order("W-2", goodsOwnerId=78)
        await deliver(site)
        assert [payload["orderNumber"] for payload in told(receiver)] == ["W-2"]

    async def test_a_refused_change_is_not_told_of(self, build: Build, receiver: Receiver) -> None:
        site = site_with(build, receiver, templates=("order",))
        await site.put_order()
        site.warehouse.set_order_status("W-1", 400)
        await site.put_order()
        await deliver(site)
        assert [payload["orderStatus"]["number"] for payload in told(receiver)] == [300, 400]


class TestTries:
    async def test_what_fails_is_tried_again_after_1_5_15_30_minutes_then_every_two_hours_for_a_day(
        self, build: Build, receiver: Receiver
    ) -> None:
        receiver.status = 500
        site = site_with(build, receiver, templates=("order",))
        await site.put_order()
        start = site.clock.now
        while site.warehouse.webhook_outbox.waiting:
            site.clock.now = site.warehouse.webhook_outbox.waiting[0].due
            await deliver(site)
        minutes = [int((sent.at - start) / timedelta(minutes=1)) for sent in site.warehouse.webhook_outbox.sent]
        assert minutes[:7] == [0, 1, 6, 21, 51, 171, 291]
        assert minutes[-1] == 1371  # one more would come after a day
        assert {payload["webhookEventId"] for payload in told(receiver)} == {90002}

    async def test_nothing_is_tried_before_its_time(self, build: Build, receiver: Receiver) -> None:
        receiver.status = 404
        site = site_with(build, receiver, templates=("order",))
        await site.put_order()
        assert await deliver(site) == 1
        site.clock.forward(seconds=59)
        assert await deliver(site) == 0
        receiver.status = 204
        assert await site.warehouse.webhook_outbox.deliver(all_now=True) == 1
        assert site.warehouse.webhook_outbox.waiting == []

    async def test_a_webhook_without_tries_misses_it_for_good(self, build: Build, receiver: Receiver) -> None:
        receiver.status = 302
        site = site_with(build, receiver, templates=("order",), retries=False)
        await site.put_order()
        await deliver(site)
        assert site.warehouse.webhook_outbox.waiting == []

    async def test_nobody_there_counts_as_a_failure(self, build: Build) -> None:
        site = build(webhooks=(Webhook("http://127.0.0.1:1/hook", "s3cret", templates=("order",)),))
        await site.put_order()
        await deliver(site)
        assert [(sent.status, sent.attempt) for sent in site.warehouse.webhook_outbox.sent] == [(None, 1)]
        assert len(site.warehouse.webhook_outbox.waiting) == 1


class TestFromOutside:
    async def test_webhooks_are_set_up_and_the_queue_is_sent_and_read(self, site: Site, receiver: Receiver) -> None:
        hook = {"url": receiver.url, "token": "s3cret", "header": "X-Auth-Token", "templates": ["order"]}
        (shown,) = (await site.outside.post("/_sandbox/webhooks", json=hook)).json()
        assert (shown["url"], shown["token"]) == (receiver.url, "…")
        await site.put_order()
        receiver.status = 500
        assert (await site.outside.post("/_sandbox/deliver")).json() == {"sent": 1, "waiting": 1}
        receiver.status = 200
        assert (await site.outside.post("/_sandbox/deliver")).json() == {"sent": 0, "waiting": 1}
        seen = (await site.outside.get("/_sandbox/deliveries")).json()
        assert [(one["status"], one["payload"]["orderNumber"]) for one in seen["sent"]] == [(500, "W-1")]
        assert [(one["due"], one["attempts"]) for one in seen["waiting"]] == [("2027-02-01T08:01:00Z", 1)]
        assert (await site.outside.post("/_sandbox/deliver", json={"all": True})).json() == {"sent": 1, "waiting": 0}
        assert len((await site.outside.get("/_sandbox/deliveries?since=1")).json()["sent"]) == 1
        assert (await site.outside.delete("/_sandbox/webhooks")).json() == []

    async def test_what_is_no_webhook_is_said(self, site: Site) -> None:
        assert (await site.outside.post("/_sandbox/webhooks", json={"url": "x"})).status_code == 422
        assert (await site.outside.post("/_sandbox/deliver", json={"now": True})).status_code == 422

    async def test_they_go_out_by_themselves_while_the_warehouse_is_served(self, receiver: Receiver) -> None:
        hooks = (Webhook(receiver.url, "s3cret", templates=("inventory",)),)
        app = create_warehouse(WarehouseConfig(webhooks=hooks, webhook_seconds=0.01), lambda: datetime(2027, 2, 1, tzinfo=UTC))
        with Server(app):
            from_another_thread = app.state.warehouse
            from_another_thread.put_article(article("TEE"))
            from_another_thread.adjust_stock("TEE", 1)
            assert await asyncio.to_thread(receiver.has_been_told.wait, 30)
        assert [payload["article"]["articleNumber"] for payload in told(receiver, "inventory")] == ["TEE"]


def article(number: str) -> Any:

    return ArticleBody.model_validate({"goodsOwnerId": 77, "articleNumber": number})
