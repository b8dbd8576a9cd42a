"""WooCommerce 2.6 (wc/v1), and polls of shops before 5.8.

Nothing here was recorded: bodies are those of the documentation, cut to what is used.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.domain import Process
from app.integrations.protocol import StockChange, StockLevel
from app.integrations.woocommerce.mapping.fields import map_article
from app.integrations.woocommerce.rest.versions import Version, release_of, version_of
from app.integrations.woocommerce.settings import WooCommerceSettings
from tests.integrations.woocommerce.fake_shop import FakeShop, scripted


class TestWhichVersion:
    def test_is_as_set_else_as_found_else_the_newest(self) -> None:
        assert version_of(WooCommerceSettings(), {}) == Version("wc/v3", True)
        assert version_of(
            WooCommerceSettings(), {"rest": "wc/v2", "lists_by_modification": False, "version": "3.4.1"}
        ) == Version("wc/v2", False, (3, 4, 1))
        assert version_of(WooCommerceSettings(rest_version="wc-api/v2"), {"rest": "wc/v3"}).name == "wc-api/v2"
        assert version_of(WooCommerceSettings(), {"rest": "wc/v9"}).name == "wc/v3"
        assert not version_of(WooCommerceSettings(rest_version="wc/v1"), {}).lists_by_modification
        chosen = WooCommerceSettings.model_validate({"list_by": "all"})
        assert not version_of(chosen, {}).lists_by_modification

    @pytest.mark.parametrize(
        ("text", "release"), [("5.8.0-rc.1", (5, 8, 0)), ("11.0.1", (11, 0, 1)), ("", ()), (None, ()), ("new", ())]
    )
    def test_releases_are_read(self, text: Any, release: tuple[int, ...]) -> None:
        assert release_of(text) == release

    def test_refunds_go_by_the_release_where_it_is_known(self) -> None:
        assert not Version("wc/v3", False, (5, 0)).lists_refund_lines
        assert Version("wc/v3", False, (5, 1)).lists_refund_lines
        assert not Version("wc/v3", False, (5, 6)).chooses_restock
        assert Version("wc/v3").chooses_restock


V1_PRODUCT: dict[str, Any] = {
    "id": 23, "name": "Ullsokker", "type": "variable", "status": "publish", "sku": "SOK", "date_created": "2016-06-01T10:00:00",
    "date_modified": "2016-06-02T10:00:00", "manage_stock": False, "stock_quantity": None,
    "variations": [
        {"id": 24, "sku": "SOK-36", "date_modified": "2016-06-02T10:00:00", "visible": True, "manage_stock": True,
         "stock_quantity": 4, "attributes": [{"name": "Størrelse", "option": "36-39"}]},
    ],
}  # fmt: skip


def first_rest(answers: dict[str, Any]) -> FakeShop:
    return scripted(answers, {"rest": "wc/v1", "lists_by_modification": False}, base="/wp-json/wc/v1/")


class TestFirstRestApi:
    async def test_times_are_utc_or_the_zone_that_is_set(self) -> None:
        shop = first_rest({"GET orders/1": (200, {"id": 1, "date_modified": "2016-06-01T12:00:00", "status": "processing"})})
        for zone, hour in (("UTC", 12), ("Europe/Oslo", 10)):
            found = await shop.client(wc_v1_time_zone=zone).read(Process.ORDERS, "1")
            assert found is not None
            assert found.modified_at == datetime(2016, 6, 1, hour, tzinfo=UTC)

    async def test_a_variation_is_looked_for_in_the_products_before_it_is_gone(self) -> None:
        """wc/v1 says "invalid id" of a variation's id too."""
        gone = (404, {"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID."})
        shop = first_rest({"GET products/24": gone, "GET products/99": gone, "GET products": (200, [V1_PRODUCT])})
        found = await shop.client().read(Process.ARTICLES, "24")
        assert found is not None
        article = map_article(found, WooCommerceSettings())
        assert (article.number, article.name, article.wanted) == ("SOK-36", "Ullsokker - 36-39", True)
        assert await shop.client().read(Process.ARTICLES, "99") is None

    async def test_the_stock_of_a_variation_is_not_written(self) -> None:
        """It could be, with its product only, and would make hidden variations visible."""
        shop = first_rest({})
        (batch,) = shop.client().stock_batches([StockChange("24", "23", 4)])
        (answer,) = await shop.client().write_stock(batch)
        assert answer.problem is not None
        assert answer.problem.code == "stock-refused"
        assert "wc-api/v3" in answer.problem.fix
        assert shop.asked == []

    async def test_quantities_are_read_with_their_products(self) -> None:
        shop = first_rest({"GET products": (200, [V1_PRODUCT]), "GET products/23": (200, V1_PRODUCT)})
        levels = [level async for page in shop.client().stock_levels() for level in page.levels]
        assert levels[0] == StockLevel("24", "23", "SOK-36", 4, managed=True)
        assert (await shop.client().read_stock([("24", "23")]))["24"] == levels[0]
        assert "_fields" not in shop.asked[0].query


class TestPollsByListingAll:
    """WooCommerce before 5.8 has no filter by modification."""

    def shop(self, bodies: list[dict[str, Any]], path: str = "orders") -> FakeShop:
        class Paged(FakeShop):
            def answer(self, request: httpx.Request) -> httpx.Response:
                assert "modified_after" not in request.url.params
                assert request.url.params["orderby"] == "id"
                offset, size = int(request.url.params["offset"]), int(request.url.params["per_page"])
                self.answers[f"GET {path}"] = (200, bodies[offset : offset + size])
                return super().answer(request)

        return Paged(facts={"lists_by_modification": False}, scripted=True)

    @staticmethod
    def order(number: int, second: int, **fields: Any) -> dict[str, Any]:
        return {"id": number, "status": "processing", "date_modified_gmt": f"2026-11-21T15:59:{second:02d}"} | fields

    async def poll(self, shop: FakeShop, cursor: dict[str, Any] | None, **settings: Any) -> tuple[list[int], dict[str, Any]]:
        found: list[int] = []
        async for page in shop.client(**settings).changes(Process.ORDERS, cursor, None):
            found += [int(record.source_id) for record in page.records]
            cursor = page.cursor
        assert cursor is not None
        return found, cursor

    async def test_find_what_is_new_and_what_has_changed_and_nothing_else(self) -> None:
        bodies = [self.order(number, 1) for number in range(1, 26)]
        shop = self.shop(bodies)
        found, cursor = await self.poll(shop, None, page_size=10)
        assert found == list(range(1, 26))
        assert (await self.poll(shop, cursor, page_size=10))[0] == []
        bodies[4] = self.order(5, 30, status="cancelled")
        bodies.append(self.order(26, 31))
        found, cursor = await self.poll(shop, cursor, page_size=10)
        assert found == [5, 26]
        assert cursor["modified"] == "2026-11-21T15:59:31"

    async def test_the_cursor_moves_at_the_end_only(self) -> None:
        """The list is by id: what comes later in it may have changed earlier."""
        shop = self.shop([self.order(number, 40 - number) for number in range(1, 26)])
        cursors = [page.cursor async for page in shop.client(page_size=10).changes(Process.ORDERS, None, None)]
        assert cursors[:-1] == [{}] * (len(cursors) - 1)
        assert cursors[-1]["modified"] == "2026-11-21T15:59:39"

    async def test_orders_of_the_last_days_are_listed_products_all(self) -> None:
        shop = self.shop([self.order(1, 1)])
        _, cursor = await self.poll(shop, None)
        assert "after" not in shop.asked[-1].query
        await self.poll(shop, cursor, list_all_days=7)
        assert shop.asked[-1].query["after"] == "2026-11-13T16:00:00"
        shop.asked.clear()
        products = self.shop([], "products")
        async for _page in products.client().changes(Process.ARTICLES, cursor, None):
            pass
        assert "after" not in products.asked[-1].query

    async def test_a_first_poll_begins_at_the_given_moment(self) -> None:
        shop = self.shop([self.order(1, 1), self.order(2, 50)])
        since = datetime(2026, 11, 21, 15, 59, 30, tzinfo=UTC)
        found = [record.source_id async for page in shop.client().changes(Process.ORDERS, None, since) for record in page.records]
        assert found == ["2"]
        assert shop.asked[0].query["after"] == "2026-11-20T15:59:30"
