"""What a shop refuses beside the point stops nothing: a comment, a batch, one way of writing a status, a page behind the last."""

from __future__ import annotations

from typing import Any

import httpx
import orjson
import pytest

from app.domain import Process
from app.errors import LoginRefused, Refused
from app.integrations.protocol import StockChange
from tests.integrations.mystore.calling import Bench, changed, open_bench

EXPIRED = {"errors": [{"status": "403", "title": "Forbidden", "detail": "Token has expired or is invalid"}]}
FORBIDDEN = {"errors": [{"status": "403", "title": "Forbidden", "detail": "you may not"}]}
INVALID = {"errors": [{"status": "422", "title": "Invalid", "detail": "not writable"}]}
WITHOUT_WORDS = {"detail": "Not Found"}
CHANGES = [StockChange("1", None, 10), StockChange("2", None, 20)]


class Answering(httpx.AsyncBaseTransport):
    """The simulated shop, but for calls that are answered by `answers`: method and path → status and body."""

    def __init__(self, inner: httpx.AsyncBaseTransport, answers: dict[str, tuple[int, Any]]) -> None:
        self._inner = inner
        self._answers = answers

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        found = self._answers.get(f"{request.method} {request.url.path.removeprefix('/shops/demo/')}")
        if found is None:
            return await self._inner.handle_async_request(request)
        return httpx.Response(found[0], content=orjson.dumps(found[1]), headers={"Content-Type": "application/json"})


def shop(answers: dict[str, tuple[int, Any]], **config: Any) -> Bench:
    """Order 10001 of two pairs of socks; the products 1 and 2."""
    bench = open_bench(**config)
    bench.shop.add_product("SOKK", "Sokker", quantity=10)
    bench.shop.add_product("KOPP", "Kopp", quantity=10)
    bench.shop.place_order([{"sku": "SOKK", "quantity": 2}])
    bench.transport = Answering(bench.transport, answers)
    return bench


def order_in(bench: Bench) -> tuple[str, Any]:
    found = bench.shop.find("orders", 10001)
    return found["relationships"]["order-status"]["data"]["id"], found["attributes"]["tracking_number"]


@pytest.mark.parametrize("answer", [(403, FORBIDDEN), (422, INVALID), (404, WITHOUT_WORDS)])
async def test_a_refused_comment_does_not_keep_the_order_from_its_status(answer: tuple[int, Any]) -> None:
    bench = shop({"POST order-status-history": answer})
    client = bench.client()
    await client.keep_tracking("10001", "A1", completes=True)
    await client.add_note("10001", "Sendt fra lager. Sporing: A1", False)
    assert order_in(bench) == ("3", "A1")
    assert client.refused_note("10001").startswith("the shop refused the comment in the order's history: ")
    assert client.refused_note("10001") == ""


async def test_a_comment_whose_token_is_refused_waits() -> None:
    bench = shop({"POST order-status-history": (403, EXPIRED)})
    with pytest.raises(LoginRefused):
        await bench.client().add_note("10001", "Sendt", False)


async def test_a_way_that_is_refused_gives_way_to_the_next() -> None:
    bench = shop({"PATCH orders/10001": (422, INVALID)}, status_takes=("relationship",))
    set_to = await bench.client().complete("10001")
    assert (set_to.status, set_to.written, order_in(bench)[0]) == ("Sendt", True, "3")


async def test_an_order_that_takes_its_status_in_no_way_says_why() -> None:
    last = "PATCH orders/10001/relationships/order-status"
    bench = shop({last: (404, WITHOUT_WORDS), "PATCH orders/10001": (422, INVALID)}, status_takes=())
    with pytest.raises(
        Refused, match=r"does not have the status 'Sendt' .*set use_complete_endpoint.*PATCH orders/10001: Invalid: not writable"
    ):
        await bench.client().complete("10001")


@pytest.mark.parametrize("answer", [(403, FORBIDDEN), (404, WITHOUT_WORDS), (405, WITHOUT_WORDS), (413, INVALID)])
async def test_a_batch_that_is_refused_in_any_way_is_written_one_by_one(answer: tuple[int, Any]) -> None:
    bench = shop({"POST non-atomic-batch": answer})
    answers = await bench.client().write_stock(CHANGES)
    assert [(each.source_id, each.quantity, each.problem) for each in answers] == [("1", 10.0, None), ("2", 20.0, None)]


async def test_a_list_that_knows_no_pages_ends() -> None:
    """It gives all of it each time, without links, and just as many as were asked for."""
    bench = open_bench()
    listed = [{"type": "orders", "id": str(each), "attributes": {"updated_at": "2026-11-21 09:00:00"}} for each in (1, 2)]
    bench.transport = Answering(bench.transport, {"GET orders": (200, {"data": listed})})
    found, _ = await changed(bench.client(page_size=2), Process.ORDERS)
    assert [each.source_id for each in found] == ["1", "2"]


async def test_a_shop_without_settings_and_webhooks_can_be_connected() -> None:
    bench = shop({"GET settings": (404, WITHOUT_WORDS), "GET webhooks": (404, WITHOUT_WORDS)})
    report = await bench.client().test()
    assert [check.message for check in report.checks if not check.ok] == []
    assert report.facts["can_manage_webhooks"] is False
