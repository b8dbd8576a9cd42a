"""Lists: their segments, their pages, and what was changed since."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.nettbutikk24.calling import MORNING, TOKEN, Site
from tests.sandbox.nettbutikk24.conftest import Build

THREE = ["1001", "1002", "1003"]


async def test_a_list_without_segments_is_the_first_hundred(site: Site) -> None:
    site.orders(101)
    answer = await site.get("orders")
    assert len(answer.json()["data"]) == 100
    assert answer.json()["paging"] == {"next": "http://shop/api/v1/orders/100/100"}


async def test_limit_and_offset(site: Site) -> None:
    site.orders(3)
    answer = await site.get("orders/2/0")
    assert [row["order_no"] for row in answer.json()["data"]] == ["1001", "1002"]
    assert answer.json()["paging"] == {"next": "http://shop/api/v1/orders/2/2"}
    answer = await site.get("orders/2/2")
    assert ([row["order_no"] for row in answer.json()["data"]], answer.json()["paging"]) == (["1003"], [])
    assert (await site.get("orders/2/3")).json() == {"data": [], "paging": []}


async def test_since_and_until_are_unix_seconds_and_both_included(site: Site) -> None:
    site.orders(3)
    assert await site.keys(f"orders/100/0/{MORNING + 60}") == ["1002", "1003"]
    assert await site.keys(f"orders/100/0/{MORNING + 61}") == ["1003"]
    assert await site.keys(f"orders/100/0/{MORNING}/{MORNING + 60}") == ["1001", "1002"]
    answer = await site.get(f"orders/1/0/{MORNING + 60}")
    assert answer.json()["paging"] == {"next": f"http://shop/api/v1/orders/1/1/{MORNING + 60}"}


async def test_the_other_order_of_segments(open_site: Build) -> None:
    site = open_site(path_order="offset/limit")
    site.orders(3)
    answer = await site.get("orders/1/2")
    assert [row["order_no"] for row in answer.json()["data"]] == ["1002", "1003"]
    assert (await site.get("orders/0/1")).json()["paging"] == {"next": "http://shop/api/v1/orders/1/1"}
    assert (await site.get("orders/1/0")).status_code == 400


async def test_a_limit_of_zero(open_site: Build) -> None:
    for zero_limit, found in (("empty", []), ("all", THREE)):
        site = open_site(zero_limit=zero_limit)
        site.orders(3)
        assert await site.keys("orders/0/0") == found


async def test_the_largest_page(open_site: Build) -> None:
    site = open_site(max_limit=2)
    site.orders(3)
    assert await site.keys("orders/100/0") == ["1001", "1002"]
    assert (await site.get("orders")).json()["paging"] == {"next": "http://shop/api/v1/orders/2/2"}
    site.shop.change(over_limit="refused")
    assert (await site.get("orders/100/0")).status_code == 400
    assert await site.keys("orders/2/0") == ["1001", "1002"]


async def test_a_lone_number_is_an_order(site: Site) -> None:
    site.orders(2)
    answer = await site.get("orders/1002")
    assert [row["order_no"] for row in answer.json()["data"]] == ["1002"]
    assert "paging" not in answer.json()
    answer = await site.get("orders/100")
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize(
    "path",
    ["orders/abc", "orders/", "orders/-1/0", "orders/10/", "orders/10/x", "orders/10/0/2026-11-21", "orders/1/0/0/0/0",
     "orders/10/0?page=2", "orders?flat=1", "products?flat=2", "products?flat=0&flat=1", "orders?callback=f", "customers/1.5"],
)  # fmt: skip
async def test_wrong_arguments_are_refused_with_an_empty_body(site: Site, path: str) -> None:
    answer = await site.http.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.content) == (400, b"")


@pytest.mark.parametrize(
    ("settings", "answered"),
    [
        ({"last_page": "object"}, {}),
        ({"next_page": "full"}, {"next": "http://shop/api/v1/orders/2/2"}),
        ({"next_page": "full", "next_base": "http://demo.24nb.no/"}, {"next": "http://demo.24nb.no/api/v1/orders/2/2"}),
        ({"next_page": "full", "next_query": "asked"}, {"next": "http://shop/api/v1/orders/2/2"}),
        ({"next_page": "full", "next_query": "token"}, {"next": f"http://shop/api/v1/orders/2/2?access_token={TOKEN}"}),
    ],
)
async def test_what_paging_says(open_site: Build, settings: dict[str, Any], answered: Any) -> None:
    site = open_site(**settings)
    site.use(None)
    site.orders(2)
    assert (await site.get("orders/2/0", access_token=TOKEN)).json()["paging"] == answered
    assert (await site.get("orders/2/2", access_token=TOKEN)).json()["paging"] in ([], {})


async def test_the_next_address_keeps_what_was_asked(open_site: Build) -> None:
    site = open_site(next_query="asked")
    for article_no in ("A", "B"):
        site.shop.add_product(article_no)
    answer = await site.get("products/1/0", flat="1")
    assert answer.json()["paging"] == {"next": "http://shop/api/v1/products/1/1?flat=1"}


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        ("key", ["1001", "1002", "1003"]),
        ("key-descending", ["1003", "1002", "1001"]),
        ("modified", ["1001", "1003", "1002"]),
        ("modified-descending", ["1002", "1003", "1001"]),
    ],
)
async def test_in_which_order_rows_come(open_site: Build, order: str, keys: list[str]) -> None:
    site = open_site(list_order=order)
    site.orders(3)
    site.clock.seconds += 1
    site.shop.block_order("1002")
    assert await site.keys("orders") == keys


async def test_head_tells_when_anything_was_changed(site: Site) -> None:
    answer = await site.call("HEAD", "orders")
    assert (answer.status_code, "Last-Modified" in answer.headers) == (200, False)
    site.orders(2)
    for path in ("orders", "orders/1/0", f"orders/1/0/{MORNING + 600}", "orders/1001"):
        answer = await site.call("HEAD", path)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["Last-Modified"] == "Sat, 21 Nov 2026 08:13:00 GMT"
        assert (await site.get(path)).headers["Last-Modified"] == "Sat, 21 Nov 2026 08:13:00 GMT"
    site.shop.change(last_modified="rows")
    assert (await site.call("HEAD", "orders/1/0")).headers["Last-Modified"] == "Sat, 21 Nov 2026 08:12:00 GMT"
    assert (await site.call("HEAD", "orders/1001")).headers["Last-Modified"] == "Sat, 21 Nov 2026 08:12:00 GMT"
    site.shop.change(last_modified="none")
    answer = await site.call("HEAD", "orders")
    assert (answer.status_code, "Last-Modified" in answer.headers) == (200, False)


async def test_head_of_products_is_a_setting(open_site: Build) -> None:
    assert (await open_site().call("HEAD", "products")).status_code == 405
    site = open_site(head_takes=("orders", "products"))
    site.shop.add_product("A")
    assert (await site.call("HEAD", "products")).headers["Last-Modified"] == "Sat, 21 Nov 2026 08:12:00 GMT"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "invoices", 404), ("GET", "orders/1001/gift", 400), ("PUT", "orders/1001", 405), ("DELETE", "orders/1001", 405),
     ("POST", "orders", 405), ("PATCH", "customers/71", 405), ("PATCH", "orders", 405), ("GET", "", 404)],
)  # fmt: skip
async def test_what_there_is_not(site: Site, method: str, path: str, status: int) -> None:
    answer = await site.call(method, path)
    assert (answer.status_code, answer.content) == (status, b"")
