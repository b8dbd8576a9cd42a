"""Webhooks: what becomes of a webhook and of its deliveries by the receiver's answer."""

from __future__ import annotations

import json
from asyncio import Event, StreamReader, StreamWriter, start_server
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.sandbox.kit.server import free_port
from app.sandbox.woocommerce import Shop
from tests.sandbox.woocommerce.conftest import HTTPS_HOME
from tests.sandbox.woocommerce.model.webhooks_heard import SECRET, events, register
from tests.sandbox.woocommerce.recorded.recorded_shop import (
    RECORDED,
    ApiClient,
    Receiver,
    open_shop,
)

ANSWERS = json.loads((RECORDED / "behaviour" / "delivery-answers.json").read_text())


@asynccontextmanager
async def slow_receiver(answers_deliveries: bool) -> AsyncIterator[str]:
    """Takes every request and answers no ping, nor anything at all unless it is told to answer deliveries."""
    over = Event()

    async def take(reader: StreamReader, writer: StreamWriter) -> None:
        headers = await reader.readuntil(b"\r\n\r\n")
        if answers_deliveries and b"X-WC-Webhook-Topic" in headers:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        else:
            await over.wait()
        writer.close()

    server = await start_server(take, "127.0.0.1")
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        over.set()
        server.close()


class TestAnswers:
    @pytest.mark.parametrize("recorded", ANSWERS["one_event_per_answer_code"], ids=lambda case: str(case["receiver_answers"]))
    async def test_one_event_goes_as_recorded(
        self, api: ApiClient, shop: Shop, receiver: Receiver, recorded: dict[str, Any]
    ) -> None:
        receiver.answers = receiver.pings = recorded["receiver_answers"]
        body = {"topic": "order.created", "delivery_url": receiver.url, "secret": SECRET}
        made = (await api.post("/webhooks", body)).json()["id"]
        while_made = receiver.topics.copy()
        receiver.received.clear()
        shop.add_order({})
        await shop.run_queue()
        for_one_event = receiver.topics.copy()
        receiver.received.clear()
        await shop.run_queue()

        assert while_made == recorded["requests_while_webhook_was_made"]
        assert for_one_event == [name.replace("coupon.updated", "order.created") for name in recorded["requests_for_one_event"]]
        assert shop.webhooks.find(made).failures == recorded["failure_count_after"]
        assert receiver.topics == recorded["sent_again_by_a_later_queue_run"]

    async def test_the_seventh_failure_in_a_row_disables(self, api: ApiClient, shop: Shop, receiver: Receiver) -> None:
        receiver.answers = receiver.pings = 500
        (made,) = await register(api, receiver, "order.created")
        for recorded in ANSWERS["nine_events_all_answered_500"]:
            receiver.received.clear()
            shop.add_order({})
            await shop.run_queue()

            assert receiver.topics == [name.replace("coupon.updated", "order.created") for name in recorded["requests"]]
            assert (await api.get(f"/webhooks/{made}")).json()["status"] == recorded["status"]
            assert shop.webhooks.find(made).failures == recorded["failure_count"]

    async def test_activating_again_does_not_reset_the_count_but_one_success_does(
        self, api: ApiClient, shop: Shop, receiver: Receiver
    ) -> None:
        receiver.answers = 500
        (made,) = await register(api, receiver, "order.created")
        for _ in range(7):
            shop.add_order({})
            await shop.run_queue()
        await api.put(f"/webhooks/{made}", {"status": "active"})
        shop.add_order({})
        await shop.run_queue()
        assert (await api.get(f"/webhooks/{made}")).json()["status"] == "disabled"

        receiver.answers = 200
        receiver.received.clear()
        await api.put(f"/webhooks/{made}", {"status": "active", "delivery_url": f"{receiver.url}/new"})
        assert receiver.topics == ["ping"]
        shop.add_order({})
        await shop.run_queue()
        assert (shop.webhooks.find(made).failures, shop.webhooks.find(made).status) == (0, "active")

    async def test_nobody_listening_is_a_failure(self, api: ApiClient, shop: Shop) -> None:
        body = {"topic": "order.created", "delivery_url": f"http://127.0.0.1:{free_port()}/", "secret": SECRET}
        made = (await api.post("/webhooks", body)).json()["id"]
        shop.add_order({})
        await shop.run_queue()

        assert shop.webhooks.find(made).failures == 1
        assert [(sent.topic, sent.status) for sent in shop.deliveries] == [
            ("ping", None),
            ("order.created", None),
            ("ping", None),
        ]

    @pytest.mark.parametrize(("answers_deliveries", "failures"), [(True, 0), (False, 1)])
    async def test_a_receiver_that_is_too_slow_loses_the_ping_first_and_then_the_delivery(
        self, answers_deliveries: bool, failures: int
    ) -> None:
        """Recorded with 8 s and 64 s against the 5 s of a ping and the 60 s of a delivery; here the receiver never answers."""
        app, shop = open_shop(HTTPS_HOME, ping_timeout=0.05, delivery_timeout=60.0 if answers_deliveries else 0.05)
        async with slow_receiver(answers_deliveries) as url:
            body = {"topic": "order.created", "delivery_url": url, "secret": SECRET}
            made = (await ApiClient(app, HTTPS_HOME).post("/webhooks", body)).json()["id"]
            shop.add_order({})
            await shop.run_queue()
            await shop.run_queue()

        assert [(sent.topic, sent.status) for sent in shop.deliveries] == [
            ("ping", None), ("order.created", 200 if answers_deliveries else None), ("ping", None),
        ]  # fmt: skip
        assert (shop.webhooks.find(made).failures, shop.webhooks.find(made).pending) == (failures, True)

    async def test_a_paused_webhook_misses_its_events_for_good(self, api: ApiClient, shop: Shop, receiver: Receiver) -> None:
        (made,) = await register(api, receiver, "order.created")
        await api.put(f"/webhooks/{made}", {"status": "paused"})
        shop.add_order({})
        await api.put(f"/webhooks/{made}", {"status": "active"})

        assert await events(shop, receiver) == []


async def test_each_delivery_is_one_request_to_the_receiver_and_no_redirect_is_followed(receiver: Receiver) -> None:
    app, shop = open_shop("https://shop.example")
    api = ApiClient(app, "https://shop.example")
    await register(api, receiver, "order.created")
    receiver.answers = 301
    shop.add_order({})
    await shop.run_queue()

    assert receiver.topics == ["order.created"]
