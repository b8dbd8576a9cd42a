"""The client against the strict simulator of a shop: every parameter it sends is one the shop knows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.domain import Process
from app.errors import LoginRefused
from app.http import client_on, encode_query
from app.integrations.woocommerce.client import WooCommerceClient
from app.integrations.woocommerce.mapping.fields import map_article, map_order
from app.integrations.woocommerce.rest.oauth import Signer, signed
from app.integrations.woocommerce.settings import SignatureMethod, WooCommerceSettings
from app.sandbox.woocommerce import ShopConfig, create_shop
from tests.integrations.woocommerce.recordings import credentials

KEYS = ("ck_1", "cs_1", "read_write")


class Clock:
    """The shop's and the client's."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Simulated:
    """A shop with its client; over http, so signed with OAuth 1.0a."""

    def __init__(self, scheme: str) -> None:
        self.clock = Clock()
        self.url = f"{scheme}://shop.example"
        app = create_shop(ShopConfig(home_url=self.url, consumer_keys=[KEYS], weight_unit="g"), self.clock)
        self.http = client_on(httpx.ASGITransport(app))

    def client(self, secret: str = "cs_1", **settings: Any) -> WooCommerceClient:
        shop = credentials(shop_url=self.url, consumer_secret=secret)
        return WooCommerceClient(WooCommerceSettings.model_validate({"weight_unit": "g"} | settings), shop, self.http, self.clock)

    async def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """As the shop's own staff would, over its own API."""
        url = f"{self.url}/wp-json/wc/v3/{path}"
        by = SignatureMethod.HMAC_SHA256
        query = encode_query(signed("POST", url, [], Signer("ck_1", "cs_1", by), now=self.clock()))
        if url.startswith("http://"):
            answer = await self.http.post(f"{url}?{query}", json=body)
        else:
            answer = await self.http.post(url, json=body, auth=("ck_1", "cs_1"))
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(params=["http", "https"])
async def simulated(request: pytest.FixtureRequest) -> AsyncIterator[Simulated]:
    shop = Simulated(request.param)
    yield shop
    await shop.http.aclose()


PERSON = {"first_name": "Eva", "last_name": "Moen", "address_1": "Vei 1", "city": "Oslo", "postcode": "0150", "country": "NO"}


async def test_the_connection_test_finds_it_healthy(simulated: Simulated) -> None:
    report = await simulated.client().test()
    assert [check for check in report.checks if not check.ok] == []
    assert (report.facts["version"], report.facts["currency"], report.facts["weight_unit"]) == ("11.0.1", "NOK", "g")


async def test_a_wrong_secret_is_said(simulated: Simulated) -> None:
    shop = simulated.client(secret="cs_2")
    with pytest.raises(LoginRefused):
        await shop.read(Process.ORDERS, "1")
    assert not (await shop.test()).ok


async def test_products_variations_and_orders_are_polled_read_and_mapped(simulated: Simulated) -> None:
    jacket = await simulated.put("products", {"name": "Jakke", "sku": "J-1", "regular_price": "100", "weight": "650"})
    attributes = [{"name": "Farge", "options": ["Grå", "Blå"], "variation": True}]
    socks = await simulated.put("products", {"name": "Sokker", "type": "variable", "sku": "S", "attributes": attributes})
    option = [{"name": "Farge", "option": "Grå"}]
    grey = await simulated.put(f"products/{socks['id']}/variations", {"sku": "S-GR", "regular_price": "50", "attributes": option})
    customer = await simulated.put("customers", {"email": "eva@firma.example"})
    lines = [{"product_id": jacket["id"], "quantity": 2}, {"product_id": socks["id"], "variation_id": grey["id"], "quantity": 1}]
    placed = await simulated.put(
        "orders", {"status": "processing", "customer_id": customer["id"], "billing": PERSON, "line_items": lines}
    )

    shop, settings = simulated.client(), WooCommerceSettings(weight_unit="g")
    polled = [record async for page in shop.changes(Process.ARTICLES, None, None) for record in page.records]
    articles = {article.number: article for article in (map_article(record, settings) for record in polled)}
    assert set(articles) == {"J-1", "S", "S-GR"}
    assert articles["S-GR"].name == "Sokker - Grå"
    assert str(articles["J-1"].weight_kg) == "0.65"

    found = await shop.read_many(Process.ARTICLES, [str(each["id"]) for each in (jacket, socks, grey)] + ["999999"])
    assert {source_id for source_id, record in found.items() if record} == {str(each["id"]) for each in (jacket, socks, grey)}
    assert found["999999"] is None
    one = await shop.read(Process.ARTICLES, str(grey["id"]))
    assert one is not None
    assert map_article(await shop.enrich(one), settings) == articles["S-GR"]

    (order,) = [record async for page in shop.changes(Process.ORDERS, None, None) for record in page.records]
    mapped = map_order(await shop.enrich(order), settings)
    assert (mapped.source_id, mapped.problems) == (str(placed["id"]), ())
    assert mapped.email is not None
    assert mapped.email.value == "eva@firma.example"
    assert [line.article_number for line in mapped.lines] == ["J-1", "S-GR"]


async def test_a_crowded_second_is_read_by_id(simulated: Simulated) -> None:
    for _ in range(25):
        await simulated.put("orders", {"status": "processing", "billing": PERSON})
    simulated.clock.now += timedelta(minutes=5)
    shop = simulated.client(page_size=10)
    pages = [page async for page in shop.changes(Process.ORDERS, None, None)]
    assert len({record.source_id for page in pages for record in page.records}) == 25
    again = [page async for page in shop.changes(Process.ORDERS, pages[-1].cursor, None)]
    assert [record for page in again for record in page.records] == []
