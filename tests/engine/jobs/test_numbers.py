"""Numbers are claimed: an order number and an article number have one owner in a goods owner, fixed before the first write."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.domain import Kind
from app.engine.dispatch import lane_worker
from app.records import mappings
from app.storage.tables import attempts
from app.storage.tables import mappings as mapping_rows
from tests.harness import Harness, Resource
from tests.steering import beside_call

ORDERS_ONLY = {"articles": False, "orders": True}


async def put_by_hand(harness: Harness, body: dict[str, Any], kind: str = "orders") -> Any:
    """What somebody else puts into the same goods owner."""
    url = f"{harness.warehouse.server.url}/demo/api/v1/{kind}"
    async with httpx.AsyncClient(auth=("gateway", "gateway")) as client:
        answer = await client.put(url, json=body)
    assert answer.status_code < 300, answer.text
    return answer.json()


def foreign_order(number: str, goods_owner_order_id: str | None = None) -> dict[str, Any]:
    return {
        "goodsOwnerId": 77,
        "orderNumber": number,
        "deliveryDate": "2026-11-21T10:00:00Z",
        "consignee": {"name": "By hand", "address1": "Street 1", "postCode": "0155", "city": "Oslo", "countryCode": "NO"},
        "orderLines": [{"rowNumber": "1", "articleNumber": "X-1", "numberOfItems": 1}],
        **({"goodsOwnerOrderId": goods_owner_order_id} if goods_owner_order_id else {}),
    }


class TestOrderNumbers:
    async def test_a_number_that_another_connection_has_claimed_holds_the_order(self, sqlite_harness: Harness) -> None:
        other = await sqlite_harness.connect("other", order_number_prefix="B", processes=ORDERS_ONLY)
        first = sqlite_harness.shop.order()
        await sqlite_harness.deliver({**first, "number": "B17"})
        second = sqlite_harness.shop.order()
        await sqlite_harness.deliver({**second, "number": "17"}, connection=other)
        assert len(sqlite_harness.warehouse.model.orders) == 1
        mapping = await sqlite_harness.stored.mapping(second["id"])
        assert (mapping.transfer, mapping.reason_code, mapping.number) == ("held", "number-taken", None)
        assert "another connection of the same goods owner" in mapping.reason
        assert (await sqlite_harness.stored.events()) == {"done": 1, "held": 1}

    async def test_a_number_that_another_order_of_the_same_shop_has_holds_the_order(self, sqlite_harness: Harness) -> None:
        first, second = sqlite_harness.shop.order(), sqlite_harness.shop.order()
        await sqlite_harness.deliver({**first, "number": "1001"})
        await sqlite_harness.deliver({**second, "number": "1001"})
        assert (await sqlite_harness.stored.mapping(second["id"])).reason_code == "number-taken"
        assert len(sqlite_harness.warehouse.writes()) == 1

    async def test_a_foreign_order_in_the_warehouse_is_never_overwritten(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        await put_by_hand(sqlite_harness, foreign_order(str(order["id"])))
        await sqlite_harness.deliver(order)
        mapping = await sqlite_harness.stored.mapping(order["id"])
        assert (mapping.transfer, mapping.reason_code) == ("held", "number-taken")
        found: Any = sqlite_harness.warehouse.order(order["id"])
        assert found.body.consignee.name == "By hand"
        assert len(sqlite_harness.warehouse.writes()) == 1

    async def test_a_foreign_order_is_never_cancelled(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        await put_by_hand(sqlite_harness, foreign_order(str(order["id"])))
        await sqlite_harness.deliver(order)
        await sqlite_harness.deliver(sqlite_harness.shop.change(order["id"], status="cancelled"))
        found: Any = sqlite_harness.warehouse.order(order["id"])
        assert found.status == 300
        mapping = await sqlite_harness.stored.mapping(order["id"])
        assert (mapping.transfer, mapping.wanted, mapping.reason_code) == ("none", "absent", "not-wanted")
        assert await sqlite_harness.stored.all_ended()

    async def test_an_order_that_is_ours_already_is_adopted(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order("SOKK-1")
        made = await put_by_hand(sqlite_harness, foreign_order(str(order["id"]), str(order["id"])))
        await sqlite_harness.deliver(order)
        mapping = await sqlite_harness.stored.mapping(order["id"])
        assert (mapping.transfer, mapping.wms_id) == ("sent", made["orderId"])
        found: Any = sqlite_harness.warehouse.order(order["id"])
        assert found.body.consignee.name == "Kari Nordmann"

    async def test_the_number_is_claimed_before_the_first_write(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        claimed: list[str | None] = []

        async def look() -> None:
            claimed.append((await sqlite_harness.stored.mapping(order["id"])).number)

        with beside_call(sqlite_harness, "PUT", "/orders", before=look):
            await sqlite_harness.deliver(order)
        assert claimed == [str(order["id"])]

    async def test_a_number_that_the_shop_changes_later_stays_as_it_was_sent(self, sqlite_harness: Harness) -> None:
        order = sqlite_harness.shop.order()
        await sqlite_harness.deliver(order)
        await sqlite_harness.deliver({**sqlite_harness.shop.change(order["id"], customer_note="x"), "number": "A-1001"})
        assert [number for _, number in sqlite_harness.warehouse.model.orders] == [str(order["id"])]
        found: Any = sqlite_harness.warehouse.order(order["id"])
        assert found.body.order_remark == "x"

    async def test_a_held_order_goes_through_once_it_has_a_number_of_its_own(self, sqlite_harness: Harness) -> None:
        first, second = sqlite_harness.shop.order(), sqlite_harness.shop.order()
        await sqlite_harness.deliver({**first, "number": "1001"})
        await sqlite_harness.deliver({**second, "number": "1001"})
        await sqlite_harness.deliver({**sqlite_harness.shop.change(second["id"], customer_note="x"), "number": "1002"})
        assert sqlite_harness.warehouse.order("1002") is not None
        assert await sqlite_harness.stored.events() == {"done": 2, "merged": 1}

    async def test_of_two_that_are_worked_on_together_one_gets_the_number(self, harness: Harness) -> None:
        first, second = harness.shop.order(), harness.shop.order()
        for order in (first, second):
            await harness.announce({**order, "number": "1001"})
        await harness.work()
        assert len(harness.warehouse.writes(path="/orders")) == 1
        assert (await harness.stored.mapping(first["id"])).number == "1001"
        assert (await harness.stored.mapping(second["id"])).reason_code == "number-taken"

    async def test_a_number_that_another_record_claims_at_the_same_moment_is_theirs(self, harness: Harness) -> None:
        first, second = harness.shop.order(), harness.shop.order()
        await harness.announce({**first, "number": "1001"})
        await harness.announce(second)
        await harness.ingest()

        async def claim() -> None:
            async with harness.gateway.database.begin() as db:
                theirs = await mappings.create(
                    db, harness.connection.id, Kind.ORDER, "9", harness.connection.lane, harness.clock()
                )
                await mappings.change(db, theirs.id, harness.clock(), number="1001")

        with beside_call(harness, "GET", "/orders", after=claim):
            await lane_worker.drain(harness.gateway, harness.connection.lane)
        assert [call.body["orderNumber"] for call in harness.warehouse.writes(path="/orders")] == [str(second["id"])]
        assert (await harness.stored.mapping(first["id"])).reason_code == "number-taken"
        assert await harness.stored.rows(select(attempts).where(attempts.c.finished_at.is_(None))) == []

    async def test_the_same_numbers_in_two_goods_owners_have_nothing_to_do_with_each_other(self, sqlite_harness: Harness) -> None:
        other = await sqlite_harness.connect("other", goods_owner_id=78)
        first, second = sqlite_harness.shop.order(), sqlite_harness.shop.order()
        await sqlite_harness.deliver({**first, "number": "1001"})
        await sqlite_harness.deliver({**second, "number": "1001"}, connection=other)
        assert set(sqlite_harness.warehouse.model.orders) == {(77, "1001"), (78, "1001")}


class TestArticleNumbers:
    async def test_two_products_with_one_number_are_an_error_of_the_second(self, sqlite_harness: Harness) -> None:
        first, second = sqlite_harness.shop.product("VARE-1"), sqlite_harness.shop.product("VARE-2")
        await sqlite_harness.deliver(first, "product.created")
        await sqlite_harness.deliver({**second, "sku": "VARE-1"}, "product.created")
        mapping = await sqlite_harness.stored.mapping(second["id"], "article")
        assert (mapping.transfer, mapping.reason_code) == ("held", "article-number-taken")
        assert f"article {first['id']} of this connection" in mapping.reason
        assert len(sqlite_harness.warehouse.writes(path="/articles")) == 1

    async def test_numbers_that_collide_after_their_characters_are_replaced_are_an_error(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.change_settings(sqlite_harness.connection, article_number_replacements={"%": "-", "_": "-"})
        first, second = sqlite_harness.shop.product("VARE%1"), sqlite_harness.shop.product("VARE_1")
        await sqlite_harness.deliver(first, "product.created")
        await sqlite_harness.deliver(second, "product.created")
        assert (await sqlite_harness.stored.mapping(first["id"], "article")).number == "VARE-1"
        assert (await sqlite_harness.stored.mapping(second["id"], "article")).reason_code == "article-number-taken"

    async def test_a_number_that_another_connections_article_has_is_not_taken_over(self, harness: Harness) -> None:
        other = await harness.connect("other", order_number_prefix="B-", processes=ORDERS_ONLY)
        async with harness.gateway.database.begin() as db:
            theirs = await mappings.create(db, other.id, Kind.ARTICLE, "9", other.lane, harness.clock())
            await mappings.change(db, theirs.id, harness.clock(), number="VARE-1")
        product = harness.shop.product("VARE-1")
        await harness.deliver(product, "product.created")
        mapping = await harness.stored.mapping(product["id"], "article")
        assert (mapping.reason_code, harness.warehouse.writes(path="/articles")) == ("article-number-taken", [])
        assert "another connection" in mapping.reason

    async def test_a_changed_number_is_a_new_article_and_frees_the_old_number(self, sqlite_harness: Harness) -> None:
        product = sqlite_harness.shop.product("VARE-1")
        await sqlite_harness.deliver(product, "product.created")
        sqlite_harness.tick()
        sqlite_harness.shop.model.change_product(product["id"], {"sku": "VARE-2"})
        await sqlite_harness.deliver(sqlite_harness.shop.shown_product(product["id"]), "product.updated")
        another = sqlite_harness.shop.product("VARE-1", name="En annen")
        await sqlite_harness.deliver(another, "product.created")
        names = {number: article.body.article_name for (_, number), article in sqlite_harness.warehouse.model.articles.items()}
        assert names == {"VARE-1": "En annen", "VARE-2": "Ullsokker"}


def article(harness: Harness, number: str) -> Any:
    return harness.warehouse.model.articles[77, number].body


class TestArticlesForOrders:
    async def test_an_article_is_made_only_after_a_read_shows_that_it_is_missing(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.deliver(sqlite_harness.shop.order("SOKK-1"))
        calls = [(call.method, call.path.rpartition("/")[2]) for call in sqlite_harness.warehouse.calls()]
        assert calls == [("GET", "orders"), ("GET", "articles"), ("PUT", "articles"), ("PUT", "orders")]

    async def test_an_article_that_is_there_is_not_overwritten_by_a_thin_one(self, sqlite_harness: Harness) -> None:
        full = {"goodsOwnerId": 77, "articleNumber": "SOKK-1", "articleName": "By hand", "weight": 0.2}
        await put_by_hand(sqlite_harness, full, "articles")
        await sqlite_harness.deliver(sqlite_harness.shop.order("SOKK-1"))
        assert (article(sqlite_harness, "SOKK-1").article_name, article(sqlite_harness, "SOKK-1").weight) == ("By hand", 0.2)
        assert len(sqlite_harness.warehouse.writes(path="/articles")) == 1

    async def test_the_full_article_is_used_when_it_waits(self, sqlite_harness: Harness) -> None:
        product = sqlite_harness.shop.product("SOKK-1", weight="0.2")
        await sqlite_harness.announce(product, "product.created")
        await sqlite_harness.announce(sqlite_harness.shop.order("SOKK-1"))
        await sqlite_harness.work()
        assert article(sqlite_harness, "SOKK-1").weight == 0.2
        assert len(sqlite_harness.warehouse.writes(path="/articles")) == 1
        assert (await sqlite_harness.stored.mapping(product["id"], "article")).transfer == "sent"

    async def test_a_thin_one_is_made_from_the_line_and_filled_when_the_article_comes(self, sqlite_harness: Harness) -> None:
        product = sqlite_harness.shop.product("SOKK-1", weight="0.2")
        await sqlite_harness.deliver(sqlite_harness.shop.order("SOKK-1"))
        assert (article(sqlite_harness, "SOKK-1").article_name, article(sqlite_harness, "SOKK-1").weight) == ("Ullsokker", None)
        await sqlite_harness.deliver(product, "product.created")
        assert article(sqlite_harness, "SOKK-1").weight == 0.2

    async def test_an_article_is_made_once_for_many_orders(self, sqlite_harness: Harness) -> None:
        for _ in range(4):
            await sqlite_harness.deliver(sqlite_harness.shop.order("SOKK-1"))
        assert len(sqlite_harness.warehouse.writes(path="/articles")) == 1
        reads = [call for call in sqlite_harness.warehouse.calls() if call.method == "GET" and call.path.endswith("/articles")]
        assert len(reads) == 1

    async def test_an_article_that_the_gateway_sent_itself_is_not_read_again(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.deliver(sqlite_harness.shop.product("SOKK-1"), "product.created")
        before = len(sqlite_harness.warehouse.calls())
        await sqlite_harness.deliver(sqlite_harness.shop.order("SOKK-1"))
        assert [call.path.rpartition("/")[2] for call in sqlite_harness.warehouse.calls()[before:]] == ["orders", "orders"]

    async def test_only_the_missing_ones_of_an_order_are_made(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.deliver(sqlite_harness.shop.product("A-1"), "product.created")
        await put_by_hand(sqlite_harness, {"goodsOwnerId": 77, "articleNumber": "B-1", "articleName": "By hand"}, "articles")
        before = len(sqlite_harness.warehouse.writes(path="/articles"))
        await sqlite_harness.deliver(sqlite_harness.shop.order("A-1", "B-1", "C-1", "D-1"))
        made = [call.body["articleNumber"] for call in sqlite_harness.warehouse.writes(path="/articles")[before:]]
        assert made == ["C-1", "D-1"]

    async def test_a_connection_without_articles_makes_what_it_needs_and_owns_nothing(self, sqlite_harness: Harness) -> None:
        other = await sqlite_harness.connect("other", order_number_prefix="B-", processes=ORDERS_ONLY)
        order: Resource = sqlite_harness.shop.order("SOKK-1")
        await sqlite_harness.deliver(order, connection=other)
        assert sqlite_harness.warehouse.order(f"B-{order['id']}") is not None
        assert await sqlite_harness.stored.rows(select(mapping_rows).where(mapping_rows.c.kind == "article")) == []

    async def test_an_article_that_would_be_refused_does_not_take_the_order_with_it(self, sqlite_harness: Harness) -> None:
        await sqlite_harness.change_settings(sqlite_harness.connection, extra_article_fields={"netWeight": "meta_data.netto"})
        product = sqlite_harness.shop.product("SOKK-1", meta_data=[{"key": "netto", "value": "not a number"}])
        await sqlite_harness.announce(product, "product.created")
        order = sqlite_harness.shop.order("SOKK-1")
        await sqlite_harness.announce(order)
        await sqlite_harness.work()
        assert sqlite_harness.warehouse.order(order["id"]) is not None
        assert article(sqlite_harness, "SOKK-1").article_name == "Ullsokker"

    async def test_an_order_whose_article_the_warehouse_refuses_says_so(
        self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sqlite_harness.warehouse.fail("status", method="PUT", path="/demo/api/v1/articles", status=400)
        order = sqlite_harness.shop.order("SOKK-1")
        await sqlite_harness.deliver(order)
        job = await sqlite_harness.stored.job(order["id"])
        assert (job.state, job.reason_code) == ("dead", "refused")
        assert "/articles" in job.reason
        assert sqlite_harness.warehouse.writes() == []
