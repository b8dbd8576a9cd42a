"""Single records, many by id, and what is read beside them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.domain import Process, SourceRecord
from app.errors import Unavailable
from app.integrations.woocommerce.client import WooCommerceClient
from app.integrations.woocommerce.mapping.fields import map_article, map_order
from app.integrations.woocommerce.settings import WooCommerceSettings
from tests.integrations.woocommerce.fake_shop import START, FakeShop, scripted
from tests.integrations.woocommerce.recordings import article, delivery, order, rest


@pytest.fixture
def shop() -> FakeShop:
    return FakeShop(now=START + timedelta(days=1))


class TestOne:
    async def test_a_trashed_order_is_read_and_says_so(self, shop: FakeShop) -> None:
        shop.put_order(49, second=1, status="trash")
        found = await shop.client().read(Process.ORDERS, "49")
        assert found is not None
        assert found.body["status"] == "trash"

    async def test_one_deleted_for_good_is_none(self, shop: FakeShop) -> None:
        assert await shop.client().read(Process.ORDERS, "50") is None
        assert await shop.client().read(Process.ARTICLES, "50") is None

    async def test_a_variation_is_read_among_products(self, shop: FakeShop) -> None:
        shop.put_variation(24, parent=23, second=1)
        found = await shop.client().read(Process.ARTICLES, "24")
        assert found is not None
        assert found.body["type"] == "variation"


class TestMany:
    async def test_they_come_by_the_hundred(self, shop: FakeShop) -> None:
        for number in range(1, 251):
            shop.put_order(number, second=number)
        found = await shop.client().read_many(Process.ORDERS, [str(number) for number in range(1, 251)])
        assert len(found) == 250
        assert all(record is not None and record.source_id == source_id for source_id, record in found.items())
        assert len(shop.asked) == 3

    async def test_what_the_list_leaves_out_is_read_one_by_one(self, shop: FakeShop) -> None:
        shop.put_order(1, second=1)
        shop.put_order(2, second=2, status="trash")
        found = await shop.client().read_many(Process.ORDERS, ["1", "2", "3"])
        assert found["3"] is None
        assert [found[each].body["status"] for each in ("1", "2") if found[each]] == ["processing", "trash"]  # type: ignore[union-attr]
        assert len(shop.asked) == 3

    async def test_variations_are_read_as_families(self, shop: FakeShop) -> None:
        shop.put_product(23, second=1, type="variable", name="Sokker", sku="S")
        for number in range(24, 74):
            shop.put_variation(number, parent=23, second=1)
        found = await shop.client().read_many(Process.ARTICLES, [str(number) for number in range(23, 75)])
        assert found["74"] is None
        assert all(found[str(number)] is not None for number in range(23, 74))
        assert len(shop.asked) <= 5

    async def test_nothing_asked_is_nothing_called(self, shop: FakeShop) -> None:
        assert await shop.client().read_many(Process.ORDERS, []) == {}
        assert shop.asked == []


class TestCustomer:
    async def test_the_account_has_the_e_mail_address(self, shop: FakeShop) -> None:
        """Order 33 (bedrift) is of customer 2."""
        shop.customers[2] = rest("198")["body"] | {"email": "innkjop@fjellsport.example"}
        found = await shop.client().enrich(order(rest("097")["body"]))
        assert found.body["_gateway_customer"] == {"email": "innkjop@fjellsport.example"}
        mapped = map_order(found, WooCommerceSettings())
        assert mapped.email is not None
        assert mapped.email.value == "innkjop@fjellsport.example"

    async def test_it_is_read_once_in_ten_minutes(self, shop: FakeShop) -> None:
        shop.customers[2] = rest("198")["body"]
        client = shop.client()
        for _ in range(3):
            await client.enrich(order(rest("097")["body"]))
        assert shop.paths == ["customers/2?"]
        shop.now += timedelta(seconds=601)
        await client.enrich(order(rest("097")["body"]))
        assert len(shop.asked) == 2

    async def test_a_refusal_is_not_remembered(self, shop: FakeShop) -> None:
        """Rights that are given back count at once."""
        refused = (403, {"code": "woocommerce_rest_cannot_view", "message": "Sorry."})
        shop.answers["customers/2"] = [refused, (200, {"id": 2, "email": "innkjop@fjellsport.example"})]
        client = shop.client()
        first = await client.enrich(order(rest("097")["body"]))
        assert client.lacks(first)
        again = await client.enrich(first)
        assert again.body["_gateway_customer"] == {"email": "innkjop@fjellsport.example"}
        assert not client.lacks(again)

    async def test_a_customer_who_is_gone_is_asked_for_once(self, shop: FakeShop) -> None:
        client = shop.client()
        first = await client.enrich(order(rest("097")["body"]))
        await client.enrich(order(rest("097")["body"]))
        assert len(shop.asked) == 1
        assert not client.lacks(first)

    async def test_a_guest_costs_no_call(self, shop: FakeShop) -> None:
        record = order(rest("096")["body"])
        assert await shop.client().enrich(record) is record
        assert shop.asked == []

    async def test_a_customer_who_is_gone_leaves_the_billing_address(self, shop: FakeShop) -> None:
        mapped = map_order(await shop.client().enrich(order(rest("097")["body"])), WooCommerceSettings())
        assert mapped.email is not None
        assert mapped.email.value == "kari@fjellsport.example"

    @pytest.mark.parametrize("status", [401, 403])
    async def test_a_key_that_may_not_see_customers_leaves_it_too(self, status: int) -> None:
        refused = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot view this resource."}
        found = await answering(status, refused).enrich(order(rest("097")["body"]))
        why = "Sorry, you cannot view this resource. (woocommerce_rest_cannot_view)"
        assert found.body["_gateway_customer"] == {"email": "", "unread": why}

    @pytest.mark.parametrize(
        ("status", "answer"),
        [(404, {"code": "rest_no_route", "message": "No route."}), (404, "<html>Not found</html>"), (400, {"code": "x"})],
    )
    async def test_a_final_no_in_any_words_leaves_the_billing_address_and_a_note(self, status: int, answer: Any) -> None:
        found = await answering(status, answer).enrich(order(rest("097")["body"]))
        mapped = map_order(found, WooCommerceSettings())
        assert mapped.email is not None
        assert mapped.email.value == rest("097")["body"]["billing"]["email"]
        assert mapped.notes[0].startswith("the customer's e-mail address could not be read, so the billing address is used: ")

    async def test_a_shop_that_cannot_be_reached_is_no_answer(self) -> None:
        with pytest.raises(Unavailable):
            await answering(503, {}).enrich(order(rest("097")["body"]))


class TestParentsAndProducts:
    async def test_a_variation_gets_its_parent_once(self, shop: FakeShop) -> None:
        shop.products[23] = rest("129")["body"]
        client = shop.client()
        for number in ("019", "020", "021"):
            found = await client.enrich(article(delivery(number).content))
            assert found.body["_gateway_parent"]["sku"] == "FB-SOK"
        assert shop.paths == ["products/23?"]

    async def test_a_webhook_and_the_list_of_variations_map_to_the_same(self, shop: FakeShop) -> None:
        shop.products[23] = rest("129")["body"] | {"date_modified_gmt": "2026-11-21T16:00:00"}
        shop.variations |= {body["id"]: body for body in rest("138")["body"]}
        client = shop.client()
        polled = [record async for page in client.changes(Process.ARTICLES, None, None) for record in page.records]
        from_list = next(record for record in polled if record.source_id == "24")
        announced = await client.enrich(article(rest("138")["body"][0] | {"name": delivery("019").content["name"], "slug": "x"}))
        assert map_article(announced, WooCommerceSettings()) == map_article(from_list, WooCommerceSettings())

    async def test_a_variation_whose_parent_cannot_be_read_stands_on_its_own(self, shop: FakeShop) -> None:
        found = await shop.client().enrich(article(delivery("019").content))
        assert map_article(found, WooCommerceSettings()).wanted

    async def test_products_of_lines_are_read_only_where_a_setting_needs_them(self, shop: FakeShop) -> None:
        shop.products |= {14: rest("127")["body"]}
        record = order(rest("096")["body"])
        assert await shop.client().enrich(record) is record
        assert await shop.client(leave_out_non_stock_lines=True).enrich(record) is record
        needed: list[dict[str, Any]] = [
            {"leave_out_non_stock_lines": True, "virtual_products": "non-stock"},
            {"article_number_fallback": "WC-{id}"},
        ]
        for settings in needed:
            found = await shop.client(**settings).enrich(record)
            assert found.body["_gateway_products"]["14"]["virtual"] is False
        assert shop.paths == ["products/14?", "products/14?"]

    async def test_a_variation_with_its_parents_sku_is_recognised_in_an_order(self, shop: FakeShop) -> None:
        shop.products[23] = rest("129")["body"]
        shop.variations[24] = rest("139")["body"] | {"sku": "FB-SOK"}
        line = rest("097")["body"]["line_items"][0] | {"sku": "FB-SOK"}
        record = order(rest("097")["body"] | {"line_items": [line], "customer_id": 0})
        settings = {"article_number_fallback": "WC-{id}"}
        found = await shop.client(**settings).enrich(record)
        assert map_order(found, WooCommerceSettings.model_validate(settings)).lines[0].article_number == "WC-24"

    async def test_an_order_is_not_enriched_twice(self, shop: FakeShop) -> None:
        shop.customers[2] = rest("198")["body"]
        first = await shop.client().enrich(order(rest("097")["body"]))
        shop.asked.clear()
        second: SourceRecord = await shop.client().enrich(first)
        assert second is first
        assert shop.asked == []


def answering(status: int, body: Any) -> WooCommerceClient:
    """A client of a shop that has one answer to everything."""
    return scripted({"*": (status, body)}).client()
