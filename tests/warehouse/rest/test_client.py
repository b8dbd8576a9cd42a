"""Calls and answers, one by one."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx
from httpx import Response

from app.errors import Malformed, TooLarge
from app.warehouse.reads.resources import OrderStatus, TransporterContract
from app.warehouse.rest.client import OngoingClient, Written
from app.warehouse.settings import OngoingSettings
from tests.warehouse.answers import article_answer, order_answer
from tests.warehouse.conftest import BASE, CREDENTIALS, clock

ORDER: dict[str, Any] = {"goodsOwnerId": 77, "orderNumber": "1", "deliveryDate": "2026-11-21", "consignee": {"name": "Kari"}}


def asked(route: respx.Route, key: str) -> list[list[str]]:
    """The values of a query parameter, call by call."""
    return [call.request.url.params.get_list(key) for call in route.calls]


class TestPagesThatAreTooLarge:
    async def test_smaller_ones_are_read_and_nothing_is_passed_over(
        self, wms: respx.MockRouter, client: OngoingClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.http.MAX_ANSWER_BYTES", 25_000)

        def page(request: httpx.Request) -> Response:
            first, most = int(request.url.params.get("orderIdFrom", 1)), int(request.url.params["maxOrdersToGet"])
            return Response(200, json=[order_answer(orderId=number) for number in range(first, min(first + most, 41))])

        route = wms.get("orders").mock(side_effect=page)
        found = [order async for orders in client.orders_to_report() for order in orders]
        assert [order.order_id for order in found] == list(range(1, 41))
        assert asked(route, "maxOrdersToGet")[:5] == [["250"], ["62"], ["15"], ["15"], ["15"]]

    async def test_one_record_that_is_too_large_is_told(
        self, wms: respx.MockRouter, client: OngoingClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.http.MAX_ANSWER_BYTES", 20)
        wms.get("orders").respond(json=[order_answer(orderId=1)])
        with pytest.raises(TooLarge, match="more than 20 bytes"):
            [orders async for orders in client.orders_to_report()]


class TestTheCallItself:
    async def test_it_has_basic_auth_and_a_plain_header_set(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        route = wms.get("orders/1").respond(json=order_answer(orderId=1))
        await client.get_order(1)
        headers = route.calls.last.request.headers
        assert headers["Authorization"] == "Basic Z3c6aGVtbWVsaWc6w6Y="  # gw:hemmelig:æ in UTF-8
        assert headers["Accept"] == "application/json"
        assert set(headers) <= {"host", "accept", "accept-encoding", "connection", "user-agent", "authorization"}

    async def test_a_write_is_json(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        route = wms.put("orders").respond(json={"orderId": 1, "message": None})
        await client.put_order({**ORDER, "orderNumber": "Ærlig", "freightPrice": 49.5})
        request = route.calls.last.request
        assert request.headers["Content-Type"] == "application/json"
        assert (
            request.content
            == (
                '{"goodsOwnerId":77,"orderNumber":"Ærlig","deliveryDate":"2026-11-21","consignee":{"name":"Kari"},"freightPrice":49.5}'
            ).encode()
        )

    async def test_a_cancellation_has_no_body(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        route = wms.delete("orders/50210").respond(json={"orderId": 50210, "message": "ok"})
        await client.cancel_order(50210)
        assert route.calls.last.request.content == b""
        assert "Content-Type" not in route.calls.last.request.headers

    async def test_a_cookie_of_one_warehouse_never_goes_to_another(
        self, wms: respx.MockRouter, client: OngoingClient, http: httpx.AsyncClient
    ) -> None:
        http.cookies.set("ASP.NET_SessionId", "of another warehouse", domain="api.ongoingsystems.se")
        route = wms.get("orders/1").respond(json=order_answer(orderId=1))
        await client.get_order(1)
        assert "Cookie" not in route.calls.last.request.headers


class TestWrites:
    async def test_an_order_that_was_created_answers_its_id_and_message(
        self, wms: respx.MockRouter, client: OngoingClient
    ) -> None:
        answer = {"orderId": 50210, "message": "Order saved.<br/>Customer K-1 &amp; Co was created.<BR />"}
        wms.put("orders").respond(201, json=answer)
        assert await client.put_order(ORDER) == Written(
            id=50210, message="Order saved. Customer K-1 & Co was created.", status=201, answer=answer
        )

    async def test_an_article_answers_its_system_id(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.put("articles").respond(json={"articleSystemId": 18301, "message": None})
        written = await client.put_article({"goodsOwnerId": 77, "articleNumber": "A"})
        assert (written.id, written.message, written.status) == (18301, None, 200)

    @pytest.mark.parametrize(
        "answer", [{"message": "ok"}, {"orderId": None}, {"orderId": "50210"}, {"orderId": True}, {}, [], None, 7]
    )
    async def test_a_2xx_without_an_id_is_malformed(self, wms: respx.MockRouter, client: OngoingClient, answer: Any) -> None:
        wms.put("orders").respond(json=answer)
        with pytest.raises(Malformed, match="the outcome is unknown"):
            await client.put_order(ORDER)

    @pytest.mark.parametrize("content", [b"", b"<html>Maintenance</html>", b'{"orderId": 5'])
    async def test_a_2xx_that_is_no_json_is_malformed(self, wms: respx.MockRouter, client: OngoingClient, content: bytes) -> None:
        wms.put("orders").respond(200, content=content)
        with pytest.raises(Malformed):
            await client.put_order(ORDER)

    async def test_cancelling_what_the_wms_does_not_have_answers_none(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.delete("orders/9").respond(404, json={"Message": "The order 9 was not found."})
        assert await client.cancel_order(9) is None


class TestReadingOneOrder:
    async def test_by_id(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.get("orders/50210").respond(json=order_answer())
        order = await client.get_order(50210)
        assert order is not None
        assert order.number == "W-10045"

    async def test_none_is_answered_when_the_wms_itself_says_so(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.get("orders/9").respond(404, json={"message": "No such order"})
        assert await client.get_order(9) is None

    async def test_an_order_of_another_goods_owner_is_not_ours(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.get("orders/50210").respond(json=order_answer() | {"goodsOwner": {"id": 78}})
        assert await client.get_order(50210) is None

    @pytest.mark.parametrize("answer", [None, [], {}, {"orderInfo": None}, [order_answer()]])
    async def test_what_is_no_order_is_malformed(self, wms: respx.MockRouter, client: OngoingClient, answer: Any) -> None:
        wms.get("orders/50210").respond(json=answer)
        with pytest.raises(Malformed):
            await client.get_order(50210)

    async def test_another_order_than_the_one_asked_for_is_malformed(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.get("orders/1").respond(json=order_answer(orderId=2))
        with pytest.raises(Malformed, match="answered with order 2"):
            await client.get_order(1)


class TestReadingOrdersByNumber:
    async def test_the_number_and_the_goods_owner_are_asked_for(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        route = wms.get("orders").respond(json=[order_answer()])
        order = await client.get_order_by_number("W-10045")
        assert order is not None
        assert order.order_id == 50210
        assert route.calls.last.request.url.query == b"goodsOwnerId=77&orderNumbers=W-10045&maxOrdersToGet=250"

    async def test_an_empty_list_means_that_there_is_none(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.get("orders").respond(json=[])
        assert await client.get_order_by_number("W-10045") is None

    @pytest.mark.parametrize("shown", ["w-10045", "W-100451", "XW-10045", "W-10045 "])
    async def test_a_number_that_only_looks_alike_is_another(
        self, wms: respx.MockRouter, client: OngoingClient, shown: str
    ) -> None:
        wms.get("orders").respond(json=[order_answer(orderNumber=shown)])
        assert await client.get_order_by_number("W-10045") is None

    async def test_an_order_of_another_goods_owner_is_not_ours(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.get("orders").respond(json=[order_answer() | {"goodsOwner": {"id": 78}}])
        assert await client.get_order_by_number("W-10045") is None

    async def test_special_characters_are_encoded(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        route = wms.get("orders").respond(json=[])
        await client.get_order_by_number("W 1+2&3%_#æ")
        assert b"orderNumbers=W%201%2B2%263%25_%23%C3%A6&" in route.calls.last.request.url.query
        assert asked(route, "orderNumbers") == [["W 1+2&3%_#æ"]]

    async def test_of_two_with_one_number_the_one_that_is_not_cancelled_counts(
        self, wms: respx.MockRouter, client: OngoingClient
    ) -> None:
        wms.get("orders").respond(
            json=[
                order_answer(orderId=1, orderStatus={"number": 1000, "text": "Cancelled"}),
                order_answer(orderId=2, orderStatus={"number": 300, "text": "Released"}),
                order_answer(orderId=3, orderStatus={"number": 1000, "text": "Cancelled"}),
            ]
        )
        order = await client.get_order_by_number("W-10045")
        assert order is not None
        assert order.order_id == 2

    async def test_many_are_read_with_the_key_repeated_fifty_at_a_time(
        self, wms: respx.MockRouter, client: OngoingClient
    ) -> None:
        numbers = [f"W-{number}" for number in range(120)]
        route = wms.get("orders").mock(
            side_effect=lambda request: Response(
                200,
                json=[
                    order_answer(orderId=1 + numbers.index(number), orderNumber=number)
                    for number in request.url.params.get_list("orderNumbers")
                ],
            )
        )
        found = await client.get_orders([*numbers, "W-0"])
        assert list(found) == numbers
        assert [len(chunk) for chunk in asked(route, "orderNumbers")] == [50, 50, 20]

    async def test_nothing_is_asked_for_nothing(self, client: OngoingClient) -> None:
        assert await client.get_orders([]) == {}

    @pytest.mark.parametrize("answer", [None, {}, {"orders": []}, "[]", [None], [{"orderInfo": None}]])
    async def test_what_is_no_list_of_orders_is_malformed(
        self, wms: respx.MockRouter, client: OngoingClient, answer: Any
    ) -> None:
        wms.get("orders").respond(json=answer)
        with pytest.raises(Malformed):
            await client.get_order_by_number("W-10045")

    async def test_html_with_200_is_malformed(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.get("orders").respond(200, html="<html>Maintenance</html>")
        with pytest.raises(Malformed, match="did not answer with a list"):
            await client.get_order_by_number("W-10045")

    async def test_null_in_place_of_a_nested_list_is_an_empty_one(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.get("orders").respond(json=[order_answer() | {"orderLines": None, "tracking": None}])
        order = await client.get_order_by_number("W-10045")
        assert order is not None
        assert order.lines == ()


class TestPages:
    """Upstream: repeat from the largest id + 1."""

    def paged(self, http: httpx.AsyncClient, size: int) -> OngoingClient:
        return OngoingClient(CREDENTIALS, http, clock, OngoingSettings(page_size=size))

    async def test_a_full_page_that_lacks_a_number_is_followed_by_the_next(
        self, wms: respx.MockRouter, http: httpx.AsyncClient
    ) -> None:
        route = wms.get("orders").mock(
            side_effect=[
                Response(200, json=[order_answer(orderId=5, orderNumber="W_1x"), order_answer(orderId=9, orderNumber="Wb1")]),
                Response(200, json=[order_answer(orderId=12, orderNumber="W_1")]),
            ]
        )
        order = await self.paged(http, 2).get_order_by_number("W_1")
        assert order is not None
        assert order.order_id == 12
        assert asked(route, "orderIdFrom") == [[], ["10"]]

    async def test_nothing_more_is_read_when_all_are_found(self, wms: respx.MockRouter, http: httpx.AsyncClient) -> None:
        route = wms.get("orders").respond(json=[order_answer()])
        assert await self.paged(http, 1).get_order_by_number("W-10045") is not None
        assert route.call_count == 1

    async def test_the_same_page_again_is_malformed_instead_of_endless(
        self, wms: respx.MockRouter, http: httpx.AsyncClient
    ) -> None:
        wms.get("orders").respond(json=[order_answer(orderNumber="other")])
        with pytest.raises(Malformed, match="the same page again"):
            await self.paged(http, 1).get_order_by_number("W-10045")


class TestReadingArticles:
    async def test_those_that_exist_are_answered_by_their_number(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        route = wms.get("articles").respond(json=[article_answer(articleNumber="B"), article_answer(articleNumber="b")])
        found = await client.get_articles(["A", "B"])
        assert set(found) == {"B"}
        assert found["B"].article_system_id == 18301
        assert route.calls.last.request.url.query == b"goodsOwnerId=77&articleNumbers=A&articleNumbers=B&maxArticlesToGet=1000"

    @pytest.mark.parametrize("number", ["A%", "A_B", "!A", "A^B", "A\\B"])
    async def test_a_search_wildcard_is_never_asked_for(self, wms: respx.MockRouter, client: OngoingClient, number: str) -> None:
        route = wms.get("articles").respond(json=[article_answer(articleNumber="A")])
        assert set(await client.get_articles([number, "A"])) == {"A"}
        assert asked(route, "articleNumbers") == [["A"]]

    async def test_only_wildcards_make_no_call(self, client: OngoingClient) -> None:
        assert await client.get_articles(["%"]) == {}

    async def test_long_numbers_go_in_smaller_chunks_so_that_no_query_is_too_long(
        self, wms: respx.MockRouter, client: OngoingClient
    ) -> None:
        route = wms.get("articles").respond(json=[])
        await client.get_articles([f"{number:02}" + "ø" * 98 for number in range(50)])
        assert all(len(call.request.url.query) <= 2000 for call in route.calls)
        assert sum(len(chunk) for chunk in asked(route, "articleNumbers")) == 50


class TestCodeLists:
    async def test_order_statuses(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.get("orders/statuses").respond(
            json={"orderStatuses": [{"number": 200, "text": "Open"}, {"number": 210, "text": None}]}
        )
        assert await client.order_statuses() == (OrderStatus(200, "Open"), OrderStatus(210, ""))

    async def test_null_statuses_are_none(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.get("orders/statuses").respond(json={"orderStatuses": None})
        assert await client.order_statuses() == ()

    @pytest.mark.parametrize("answer", [None, [], {}])
    async def test_what_is_no_list_of_statuses_is_malformed(
        self, wms: respx.MockRouter, client: OngoingClient, answer: Any
    ) -> None:
        wms.get("orders/statuses").respond(json=answer)
        with pytest.raises(Malformed):
            await client.order_statuses()

    async def test_transporter_contracts(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        route = wms.get("transporterContracts").respond(
            json=[
                {
                    "ediCode": "X",
                    "transporterName": "Posten",
                    "transporterCode": "BRING",
                    "transporterServiceCode": None,
                    "transporterServices": [{"transporterServiceName": "Servicepakke", "transporterServiceCode": "5800"}],
                }
            ]
        )
        assert await client.transporter_contracts() == (TransporterContract("Posten", "BRING", ("5800",)),)
        assert route.calls.last.request.url.query == b"goodsOwnerId=77"


def test_the_client_says_for_whom_it_speaks(client: OngoingClient) -> None:
    assert client.goods_owner_id == 77
    assert CREDENTIALS.url == BASE
