"""What the client does to a shop, against the strict simulator: it knows every field that is sent, and every effect is there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.errors import LoginRefused, Refused
from app.http import client_on
from app.integrations.protocol import (
    Mend,
    RefundRequest,
    StockChange,
    StockLevel,
    Tracking,
    find_note,
    find_refund,
    find_tracking,
)
from app.integrations.woocommerce.client import WooCommerceClient
from app.integrations.woocommerce.settings import TrackingVia, WooCommerceSettings
from app.sandbox.woocommerce import Shop, ShopConfig, create_shop
from tests.integrations.woocommerce.recordings import credentials
from tests.integrations.woocommerce.test_against_the_simulator import KEYS, PERSON, Clock

URL = "https://shop.example"
GATEWAY = "http://127.0.0.1:9/webhooks/k3y"
"""Nobody listens there: the shop greets the address of every webhook that is made."""
Body = dict[str, Any]


class Open:
    """A simulated shop of the tests' own, called over https unless it is said otherwise."""

    def __init__(self, url: str = URL, **config: Any) -> None:
        self.url = url
        self.clock = Clock()
        self.config = ShopConfig(home_url=url, consumer_keys=[KEYS, ("ck_2", "cs_2", "read")], **config)
        app = create_shop(self.config, self.clock)
        self.inside: Shop = app.state.shop
        self.http = client_on(httpx.ASGITransport(app))

    def client(self, key: str = "1", facts: Body | None = None, **settings: Any) -> WooCommerceClient:
        shop = credentials(shop_url=self.url, consumer_key=f"ck_{key}", consumer_secret=f"cs_{key}")
        return WooCommerceClient(WooCommerceSettings.model_validate(settings), shop, self.http, self.clock, facts)

    async def call(self, method: str, path: str, body: Body | None = None) -> Any:
        """As the shop's own staff would, over its own API."""
        answer = await self.http.request(method, f"{URL}/wp-json/wc/v3/{path}", json=body, auth=("ck_1", "cs_1"))
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def make(self, path: str, **body: Any) -> Body:
        found: Body = await self.call("POST", path, body)
        return found

    async def place(self, product: Body, quantity: int = 3) -> str:
        lines = [{"product_id": product["id"], "quantity": quantity}]
        placed = await self.make("orders", status="processing", billing=PERSON, line_items=lines)
        return str(placed["id"])


@pytest.fixture
async def shop() -> AsyncIterator[Open]:
    opened = Open()
    yield opened
    await opened.http.aclose()


@pytest.fixture
async def jacket(shop: Open) -> Body:
    return await shop.make("products", name="Jakke", sku="J-1", regular_price="100", manage_stock=True, stock_quantity=5)


class TestStock:
    async def test_each_article_of_each_kind_gets_its_answer(self, shop: Open, jacket: Body) -> None:
        virtual = await shop.make("products", name="Gavekort", sku="G-1", regular_price="100")
        option = [{"name": "Farge", "options": ["Grå", "Blå"], "variation": True}]
        socks = await shop.make("products", name="Sokker", type="variable", sku="S", attributes=option)
        path = f"products/{socks['id']}/variations"
        grey = await shop.make(path, sku="S-GR", attributes=[{"name": "Farge", "option": "Grå"}], manage_stock=True)
        blue = await shop.make(path, sku="S-BL", attributes=[{"name": "Farge", "option": "Blå"}])
        client = shop.client()

        changes = [
            StockChange(str(jacket["id"]), None, 17),
            StockChange(str(virtual["id"]), None, 4),
            StockChange(str(grey["id"]), str(socks["id"]), 0),
            StockChange(str(blue["id"]), str(socks["id"]), 9),
            StockChange(str(grey["id"]), None, 3),
            StockChange("999999", None, 1),
        ]
        answers = {}
        for batch in client.stock_batches(changes):
            for change, answer in zip(batch, await client.write_stock(batch), strict=True):
                answers[change] = (answer.quantity, answer.problem.code if answer.problem else None)
        assert [answers[change] for change in changes] == [
            (17, None), (None, "stock-not-managed"), (0, None), (None, "stock-not-managed"), (None, "wrong-parent"),
            (None, "product-gone"),
        ]  # fmt: skip

        levels = [level async for page in client.stock_levels() for level in page.levels]
        assert StockLevel(str(jacket["id"]), None, "J-1", 17, managed=True) in levels
        assert StockLevel(str(grey["id"]), str(socks["id"]), "S-GR", 0, managed=True) in levels
        assert len(levels) == 5
        read = await client.read_stock([(str(grey["id"]), str(socks["id"])), (str(jacket["id"]), None), ("999999", None)])
        assert [level and level.quantity for level in read.values()] == [0, 17, None]

    async def test_a_thousand_articles_take_ten_calls_and_as_many_pages(self, shop: Open) -> None:
        for start in range(0, 1000, 100):
            made = [{"name": f"P{n}", "sku": f"P{n}", "manage_stock": True} for n in range(start, start + 100)]
            await shop.make("products/batch", create=made)
        client = shop.client()
        pages = [page async for page in client.stock_levels()]
        levels = [level for page in pages for level in page.levels]
        assert len({level.source_id for level in levels}) == 1000
        assert client.calls == sum(page.calls for page in pages) == 11
        changes = [StockChange(level.source_id, None, 7) for level in levels]
        for batch in client.stock_batches(changes):
            assert {answer.quantity for answer in await client.write_stock(batch)} == {7}
        assert client.calls == 11 + 10

    async def test_a_read_only_key_is_told(self, shop: Open, jacket: Body) -> None:
        with pytest.raises(LoginRefused, match="write permissions"):
            await shop.client("2").write_stock([StockChange(str(jacket["id"]), None, 1)])


class TestShipments:
    async def test_an_order_is_completed_once(self, shop: Open, jacket: Body) -> None:
        order = await shop.place(jacket)
        client = shop.client()
        first, again = await client.complete(order), await client.complete(order)
        assert (first.status, first.written, again.status, again.written) == ("completed", True, "completed", False)
        state = await client.order_state(order)
        assert state is not None
        assert (state.status, [line.quantity for line in state.lines]) == ("completed", [3])
        assert state.modified_at == first.modified_at

    async def test_one_in_the_trash_stays_there(self, shop: Open, jacket: Body) -> None:
        order = await shop.place(jacket)
        await shop.call("DELETE", f"orders/{order}")
        assert not (await shop.client().complete(order)).written
        state = await shop.client().order_state(order)
        assert state is not None
        assert state.status == "trash"

    async def test_a_note_is_found_again(self, shop: Open, jacket: Body) -> None:
        order, client = await shop.place(jacket), shop.client()
        text = client.tracking_note(order, [Tracking("3700001", "https://sporing.example/3700001")])
        made = await client.add_note(order, text, to_customer=True)
        found = find_note(await client.notes(order), text)
        assert found is not None
        assert (found.id, found.to_customer) == (made, True)

    @pytest.mark.parametrize("plugin", ["advanced-shipment-tracking", "shipment-tracking"])
    async def test_tracking_goes_to_the_plugin_that_the_test_finds(self, plugin: str, jacket: Body) -> None:
        shop = Open(plugins=[plugin])
        product = await shop.make("products", name="Jakke", sku="J-1", regular_price="100")
        order = await shop.place(product)
        report = await shop.client().test()
        assert [check for check in report.checks if not check.ok] == []
        assert report.facts["tracking"] == plugin
        client = shop.client(facts=report.facts)
        assert client.tracking_via is TrackingVia(plugin)
        known = Tracking("3700001", "", "Posten Norge")
        custom = Tracking("SYK-77", "https://bud.example/spor/77?a=%20", "Sykkelbudet")
        ids = [await client.add_tracking(order, known), await client.add_tracking(order, custom)]
        entries = await client.tracking_entries(order)
        assert {each.id for each in entries} == set(ids)
        assert {each.number for each in entries} == {"3700001", "SYK-77"}
        state = await client.order_state(order)
        assert state is not None
        assert state.status == "processing"
        found = find_tracking(state.tracking, "syk-77")
        assert found is not None
        assert found.id == ids[1]
        await shop.http.aclose()


class TestRefunds:
    async def test_each_piece_goes_back_once_to_the_penny(self, shop: Open, jacket: Body) -> None:
        order, client = await shop.place(jacket), shop.client()
        state = await client.order_state(order)
        assert state is not None
        line = state.lines[0]
        assert line.quantity == 3
        total = line.total + sum(line.taxes.values())
        refunded = Decimal(0)
        for number in range(1, 4):
            already = await client.refunds(order)
            plan = client.plan_refund(state, {line.line_id: 1}, already)
            assert plan.problems == ()
            request = RefundRequest(f"gateway R-{number}", "Retur", plan.lines)
            made = await client.refund(order, request)
            found = find_refund(await client.refunds(order), f"gateway R-{number}")
            assert found is not None
            assert (found.id, found.amount) == (made, request.amount)
            refunded += request.amount
        assert refunded == total
        plan = client.plan_refund(state, {line.line_id: 1}, await client.refunds(order))
        assert plan.problems[0].code == "returned-more-than-sold"
        stock = await shop.call("GET", f"products/{jacket['id']}")
        assert stock["stock_quantity"] == 2

    async def test_what_the_shop_cannot_refund_is_a_final_no(self, shop: Open, jacket: Body) -> None:
        order, client = await shop.place(jacket), shop.client()
        state = await client.order_state(order)
        assert state is not None
        plan = client.plan_refund(state, {state.lines[0].line_id: 3}, [])
        with pytest.raises(Refused, match="automatic refunds"):
            await client.refund(order, RefundRequest("gateway R-1", "", plan.lines, api_refund=True))
        assert await client.refunds(order) == ()


class TestWebhooks:
    async def mend(self, client: WooCommerceClient) -> list[tuple[Mend, str]]:
        steps = client.webhook_plan(await client.webhooks(), GATEWAY)
        for step in steps:
            if step.mend is Mend.REGISTER:
                await client.register(step.topic, GATEWAY, "s3cret")
            elif step.mend is Mend.REPAIR:
                await client.repair(step.webhook_id or "", GATEWAY, "s3cret")
            else:
                await client.delete_webhook(step.webhook_id or "")
        return [(step.mend, step.topic) for step in steps]

    async def test_are_made_looked_at_and_put_right(self, shop: Open) -> None:
        await shop.make("webhooks", name="Regnskap", topic="order.created", delivery_url="http://127.0.0.1:9/hook")
        client = shop.client()
        assert len(await self.mend(client)) == 8
        assert await self.mend(client) == []
        ours = {each.topic: each for each in await client.webhooks() if each.delivery_url == GATEWAY}
        await shop.call("PUT", f"webhooks/{ours['order.created'].id}", {"status": "disabled"})
        await shop.call("PUT", f"webhooks/{ours['order.updated'].id}", {"status": "paused"})
        await shop.call("PUT", f"webhooks/{ours['order.deleted'].id}", {"delivery_url": "http://localhost:9/webhooks/k3y"})
        await shop.call("DELETE", f"webhooks/{ours['product.created'].id}?force=true")
        assert sorted(await self.mend(client)) == [
            (Mend.DELETE, "order.created"),
            (Mend.REGISTER, "order.created"),
            (Mend.REGISTER, "product.created"),
            (Mend.REPAIR, "order.deleted"),
            (Mend.REPAIR, "order.updated"),
        ]
        assert await self.mend(client) == []
        found = await client.webhooks()
        assert len(found) == 9
        assert {each.status for each in found} == {"active"}
