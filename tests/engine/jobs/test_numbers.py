"""Numbers are claimed: an order number and an article number have one owner in a goods owner, fixed before the first write."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.domain import Kind
from app.engine.core import leases
from app.engine.dispatch.warehouse_port import RecordedWarehouse, open_warehouse_port
from app.engine.jobs import claim
from app.records import mappings
from app.storage.tables import mappings as rows
from tests.house import House, Resource

ORDERS_ONLY = {"articles": False, "orders": True}


async def put_by_hand(house: House, body: dict[str, Any], kind: str = "orders") -> Any:
    """What somebody else puts into the same goods owner."""
    url = f"{house.warehouse_server.url}/demo/api/v1/{kind}"
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
    async def test_a_number_that_another_connection_has_claimed_holds_the_order(self, lite: House) -> None:
        other = await lite.connect("other", order_number_prefix="B", processes=ORDERS_ONLY)
        first = lite.order()
        await lite.deliver({**first, "number": "B17"})
        second = lite.order()
        await lite.deliver({**second, "number": "17"}, connection=other)
        assert len(lite.warehouse.orders) == 1
        mapping = await lite.mapping(second["id"])
        assert (mapping.transfer, mapping.reason_code, mapping.number) == ("held", "number-taken", None)
        assert "another connection of the same goods owner" in mapping.reason
        assert (await lite.events()) == {"done": 1, "held": 1}

    async def test_a_number_that_another_order_of_the_same_shop_has_holds_the_order(self, lite: House) -> None:
        first, second = lite.order(), lite.order()
        await lite.deliver({**first, "number": "1001"})
        await lite.deliver({**second, "number": "1001"})
        assert (await lite.mapping(second["id"])).reason_code == "number-taken"
        assert len(lite.writes()) == 1

    async def test_a_foreign_order_in_the_warehouse_is_never_overwritten(self, lite: House) -> None:
        order = lite.order()
        await put_by_hand(lite, foreign_order(str(order["id"])))
        await lite.deliver(order)
        mapping = await lite.mapping(order["id"])
        assert (mapping.transfer, mapping.reason_code) == ("held", "number-taken")
        found: Any = lite.wms_order(order["id"])
        assert found.body.consignee.name == "By hand"
        assert len(lite.writes()) == 1

    async def test_a_foreign_order_is_never_cancelled(self, lite: House) -> None:
        order = lite.order()
        await put_by_hand(lite, foreign_order(str(order["id"])))
        await lite.deliver(order)
        await lite.deliver(lite.change(order["id"], status="cancelled"))
        found: Any = lite.wms_order(order["id"])
        assert found.status == 300
        mapping = await lite.mapping(order["id"])
        assert (mapping.transfer, mapping.wanted, mapping.reason_code) == ("none", "absent", "not-wanted")
        assert await lite.all_ended()

    async def test_an_order_that_is_ours_already_is_adopted(self, lite: House) -> None:
        order = lite.order("SOKK-1")
        made = await put_by_hand(lite, foreign_order(str(order["id"]), str(order["id"])))
        await lite.deliver(order)
        mapping = await lite.mapping(order["id"])
        assert (mapping.transfer, mapping.wms_id) == ("sent", made["orderId"])
        found: Any = lite.wms_order(order["id"])
        assert found.body.consignee.name == "Kari Nordmann"

    async def test_the_number_is_claimed_before_the_first_write(self, lite: House, monkeypatch: pytest.MonkeyPatch) -> None:
        order = lite.order()
        claimed: list[str | None] = []
        write = RecordedWarehouse.write

        async def look(self: RecordedWarehouse, call: str, *args: Any) -> Any:
            if call == "PUT /orders":
                claimed.append((await lite.mapping(order["id"])).number)
            return await write(self, call, *args)

        monkeypatch.setattr(RecordedWarehouse, "write", look)
        await lite.deliver(order)
        assert claimed == [str(order["id"])]

    async def test_a_number_that_the_shop_changes_later_stays_as_it_was_sent(self, lite: House) -> None:
        order = lite.order()
        await lite.deliver(order)
        await lite.deliver({**lite.change(order["id"], customer_note="x"), "number": "A-1001"})
        assert [number for _, number in lite.warehouse.orders] == [str(order["id"])]
        found: Any = lite.wms_order(order["id"])
        assert found.body.order_remark == "x"

    async def test_a_held_order_goes_through_once_it_has_a_number_of_its_own(self, lite: House) -> None:
        first, second = lite.order(), lite.order()
        await lite.deliver({**first, "number": "1001"})
        await lite.deliver({**second, "number": "1001"})
        await lite.deliver({**lite.change(second["id"], customer_note="x"), "number": "1002"})
        assert lite.wms_order("1002") is not None
        assert await lite.events() == {"done": 2, "merged": 1}

    async def test_two_that_claim_at_the_same_moment_cannot_both_get_it(self, house: House) -> None:
        first, second = house.order(), house.order()
        for order in (first, second):
            await house.announce(order)
        await house.ingest()
        lease = await leases.acquire(house.gateway.database, house.connection.lane, 60)
        assert lease is not None
        ports = []
        for order in (first, second):
            async with house.gateway.database.begin() as db:
                claimed = await claim.claim(db, lease, house.clock(), timedelta(hours=1), [], suspects=True)
            assert claimed is not None
            mapping = await house.mapping(order["id"])
            ports.append(open_warehouse_port(house.gateway, house.connection, claimed, mapping.id, None))
        answers = await asyncio.gather(*(port.claim("1001") for port in ports))
        assert sorted(answer is None for answer in answers) == [False, True]
        assert [row.number for row in await house.rows(select(rows.c.number).where(rows.c.number == "1001"))] == ["1001"]

    async def test_the_same_numbers_in_two_goods_owners_have_nothing_to_do_with_each_other(self, lite: House) -> None:
        other = await lite.connect("other", goods_owner_id=78)
        first, second = lite.order(), lite.order()
        await lite.deliver({**first, "number": "1001"})
        await lite.deliver({**second, "number": "1001"}, connection=other)
        assert set(lite.warehouse.orders) == {(77, "1001"), (78, "1001")}


class TestArticleNumbers:
    async def test_two_products_with_one_number_are_an_error_of_the_second(self, lite: House) -> None:
        first, second = lite.product("VARE-1"), lite.product("VARE-2")
        await lite.deliver(first, "product.created")
        await lite.deliver({**second, "sku": "VARE-1"}, "product.created")
        mapping = await lite.mapping(second["id"], "article")
        assert (mapping.transfer, mapping.reason_code) == ("held", "article-number-taken")
        assert f"article {first['id']} of this connection" in mapping.reason
        assert len(lite.writes(path="/articles")) == 1

    async def test_numbers_that_collide_after_their_characters_are_replaced_are_an_error(self, lite: House) -> None:
        await lite.change_settings(lite.connection, article_number_replacements={"%": "-", "_": "-"})
        first, second = lite.product("VARE%1"), lite.product("VARE_1")
        await lite.deliver(first, "product.created")
        await lite.deliver(second, "product.created")
        assert (await lite.mapping(first["id"], "article")).number == "VARE-1"
        assert (await lite.mapping(second["id"], "article")).reason_code == "article-number-taken"

    async def test_a_number_that_another_connections_article_has_is_not_taken_over(self, house: House) -> None:
        other = await house.connect("other", order_number_prefix="B-", processes=ORDERS_ONLY)
        async with house.gateway.database.begin() as db:
            theirs = await mappings.create(db, other.id, Kind.ARTICLE, "9", other.lane, house.clock())
            await mappings.change(db, theirs.id, house.clock(), number="VARE-1")
        product = house.product("VARE-1")
        await house.deliver(product, "product.created")
        mapping = await house.mapping(product["id"], "article")
        assert (mapping.reason_code, house.writes(path="/articles")) == ("article-number-taken", [])
        assert "another connection" in mapping.reason

    async def test_a_changed_number_is_a_new_article_and_frees_the_old_number(self, lite: House) -> None:
        product = lite.product("VARE-1")
        await lite.deliver(product, "product.created")
        lite.tick()
        lite.shop.change_product(product["id"], {"sku": "VARE-2"})
        await lite.deliver(lite.shown_product(product["id"]), "product.updated")
        another = lite.product("VARE-1", name="En annen")
        await lite.deliver(another, "product.created")
        names = {number: article.body.article_name for (_, number), article in lite.warehouse.articles.items()}
        assert names == {"VARE-1": "En annen", "VARE-2": "Ullsokker"}


def article(house: House, number: str) -> Any:
    return house.warehouse.articles[77, number].body


class TestArticlesForOrders:
    async def test_an_article_is_made_only_after_a_read_shows_that_it_is_missing(self, lite: House) -> None:
        await lite.deliver(lite.order("SOKK-1"))
        calls = [(call.method, call.path.rpartition("/")[2]) for call in lite.warehouse_calls()]
        assert calls == [("GET", "orders"), ("GET", "articles"), ("PUT", "articles"), ("PUT", "orders")]

    async def test_an_article_that_is_there_is_not_overwritten_by_a_thin_one(self, lite: House) -> None:
        full = {"goodsOwnerId": 77, "articleNumber": "SOKK-1", "articleName": "By hand", "weight": 0.2}
        await put_by_hand(lite, full, "articles")
        await lite.deliver(lite.order("SOKK-1"))
        assert (article(lite, "SOKK-1").article_name, article(lite, "SOKK-1").weight) == ("By hand", 0.2)
        assert len(lite.writes(path="/articles")) == 1

    async def test_the_full_article_is_used_when_it_waits(self, lite: House) -> None:
        product = lite.product("SOKK-1", weight="0.2")
        await lite.announce(product, "product.created")
        await lite.announce(lite.order("SOKK-1"))
        await lite.work()
        assert article(lite, "SOKK-1").weight == 0.2
        assert len(lite.writes(path="/articles")) == 1
        assert (await lite.mapping(product["id"], "article")).transfer == "sent"

    async def test_a_thin_one_is_made_from_the_line_and_filled_when_the_article_comes(self, lite: House) -> None:
        product = lite.product("SOKK-1", weight="0.2")
        await lite.deliver(lite.order("SOKK-1"))
        assert (article(lite, "SOKK-1").article_name, article(lite, "SOKK-1").weight) == ("Ullsokker", None)
        await lite.deliver(product, "product.created")
        assert article(lite, "SOKK-1").weight == 0.2

    async def test_an_article_is_made_once_for_many_orders(self, lite: House) -> None:
        for _ in range(4):
            await lite.deliver(lite.order("SOKK-1"))
        assert len(lite.writes(path="/articles")) == 1
        reads = [call for call in lite.warehouse_calls() if call.method == "GET" and call.path.endswith("/articles")]
        assert len(reads) == 1

    async def test_an_article_that_the_gateway_sent_itself_is_not_read_again(self, lite: House) -> None:
        await lite.deliver(lite.product("SOKK-1"), "product.created")
        before = len(lite.warehouse_calls())
        await lite.deliver(lite.order("SOKK-1"))
        assert [call.path.rpartition("/")[2] for call in lite.warehouse_calls()[before:]] == ["orders", "orders"]

    async def test_only_the_missing_ones_of_an_order_are_made(self, lite: House) -> None:
        await lite.deliver(lite.product("A-1"), "product.created")
        await put_by_hand(lite, {"goodsOwnerId": 77, "articleNumber": "B-1", "articleName": "By hand"}, "articles")
        before = len(lite.writes(path="/articles"))
        await lite.deliver(lite.order("A-1", "B-1", "C-1", "D-1"))
        made = [call.body["articleNumber"] for call in lite.writes(path="/articles")[before:]]
        assert made == ["C-1", "D-1"]

    async def test_a_connection_without_articles_makes_what_it_needs_and_owns_nothing(self, lite: House) -> None:
        other = await lite.connect("other", order_number_prefix="B-", processes=ORDERS_ONLY)
        order: Resource = lite.order("SOKK-1")
        await lite.deliver(order, connection=other)
        assert lite.wms_order(f"B-{order['id']}") is not None
        assert await lite.rows(select(rows).where(rows.c.kind == "article")) == []

    async def test_an_article_that_would_be_refused_does_not_take_the_order_with_it(self, lite: House) -> None:
        await lite.change_settings(lite.connection, extra_article_fields={"netWeight": "meta_data.netto"})
        product = lite.product("SOKK-1", meta_data=[{"key": "netto", "value": "not a number"}])
        await lite.announce(product, "product.created")
        order = lite.order("SOKK-1")
        await lite.announce(order)
        await lite.work()
        assert lite.wms_order(order["id"]) is not None
        assert article(lite, "SOKK-1").article_name == "Ullsokker"

    async def test_an_order_whose_article_the_warehouse_refuses_says_so(
        self, lite: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lite.fail_warehouse("status", method="PUT", path="/demo/api/v1/articles", status=400)
        order = lite.order("SOKK-1")
        await lite.deliver(order)
        job = await lite.job(order["id"])
        assert (job.state, job.reason_code) == ("dead", "refused")
        assert "/articles" in job.reason
        assert lite.writes() == []
