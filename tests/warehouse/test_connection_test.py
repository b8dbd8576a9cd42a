"""What a connection test tells the person who typed the credentials in."""

from __future__ import annotations

import httpx
import pytest
import respx

from app.warehouse.connection_test import Check, explain_statuses
from app.warehouse.reads.resources import OrderStatus
from app.warehouse.rest.client import OngoingClient
from app.warehouse.settings import OngoingSettings
from tests.warehouse.answers import article_answer

NUMBERS = {
    200: "Åpen",
    425: "Sendt/Dellevert",
    450: "Sendt",
    451: "Klar til henting",
    475: "Retur",
    500: "Hentet",
    1000: "Annullert",
}
STATUSES = {"orderStatuses": [{"number": number, "text": text} for number, text in NUMBERS.items()]}


def failed(checks: tuple[Check, ...]) -> list[tuple[str, str]]:
    assert all(check.fix or check.name == "goods-owner" for check in checks if not check.ok)
    return [(check.name, check.message) for check in checks if not check.ok]


async def test_all_is_well(wms: respx.MockRouter, client: OngoingClient) -> None:
    wms.get("orders/statuses").respond(json=STATUSES)
    route = wms.get("articles").respond(json=[article_answer()])
    assert await client.test() == (
        Check("login", True, "api.ongoingsystems.se accepts the user gw"),
        Check(
            "order-statuses",
            True,
            "the warehouse's order statuses are 200 Åpen, 425 Sendt/Dellevert, 450 Sendt, 451 Klar til henting, 475 Retur, "
            "500 Hentet, 1000 Annullert. sent: 450 Sendt, 500 Hentet; ready for pick-up: 451 Klar til henting; "
            "sent in part: 425 Sendt/Dellevert; a return: 475 Retur; cancelled: 1000 Annullert. "
            "It has no 800, which changes nothing",
        ),
        Check("goods-owner", True, "the warehouse answers for goods owner 77"),
    )
    assert route.calls.last.request.url.query == b"goodsOwnerId=77&maxArticlesToGet=1"


async def test_a_goods_owner_without_articles_is_taken_as_it_is(wms: respx.MockRouter, client: OngoingClient) -> None:
    wms.get("orders/statuses").respond(json=STATUSES)
    wms.get("articles").respond(json=[])
    checks = await client.test()
    assert all(check.ok for check in checks)
    assert checks[-1].message == "the warehouse answers for goods owner 77; it has no articles yet"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"Message": "Authorization has been denied for this request."}),
        httpx.Response(500, json={"Message": "Login failed"}),
    ],
)
async def test_a_wrong_login(wms: respx.MockRouter, client: OngoingClient, answer: httpx.Response) -> None:
    wms.get("orders/statuses").mock(return_value=answer)
    assert failed(await client.test()) == [("login", "the warehouse does not accept the user gw with this password")]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, json={"Message": "No HTTP resource was found that matches the request URI."}),
        httpx.Response(404, html="<html>not found</html>"),
        httpx.Response(200, html="<html>Log in</html>"),
        httpx.Response(302, headers={"Location": "/login"}),
        httpx.Response(200, json=[]),
    ],
)
async def test_a_wrong_address(wms: respx.MockRouter, client: OngoingClient, answer: httpx.Response) -> None:
    wms.get("orders/statuses").mock(return_value=answer)
    assert failed(await client.test()) == [
        ("address", "what answers at https://api.ongoingsystems.se/acme/api/v1/ is not the REST API of a warehouse")
    ]


async def test_an_address_that_cannot_be_reached(wms: respx.MockRouter, client: OngoingClient) -> None:
    wms.get("orders/statuses").mock(side_effect=httpx.ConnectError("no such host"))
    assert failed(await client.test()) == [("address", "Ongoing WMS cannot be reached: no such host")]


async def test_a_warehouse_that_is_down_for_now(wms: respx.MockRouter, client: OngoingClient) -> None:
    wms.get("orders/statuses").respond(503)
    assert failed(await client.test()) == [("login", "Ongoing WMS answered 503")]


async def test_too_many_calls(wms: respx.MockRouter, client: OngoingClient) -> None:
    wms.get("orders/statuses").respond(429)
    assert failed(await client.test()) == [("login", "the warehouse has had too many calls from this user for now (429)")]


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_a_wrong_goods_owner(wms: respx.MockRouter, client: OngoingClient, status: int) -> None:
    wms.get("orders/statuses").respond(json=STATUSES)
    wms.get("articles").respond(status, json={"Message": "The user has no access to goods owner 77."})
    assert failed(await client.test()) == [("goods-owner", "the user gw has no goods owner 77")]


async def test_a_warehouse_that_answers_for_another_goods_owner(wms: respx.MockRouter, client: OngoingClient) -> None:
    wms.get("orders/statuses").respond(json=STATUSES)
    wms.get("articles").respond(json=[article_answer(goodsOwner={"id": 78})])
    assert failed(await client.test()) == [("goods-owner", "the user gw has no goods owner 77: the warehouse answered for 78")]


async def test_a_warehouse_with_another_number_for_cancelled(wms: respx.MockRouter, client: OngoingClient) -> None:
    wms.get("orders/statuses").respond(json={"orderStatuses": [{"number": 900, "text": "Slettet"}]})
    wms.get("articles").respond(json=[])
    assert failed(await client.test()) == [("order-statuses", "the warehouse has no order status 1000, only 900 Slettet")]


def listed(*numbers: int) -> tuple[OrderStatus, ...]:
    return tuple(OrderStatus(number, f"S{number}") for number in numbers)


def test_a_number_that_somebody_has_set_and_the_warehouse_does_not_list_is_told() -> None:
    check = explain_statuses(listed(200, 450, 500, 1000), OngoingSettings(pickup_statuses=[455]))
    assert check.ok
    assert check.fix == "the warehouse does not list 455 (warehouse.pickup_statuses): correct the number, or take it out"


def test_a_number_of_the_warehouse_that_is_in_no_set_is_told() -> None:
    check = explain_statuses(listed(200, 400, 450, 600, 1000), OngoingSettings())
    assert check.ok
    assert check.fix == "600 S600 is in no set and counts as work in progress: put it into the one that it belongs to"


def test_a_warehouse_that_has_no_number_for_sent_fails() -> None:
    check = explain_statuses(listed(200, 460, 1000), OngoingSettings())
    assert (check.ok, check.message) == (False, "the warehouse has no order status 450, 500, only 200 S200, 460 S460, 1000 S1000")
    assert check.fix == "set warehouse.shipped_statuses, and look at the other sets of status numbers there too"
