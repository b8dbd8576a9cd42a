"""Webhooks: made, changed, taken away, and what they are sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.kit.server import Server
from tests.sandbox.mystore.calling import Site, detail
from tests.sandbox.mystore.conftest import Build

Received = list[tuple[dict[str, str], bytes]]


@pytest.fixture
def received() -> Received:
    return []


@pytest.fixture
def url(received: Received) -> Iterator[str]:
    """Where a receiver listens that answers 500: nothing is sent again."""

    async def take(request: Request) -> Response:
        received.append((dict(request.headers), await request.body()))
        return Response(status_code=500)

    with Server(Starlette(routes=[Route("/in", take, methods=["POST"])])) as server:
        yield f"{server.url}/in"


async def listen(site: Site, url: str, *topics: str) -> list[str]:
    """The secrets of webhooks for these topics."""
    made = [await site.post("webhooks", {"topic": topic, "url": url}) for topic in topics]
    assert {one.status_code for one in made} == {201}
    return [one.json()["data"]["attributes"].get("secret", "") for one in made]


def signed(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class TestManaging:
    async def test_the_secret_is_in_the_first_answer_only(self, site: Site) -> None:
        made = (await site.post("webhooks", {"topic": "orders/create", "url": "http://gateway.example/"})).json()["data"]
        assert set(made["attributes"]) == {"topic", "url", "secret", "created_at"}
        (listed,) = (await site.get("/webhooks")).json()["data"]
        assert listed["attributes"] == {
            "topic": "orders/create", "url": "http://gateway.example/", "created_at": "2026-11-21 09:12:00",
        }  # fmt: skip

    async def test_it_can_be_changed_and_taken_away(self, site: Site) -> None:
        await listen(site, "http://gateway.example/", "orders/create")
        changed = await site.patch("webhooks", "1", {"url": "http://other.example/"})
        assert changed.json()["data"]["attributes"]["url"] == "http://other.example/"
        assert (await site.call("DELETE", "/webhooks/1")).status_code == 204
        assert (await site.get("/webhooks/1")).status_code == 404

    @pytest.mark.parametrize(
        "given",
        [
            {"topic": "orders/paid", "url": "http://a.example/"},
            {"topic": "orders/create", "url": "a"},
            {"topic": "orders/create"},
        ],
    )
    async def test_what_it_does_not_take(self, site: Site, given: Any) -> None:
        assert (await site.post("webhooks", given)).status_code == 422

    async def test_making_one_may_be_refused(self, open_site: Build) -> None:
        site = open_site(webhook_creation="refuses")
        answer = await site.post("webhooks", {"topic": "orders/create", "url": "http://gateway.example/"})
        assert (answer.status_code, detail(answer)) == (403, "Webhooks are made in the control panel")

    async def test_its_attributes_may_be_named_otherwise(self, open_site: Build) -> None:
        site = open_site(webhook_attributes=("event", "target"), webhook_key="client")
        refused = await site.post("webhooks", {"topic": "orders/create", "url": "http://gateway.example/"})
        assert (refused.status_code, detail(refused)) == (400, "attributes: unknown field topic")
        made = await site.post("webhooks", {"event": "orders/create", "target": "http://gateway.example/"})
        assert set(made.json()["data"]["attributes"]) == {"event", "target", "created_at"}


class TestDeliveries:
    async def test_it_is_signed_over_the_raw_body(self, site: Site, url: str, received: Received) -> None:
        (secret,) = await listen(site, url, "orders/create")
        site.shop.place_order([{"sku": "Å"}])
        await site.shop.deliver()
        ((headers, body),) = received
        assert headers["x-no-mystore-topic"] == "orders/create"
        assert headers["x-no-mystore-host"] == "demo"
        assert headers["x-no-mystore-hmac-sha256"] == signed(body, secret)
        assert json.loads(body) == {"data": site.shop.find("orders", 10001)}

    async def test_the_secret_may_be_the_app_s(self, open_site: Build, url: str, received: Received) -> None:
        site = open_site(webhook_key="client", webhook_encoding="hex")
        assert await listen(site, url, "orders/create") == [""]
        site.shop.place_order([{"sku": "A"}])
        await site.shop.deliver()
        ((headers, body),) = received
        assert headers["x-no-mystore-hmac-sha256"] == hmac.new(b"client-secret", body, hashlib.sha256).hexdigest()

    async def test_nothing_is_sent_again(self, site: Site, url: str, received: Received) -> None:
        await listen(site, url, "orders/create")
        site.shop.place_order([{"sku": "A"}])
        await site.shop.deliver()
        await site.shop.deliver()
        assert len(received) == 1
        assert [(one.topic, one.resource_id, one.status) for one in site.shop.deliveries] == [("orders/create", 10001, 500)]

    async def test_writes_over_the_api_are_announced_too(self, site: Site) -> None:
        topics = ("orders/create", "orders/update", "orders/delete", "products/create", "products/update", "products/delete")
        await listen(site, "http://127.0.0.1:9/", *topics)
        site.shop.add_product("A", variants=[{"sku": "A-1"}])
        site.shop.place_order([{"sku": "A-1"}])
        await site.patch("orders", "10001", {"tracking_number": "1"})
        await site.patch("product-variants", "1", {"quantity": 1})
        await site.patch("products", "1", {"quantity": 1})
        related = {"order": ("orders", "10001"), "order_status": ("order-status", "1")}
        await site.post("order-status-history", {"comments": "x"}, **related)
        site.shop.delete_order(10001)
        site.shop.delete_product(1)
        assert [one.topic for one in site.shop.webhooks.waiting] == [
            "products/create", "orders/create", "orders/update", "products/update", "products/update", "orders/update",
            "orders/delete", "products/delete",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("form", "members"), [("id", {"type", "id"}), ("whole", {"type", "id", "attributes", "relationships"})]
    )
    async def test_what_is_deleted_has_its_id(self, open_site: Build, form: str, members: set[str]) -> None:
        site = open_site(webhook_delete_body=form)
        await listen(site, "http://127.0.0.1:9/", "orders/delete")
        site.shop.place_order([{"sku": "A"}])
        site.shop.delete_order(10001)
        said = json.loads(site.shop.webhooks.waiting[0].body)["data"]
        assert (said["id"], set(said)) == ("10001", members)
