"""Orders written over the API: numbers, statuses, payment, goods."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.mystore.calling import Site, detail, document
from tests.sandbox.mystore.conftest import Build

SENT = ("order-status", "3")


def placed(site: Site) -> Site:
    """With order 10001 of two pieces of A, of which ten were on the shelf."""
    site.shop.add_product("A", quantity=10)
    site.shop.place_order([{"sku": "A", "quantity": 2}])
    return site


@pytest.fixture
def shop_with_order(site: Site) -> Site:
    return placed(site)


async def write(site: Site, way: str, status: str = "3") -> httpx.Response:
    """The order's status written in one of the ways."""
    if way == "order":
        return await site.patch("orders", "10001", order_status=("order-status", status))
    if way == "history":
        related = {"order": ("orders", "10001"), "order_status": ("order-status", status)}
        return await site.post("order-status-history", {"comments": "Sendt"}, **related)
    if way == "relationship":
        body = {"data": {"type": "order-status", "id": status}}
        return await site.call("PATCH", "/orders/10001/relationships/order-status", body)
    return await site.plain("PATCH", "/orders/10001/complete", {})


async def state(site: Site) -> tuple[str, str | None]:
    """Status and the time of capture."""
    order = (await site.get("/orders/10001")).json()["data"]
    return order["relationships"]["order-status"]["data"]["id"], order["attributes"]["finished_at"]


WAYS = ("order", "history", "relationship", "complete")


class TestStatus:
    @pytest.mark.parametrize("way", WAYS)
    async def test_each_way_completes_and_captures(self, shop_with_order: Site, way: str) -> None:
        shop_with_order.clock.seconds += 60
        assert (await write(shop_with_order, way)).status_code in (200, 201)
        assert await state(shop_with_order) == ("3", "2026-11-21 09:13:00")

    @pytest.mark.parametrize("way", WAYS)
    async def test_a_way_may_not_take_effect(self, open_site: Build, way: str) -> None:
        site = placed(open_site(status_takes=("panel",)))
        assert (await write(site, way)).status_code in (200, 201)
        assert await state(site) == ("1", None)

    @pytest.mark.parametrize("way", WAYS)
    async def test_a_way_may_be_refused(self, open_site: Build, way: str) -> None:
        site = placed(open_site(status_refused=(way,)))
        assert (await write(site, way)).status_code == 422
        assert await state(site) == ("1", None)

    async def test_a_way_may_not_capture_and_another_may(self, open_site: Build) -> None:
        site = placed(open_site(captures=("complete", "panel")))
        await write(site, "order")
        assert await state(site) == ("3", None)
        await write(site, "complete")
        assert await state(site) == ("3", "2026-11-21 09:12:00")

    async def test_the_edit_view_does_not_capture(self, shop_with_order: Site) -> None:
        shop_with_order.shop.set_status(10001, "Sendt", captures=False)
        assert await state(shop_with_order) == ("3", None)

    async def test_another_status_captures_nothing(self, shop_with_order: Site) -> None:
        await write(shop_with_order, "order", "2")
        assert await state(shop_with_order) == ("2", None)

    async def test_a_status_that_the_shop_has_not(self, shop_with_order: Site) -> None:
        assert (await write(shop_with_order, "order", "9")).status_code == 422

    async def test_the_log_is_listed_under_the_order(self, shop_with_order: Site) -> None:
        await write(shop_with_order, "history")
        found = (await shop_with_order.get("/orders/10001/order-status-history")).json()["data"]
        assert [(one["attributes"]["comments"], one["relationships"]["order-status"]["data"]["id"]) for one in found] == [
            ("", "1"),
            ("Sendt", "3"),
        ]

    async def test_status_and_number_go_in_one_call(self, shop_with_order: Site) -> None:
        await shop_with_order.patch("orders", "10001", {"tracking_number": "3707"}, order_status=SENT)
        shown = shop_with_order.shop.find("orders", 10001)
        assert shown["attributes"]["tracking_number"] == "3707"
        assert await state(shop_with_order) == ("3", "2026-11-21 09:12:00")


class TestTracking:
    async def write(self, site: Site, number: str) -> tuple[int, Any]:
        answer = await site.patch("orders", "10001", {"tracking_number": number}, order_status=SENT)
        return answer.status_code, site.shop.find("orders", 10001)["attributes"]["tracking_number"]

    async def test_it_may_be_refused_with_all_that_came_with_it(self, open_site: Build) -> None:
        site = placed(open_site(tracking="refuses"))
        assert await self.write(site, "3707") == (422, None)
        assert await state(site) == ("1", None)

    async def test_it_may_be_ignored(self, open_site: Build) -> None:
        assert await self.write(placed(open_site(tracking="ignores")), "3707") == (200, None)

    async def test_it_may_be_too_long(self, open_site: Build) -> None:
        site = placed(open_site(tracking_length=8))
        assert await self.write(site, "3707, 3708") == (422, None)
        assert await self.write(site, "3707") == (200, "3707")


class TestGoods:
    def figures(self, site: Site) -> tuple[int, int, int]:
        shown = site.shop.find("products", 1)["attributes"]
        return shown["quantity"], shown["quantity_physical"], shown["quantity_reserved"]

    def test_an_order_reserves(self, shop_with_order: Site) -> None:
        assert self.figures(shop_with_order) == (8, 10, 2)

    async def test_a_completed_order_takes_from_the_shelf(self, shop_with_order: Site) -> None:
        await write(shop_with_order, "order")
        assert self.figures(shop_with_order) == (8, 8, 0)

    def test_a_cancelled_order_gives_back(self, shop_with_order: Site) -> None:
        shop_with_order.shop.set_status(10001, "Kansellert")
        assert self.figures(shop_with_order) == (10, 10, 0)

    def test_an_order_that_is_edited_down_gives_back(self, shop_with_order: Site) -> None:
        shop_with_order.shop.edit_order(10001, {1: 1})
        assert self.figures(shop_with_order) == (9, 10, 1)
        shop_with_order.shop.edit_order(10001, {1: None})
        assert self.figures(shop_with_order) == (10, 10, 0)
        assert shop_with_order.shop.lines_of(10001) == []

    @pytest.mark.parametrize(
        ("app", "written", "read"), [("off", 5, (5, 7, 2)), ("ignores", 5, (8, 10, 2)), ("reserves", 5, (3, 5, 2))]
    )
    async def test_a_written_quantity(self, open_site: Build, app: str, written: int, read: tuple[int, int, int]) -> None:
        """The answer repeats what was written; only reading shows what the stock app made of it."""
        site = placed(open_site(stock_app=app))
        answer = await site.patch("products", "1", {"quantity": written})
        assert answer.json()["data"]["attributes"]["quantity"] == written
        assert self.figures(site) == read

    async def test_a_written_quantity_of_a_variant(self, site: Site) -> None:
        site.shop.add_product("B", variants=[{"sku": "B-1", "quantity": 4}])
        site.clock.seconds += 5
        await site.patch("product-variants", "1", {"quantity": 6})
        assert site.shop.find("product-variants", 1)["attributes"]["quantity"] == 6
        assert site.shop.find("products", 1)["attributes"]["updated_at"] == "2026-11-21 09:12:05"


class TestRefusals:
    @pytest.mark.parametrize(
        ("attributes", "status", "expected"),
        [
            ({"colour": "red"}, 400, "attributes: unknown field colour"),
            ({"updated_at": "2026-11-21 09:12:00"}, 400, "The attribute updated_at cannot be written"),
            ({"tracking_number": 3707}, 422, "The attribute tracking_number must be a text"),
        ],
    )
    async def test_attributes(self, shop_with_order: Site, attributes: Any, status: int, expected: str) -> None:
        answer = await shop_with_order.patch("orders", "10001", attributes)
        assert (answer.status_code, detail(answer)) == (status, expected)

    @pytest.mark.parametrize(
        ("body", "status", "expected"),
        [
            (None, 400, "the document must be an object"),
            ({"data": {"type": "order", "id": "10001"}}, 409, "data.type must be orders"),
            ({"data": {"type": "orders", "id": 10001}}, 409, 'data.id must be the text "10001"'),
            ({"data": {"type": "orders", "id": "10001", "status": 3}}, 400, "data: unknown field status"),
            ({"data": {"type": "orders", "id": "10001"}, "status": 3}, 400, "the document: unknown field status"),
            (document("orders", "10001", None, order_status=("statuses", "3")), 422, "order-status: type must be order-status"),
            (document("orders", "10001", None, status=SENT), 400, "relationships: unknown field status"),
        ],
    )
    async def test_documents(self, shop_with_order: Site, body: Any, status: int, expected: str) -> None:
        answer = await shop_with_order.call("PATCH", "/orders/10001", body)
        assert (answer.status_code, detail(answer)) == (status, expected)

    async def test_a_patch_may_come_as_a_post(self, shop_with_order: Site) -> None:
        body = {**document("orders", "10001", {"tracking_number": "1"}), "_method": "PATCH"}
        assert (await shop_with_order.call("POST", "/orders/10001", body)).status_code == 200

    async def test_a_relationship_has_a_key_that_is_a_setting(self, open_site: Build) -> None:
        site = open_site(variant_relationship="variant")
        site.shop.add_product("B", variants=[{"sku": "B-1"}])
        site.shop.place_order([{"sku": "B-1"}])
        assert set(site.shop.lines_of(10001)[0]["relationships"]) == {"order", "product", "variant"}

    async def test_attributes_that_nobody_has_seen_are_a_setting(self, open_site: Build) -> None:
        site = open_site(extra_attributes=("orders.reference", "orders.total_price"), status_name="languages")
        site.shop.place_order([{"sku": "X", "price": 100, "final_price": 100}], reference="PO 7")
        shown = site.shop.find("orders", 10001)["attributes"]
        assert (shown["reference"], shown["total_price"]) == ("PO 7", 125.0)
        assert site.shop.find("order-status", 3)["attributes"] == {"name": {"no": "Sendt"}}
