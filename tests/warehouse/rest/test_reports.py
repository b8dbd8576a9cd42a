"""What the warehouse reports back, call by call: stock, work lists, returns, acknowledgements."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import httpx
import pytest
import respx
from httpx import Response

from app.errors import Malformed, NoSuchRecord, Refused
from app.warehouse.reads.stock import StockLevel, TooFarBack
from app.warehouse.rest.client import OngoingClient, Written
from app.warehouse.settings import OngoingSettings
from tests.warehouse.answers import article_answer, order_answer
from tests.warehouse.conftest import CREDENTIALS

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
T = TypeVar("T")


async def all_of(pages: AsyncIterator[tuple[T, ...]]) -> list[T]:
    return [record async for page in pages for record in page]


def in_stock(system_id: int, number: str, sellable: float | None, **more: Any) -> dict[str, Any]:
    inventory = None if sellable is None else {"sellableNumberOfItems": sellable, "numberOfItems": 45, "numberOfBookedItems": 7}
    return article_answer(articleSystemId=system_id, articleNumber=number, inventoryInfo=inventory, **more)


def queries(route: respx.Route) -> list[dict[str, str]]:
    return [dict(call.request.url.params) for call in route.calls]


class TestStock:
    async def test_all_articles_are_read_page_by_page_until_a_page_is_empty(
        self, wms: respx.MockRouter, http: httpx.AsyncClient
    ) -> None:
        times = iter(NOON + timedelta(minutes=minute) for minute in range(10))
        client = OngoingClient(CREDENTIALS, http, lambda: next(times), OngoingSettings(page_size=2))
        route = wms.get("articles").mock(
            side_effect=[
                Response(200, json=[in_stock(18301, "TEE", 38), in_stock(18302, "CAP", -2.5)]),
                Response(200, json=[in_stock(18399, "MUG", 0)]),
                Response(200, json=[]),
            ]
        )
        pages = [page async for page in client.stock()]
        assert [len(page) for page in pages] == [2, 1]
        assert [(level.number, level.article_system_id, level.sellable) for page in pages for level in page] == [
            ("TEE", 18301, Decimal(38)),
            ("CAP", 18302, Decimal("-2.5")),
            ("MUG", 18399, Decimal(0)),
        ]
        # Each page is as new as the start of its own call: what is read late in a long sweep is no older than it is.
        assert pages[0][0].read_at == NOON
        assert pages[1][0].read_at > NOON
        assert queries(route) == [
            {"goodsOwnerId": "77", "maxArticlesToGet": "2"},
            {"goodsOwnerId": "77", "articleSystemIdFrom": "18303", "maxArticlesToGet": "2"},
            {"goodsOwnerId": "77", "articleSystemIdFrom": "18400", "maxArticlesToGet": "2"},
        ]

    async def test_changed_stock_is_asked_for_in_utc(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        route = wms.get("articles").respond(json=[])
        oslo = datetime.fromisoformat("2026-11-21T09:30:00.5+01:00")
        assert await all_of(client.stock(oslo)) == []
        assert queries(route)[0]["stockInfoChangedFrom"] == "2026-11-21T08:30:00.500000Z"

    async def test_more_than_23_hours_back_is_never_asked_for(self, client: OngoingClient) -> None:
        with pytest.raises(TooFarBack) as raised:
            client.stock(NOON - timedelta(hours=23, seconds=1))
        assert raised.value.earliest == datetime(2026, 11, 20, 13, 0, tzinfo=UTC)

    async def test_exactly_23_hours_back_is_asked_for(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.get("articles").respond(json=[])
        assert await all_of(client.stock(NOON - timedelta(hours=23))) == []

    async def test_a_stock_that_is_not_stated_is_not_taken_for_nothing(
        self, wms: respx.MockRouter, client: OngoingClient
    ) -> None:
        rows = [in_stock(1, "A", None), in_stock(2, "B", 3, isStockArticle=False), in_stock(3, "C", 4, isStockArticle=None)]
        wms.get("articles").mock(side_effect=[Response(200, json=rows), Response(200, json=[])])
        assert await all_of(client.stock()) == [
            StockLevel("B", 2, Decimal(3), NOON, False, on_shelf=Decimal(45)),
            StockLevel("C", 3, Decimal(4), NOON, None, on_shelf=Decimal(45)),
        ]

    async def test_an_article_without_a_number_stops_no_others(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        pages = [[in_stock(1, "A", 1), in_stock(2, "", 1)], [in_stock(3, "C", 1)], []]
        route = wms.get("articles").mock(side_effect=[Response(200, json=page) for page in pages])
        assert [level.number for level in await all_of(client.stock())] == ["A", "C"]
        assert queries(route)[1]["articleSystemIdFrom"] == "3"

    async def test_other_goods_owners_are_left_out(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        pages = [[in_stock(1, "A", 1, goodsOwner={"id": 78}), in_stock(2, "B", 1)], []]
        wms.get("articles").mock(side_effect=[Response(200, json=page) for page in pages])
        assert [level.number for level in await all_of(client.stock())] == ["B"]

    @pytest.mark.parametrize("answer", [None, {"articles": []}, "<html></html>"])
    async def test_what_is_no_list_proves_nothing(self, wms: respx.MockRouter, client: OngoingClient, answer: Any) -> None:
        wms.get("articles").respond(json=answer)
        with pytest.raises(Malformed):
            await all_of(client.stock())

    async def test_a_page_that_comes_again_is_not_read_for_ever(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.get("articles").respond(json=[in_stock(1, "A", 1)])
        with pytest.raises(Malformed, match="same page again"):
            await all_of(client.stock())

    async def test_some_articles_are_asked_for_by_number_but_for_wildcards(
        self, wms: respx.MockRouter, client: OngoingClient
    ) -> None:
        route = wms.get("articles").respond(json=[in_stock(1, "A", 5), in_stock(2, "a", 6), in_stock(3, "N", None)])
        levels = await client.stock_of(["A", "N", "B%", "A"])
        assert levels == {"A": StockLevel("A", 1, Decimal(5), NOON, True, on_shelf=Decimal(45))}
        assert route.calls.last.request.url.params.get_list("articleNumbers") == ["A", "N"]


class TestWorkLists:
    @pytest.mark.parametrize(
        ("ask", "filter_name", "value"),
        [
            (lambda client: client.orders_to_report(), "onlyOrdersWithOrderLinesToReport", "true"),
            (lambda client: client.orders_with_returns_to_report(), "onlyOrdersWithOrderLinesToReportReturned", "true"),
            (lambda client: client.orders_changed(NOON), "orderStatusChangedTimeFrom", "2026-11-21T12:00:00.000000Z"),
        ],
    )
    async def test_orders_are_read_by_one_filter_page_by_page(
        self, wms: respx.MockRouter, client: OngoingClient, ask: Any, filter_name: str, value: str
    ) -> None:
        route = wms.get("orders").mock(
            side_effect=[
                Response(200, json=[order_answer(orderId=50210)]),
                Response(200, json=[order_answer(orderId=50300, orderNumber="W-2")]),
                Response(200, json=[]),
            ]
        )
        assert [order.number for order in await all_of(ask(client))] == ["W-10045", "W-2"]
        common = {"goodsOwnerId": "77", filter_name: value, "maxOrdersToGet": "250"}
        assert queries(route) == [common, common | {"orderIdFrom": "50211"}, common | {"orderIdFrom": "50301"}]

    async def test_an_order_made_by_hand_without_a_number_stops_no_others(
        self, wms: respx.MockRouter, client: OngoingClient
    ) -> None:
        pages = [[order_answer(orderNumber=None), order_answer(orderId=50211)], []]
        wms.get("orders").mock(side_effect=[Response(200, json=page) for page in pages])
        assert [order.order_id for order in await all_of(client.orders_to_report())] == [50211]

    async def test_an_order_is_read_by_the_warehouses_id(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.get("orders/1").respond(json=order_answer(orderId=1))
        wms.get("orders/2").respond(404, json={"Message": "The order 2 was not found."})
        found = await client.get_order(1)
        assert (found.number if found else None, await client.get_order(2)) == ("W-10045", None)


def return_order() -> dict[str, Any]:
    return {
        "returnOrderInfo": {
            "returnOrderId": 900,
            "returnOrderNumber": "R-10045-1",
            "comment": "Too small",
            "returnOrderStatus": {"number": 500, "text": "Received"},
        },
        "customerOrderInfo": {"orderId": 50210, "orderNumber": "W-10045"},
        "returnOrderLines": [
            {
                "returnOrderLineId": 11,
                "returnOrderRowNumber": "1",
                "customerOrderLine": {"orderLineId": 48901, "customerOrderRowNumber": "889"},
                "article": {"articleSystemId": 18301, "articleNumber": "TEE-NAVY-M"},
                "returnCause": {"code": "SIZE", "name": "Wrong size"},
                "toBeReturnedNumberOfItems": 2,
                "pickedNumberOfItems": 2,
                "returnedNumberOfItems": 2,
                "returnedRemovedByInventoryNumberOfItems": 1,
                "returnedArticleItems": [
                    {
                        "numberOfItems": 1,
                        "returnTime": "2026-11-20T10:00:00Z",
                        "returnCause": {"code": "SIZE", "name": "Wrong size"},
                    },
                    {"numberOfItems": 1, "returnTime": None, "returnCause": None, "isReturnRemovedByInventory": True},
                ],
            }
        ],
    }


def purchase_order(order_id: int, *, is_return: bool | None) -> dict[str, Any]:
    return {
        "goodsOwner": {"id": 77, "name": "Shop AS"},
        "purchaseOrderInfo": {
            "purchaseOrderId": order_id,
            "purchaseOrderNumber": f"PO-{order_id}",
            "referenceNumber": "W-10045",
            "goodsOwnerReference": None,
            "purchaseOrderStatus": {"number": 500, "text": "Received"},
            "advanced": None if is_return is None else {"purchaseOrderIsReturnType": is_return},
        },
        "purchaseOrderLines": [
            {
                "id": 71,
                "rowNumber": "1",
                "externalOrderLineId": "889",
                "article": {"articleSystemId": 18301, "articleNumber": "TEE-NAVY-M"},
                "advisedNumberOfItems": 3,
                "receivedNumberOfItems": 2,
                "reportedNumberOfItems": None,
            }
        ],
    }


class TestReturnsOfTheirOwn:
    async def test_return_orders_are_read_in_one_call(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        route = wms.get("returnOrders").respond(json=[return_order(), {"returnOrderInfo": None}])
        (order,) = await client.return_orders(NOON)
        assert queries(route) == [{"goodsOwnerId": "77", "goodsReturnedFromDate": "2026-11-21T12:00:00.000000Z"}]
        assert (order.return_order_id, order.number, order.order_id, order.order_number) == (900, "R-10045-1", 50210, "W-10045")
        (line,) = order.lines
        assert (line.order_line_id, line.order_row_number, line.article_number) == (48901, "889", "TEE-NAVY-M")
        assert (line.announced, line.returned, line.removed, line.cause_code) == (Decimal(2), Decimal(2), Decimal(1), "SIZE")
        assert [(items.quantity, items.returned_at, items.cause_name) for items in line.returned_items] == [
            (Decimal(1), datetime(2026, 11, 20, 10, 0, tzinfo=UTC), "Wrong size"),
            (Decimal(1), None, ""),
        ]

    async def test_purchase_orders_that_are_returns_are_told_by_their_mark(
        self, wms: respx.MockRouter, client: OngoingClient
    ) -> None:
        pages = [
            [purchase_order(1, is_return=True), purchase_order(2, is_return=False)],
            [purchase_order(3, is_return=None)],
            [],
        ]
        route = wms.get("purchaseOrders").mock(side_effect=[Response(200, json=page) for page in pages])
        (order,) = await all_of(client.return_purchase_orders(NOON))
        assert queries(route)[0] == {
            "goodsOwnerId": "77",
            "lastReceiveTimeFrom": "2026-11-21T12:00:00.000000Z",
            "maxPurchaseOrdersToGet": "1000",
        }
        assert queries(route)[2]["purchaseOrderIdFrom"] == "4"
        assert (order.purchase_order_id, order.number, order.reference_number, order.status_number) == (1, "PO-1", "W-10045", 500)
        (line,) = order.lines
        assert (line.line_id, line.external_id, line.advised, line.received) == (71, "889", Decimal(3), Decimal(2))


class TestAcknowledgements:
    async def test_a_picked_quantity_is_acknowledged_for_one_line(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        answer = {"orderId": 50210, "message": None}
        route = wms.patch("orders/50210/lines/48901/reportedNumberOfItems").respond(json=answer)
        written = await client.report_picked(50210, 48901, Decimal("8.000"))
        assert written == Written(50210, None, 200, answer)
        assert route.calls.last.request.content == b'{"reportedNumberOfItems":8}'

    async def test_a_broken_quantity_is_sent_as_it_is(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        route = wms.patch("orders/1/lines/2/reportedNumberOfItems").respond(json={"orderId": 1})
        await client.report_picked(1, 2, Decimal("2.5"))
        assert route.calls.last.request.content == b'{"reportedNumberOfItems":2.5}'

    @pytest.mark.parametrize("content", [b"", b'""', b'"Ok"', b"null", b'{"orderId": 1, "message": "ok"}'])
    async def test_a_returned_quantity_is_acknowledged_whatever_the_answer_says(
        self, wms: respx.MockRouter, client: OngoingClient, content: bytes
    ) -> None:
        route = wms.patch("orders/1/lines/2/reportedReturnedNumberOfItems").respond(content=content)
        assert (await client.report_returned(1, 2, Decimal(1))).id == 1
        assert route.calls.last.request.content == b'{"reportedReturnedNumberOfItems":1}'

    async def test_a_received_quantity_is_acknowledged_on_the_purchase_order(
        self, wms: respx.MockRouter, client: OngoingClient
    ) -> None:
        route = wms.patch("purchaseOrders/1/lines/71/reportedNumberOfItems").respond(content=b"")
        assert (await client.report_received(1, 71, Decimal(2))).id == 1
        assert route.calls.last.request.content == b'{"reportedNumberOfItems":2}'

    @pytest.mark.parametrize("content", [b"<html>Maintenance</html>", b"[]", b'{"orderId": 7}'])
    async def test_another_answer_leaves_the_outcome_unknown(
        self, wms: respx.MockRouter, client: OngoingClient, content: bytes
    ) -> None:
        wms.patch("orders/1/lines/2/reportedNumberOfItems").respond(content=content)
        with pytest.raises(Malformed):
            await client.report_picked(1, 2, Decimal(1))

    async def test_refusals_are_sorted_as_everywhere(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.patch("orders/1/lines/2/reportedNumberOfItems").respond(404, json={"Message": "The order line 2 was not found."})
        wms.patch("orders/1/lines/3/reportedNumberOfItems").respond(400, json={"Message": "No."})
        with pytest.raises(NoSuchRecord, match="order line 2"):
            await client.report_picked(1, 2, Decimal(1))
        with pytest.raises(Refused, match="No"):
            await client.report_picked(1, 3, Decimal(1))
