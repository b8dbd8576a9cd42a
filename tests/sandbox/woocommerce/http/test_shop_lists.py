"""Paging and filters, with the quirks of the recording."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from app.sandbox.woocommerce import Shop
from tests.sandbox.woocommerce.recorded.recorded_shop import KEYS, ApiClient, StoppedClock, client_of, open_shop, rest


def _order(number: int, **changed: Any) -> dict[str, Any]:
    """An order whose number is also its minute on the day of the recording."""
    made = f"2026-11-21T16:{number % 60:02}:00"
    return {
        **rest(96)["body"],
        "id": number,
        "number": str(number),
        "date_created_gmt": made,
        "date_modified_gmt": made,
        **changed,
    }


@pytest.fixture
def orders(shop: Shop) -> Shop:
    for number in range(1, 24):
        shop.put_order_raw(_order(number))
    return shop


def ids(answer: Any) -> list[int]:
    return [part["id"] for part in answer.json()]


class TestPages:
    async def test_ten_newest_first_when_nothing_is_asked(self, api: ApiClient, orders: Shop) -> None:
        answer = await api.get("/orders")

        assert ids(answer) == [23, 22, 21, 20, 19, 18, 17, 16, 15, 14]
        assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("23", "3")

    async def test_the_link_has_prev_and_next_and_the_defaults_of_orders(self, api: ApiClient, orders: Shop) -> None:
        answer = await api.get("/orders", page=2, _fields="id")

        base = "https://fjellbutikken.example/wp-json/wc/v3/orders"
        rest_of_it = "_fields=id&status%5B0%5D=any&dp=2&context=view"
        assert answer.headers["Link"] == (f'<{base}?page=1&{rest_of_it}>; rel="prev", <{base}?page=3&{rest_of_it}>; rel="next"')

    async def test_the_last_page_has_only_prev(self, api: ApiClient, orders: Shop) -> None:
        answer = await api.get("/orders", page=3, orderby="id", order="asc")

        assert ids(answer) == [21, 22, 23]
        assert 'rel="prev"' in answer.headers["Link"]
        assert 'rel="next"' not in answer.headers["Link"]

    async def test_past_the_last_page_orders_say_there_are_none(self, api: ApiClient, orders: Shop) -> None:
        answer = await api.get("/orders", page=9)

        assert (answer.status_code, answer.json()) == (200, [])
        assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("0", "0")

    async def test_past_the_last_page_products_still_count_right(self, api: ApiClient, shop: Shop) -> None:
        for number in range(1, 13):
            shop.put_product_raw({**rest(127)["body"], "id": number, "sku": f"S-{number}"})

        answer = await api.get("/products", page=40, per_page=5)

        recorded = dict(rest(212)["headers"])
        assert answer.json() == []
        assert answer.headers["X-WP-Total"] == recorded["X-WP-Total"] == "12"
        assert answer.headers["X-WP-TotalPages"] == recorded["X-WP-TotalPages"] == "3"
        assert "page=3" in answer.headers["Link"]

    async def test_a_link_followed_as_given_is_refused_under_oauth(self) -> None:
        clock = StoppedClock()
        app, shop = open_shop(clock=clock, strict=False)
        for number in range(1, 24):
            shop.put_order_raw(_order(number))
        recorded = rest(221)
        asked = recorded["request"]
        clock.seconds = recorded["at_utc"]
        async with client_of(app) as client:
            first = await client.get(f"{asked['path']}?{asked['query_string_sent']}")
            second = await client.get(first.headers["Link"].split(">")[0][1:])

        assert first.status_code == 200
        assert first.headers["Link"] == dict(recorded["headers"])["Link"]
        assert second.status_code == 401

    async def test_an_offset_takes_the_place_of_the_page(self, api: ApiClient, orders: Shop) -> None:
        assert ids(await api.get("/orders", per_page=2, offset=3, orderby="id", order="asc")) == [4, 5]

    @pytest.mark.parametrize(("query", "message"), [
        ({"per_page": "101"}, "per_page must be between 1 (inclusive) and 100 (inclusive)"),
        ({"per_page": "0"}, "per_page must be between 1 (inclusive) and 100 (inclusive)"),
        ({"page": "0"}, "page must be greater than or equal to 1"),
        ({"page": "two"}, "page is not of type integer."),
    ])  # fmt: skip
    async def test_a_page_that_cannot_be_is_refused(self, api: ApiClient, query: dict[str, str], message: str) -> None:
        answer = await api.get("/orders", **query)

        assert answer.status_code == 400
        assert answer.json()["data"]["params"] == {next(iter(query)): message}


class TestFilters:
    @pytest.mark.parametrize(("query", "expected"), [
        ({"modified_after": "2026-11-21T16:21:00", "dates_are_gmt": "true"}, [22, 23]),
        ({"modified_after": "2026-11-21T16:20:59", "dates_are_gmt": "true"}, [21, 22, 23]),
        ({"modified_after": "2026-11-21T17:21:00"}, [22, 23]),
        ({"modified_after": "2026-11-21T16:21:00Z"}, [22, 23]),
        ({"modified_after": "2026-11-21T18:21:00+02:00"}, [22, 23]),
        ({"modified_before": "2026-11-21T16:03:00Z"}, [1, 2]),
        ({"after": "2026-11-21T16:01:00Z", "before": "2026-11-21T16:04:00Z"}, [2, 3]),
        ({"include": "3,2,999"}, [2, 3]),
        ({"include": "3,2", "orderby": "include"}, [3, 2]),
        ({"exclude": ",".join(str(n) for n in range(3, 24))}, [1, 2]),
        ({"search": "22"}, [22]),
        ({"customer": "5"}, []),
        ({"status": "processing,on-hold"}, []),
    ])  # fmt: skip
    async def test_orders_are_found_by(self, api: ApiClient, orders: Shop, query: dict[str, str], expected: list[int]) -> None:
        asked = {"orderby": "id", "order": "asc", "per_page": "100", **query}
        assert ids(await api.get("/orders", **asked)) == expected

    async def test_by_modification_time_oldest_first(self, api: ApiClient, orders: Shop) -> None:
        orders.put_order_raw(_order(2, date_modified_gmt="2026-11-21T16:59:00"))

        assert ids(await api.get("/orders", orderby="modified", order="asc", per_page=100))[-2:] == [23, 2]

    async def test_the_trash_is_seen_only_when_it_is_asked_for(self, api: ApiClient, orders: Shop) -> None:
        orders.trash_order(5)

        assert 5 not in ids(await api.get("/orders", per_page=100))
        assert 5 not in ids(await api.get("/orders", per_page=100, status="any"))
        assert ids(await api.get("/orders", status="trash")) == [5]
        assert (await api.get("/orders/5")).json()["status"] == "trash"

    @pytest.mark.parametrize("number", [87, 90, 92, 80])
    async def test_a_filter_with_a_value_that_cannot_be_is_refused_as_recorded(self, api: ApiClient, number: int) -> None:
        recorded = rest(number)

        answer = await api.get("/orders", **{name: str(value) for name, value in recorded["request"]["query"]})

        assert (answer.status_code, answer.json()) == (recorded["status"], recorded["body"])

    async def test_a_sku_is_a_whole_match_without_regard_to_case_and_finds_variations(self, api: ApiClient, shop: Shop) -> None:
        for number in (127, 129, 139):
            shop.put_product_raw(rest(number)["body"])

        found = (await api.get("/products", sku="fb-sok-36-gr,FB-JKT-001,FB-JKT", orderby="id", order="asc")).json()

        assert [(p["id"], p["type"], p["parent_id"]) for p in found] == [(14, "simple", 0), (24, "variation", 23)]
        assert ids(await api.get("/products", orderby="id", order="asc")) == [14, 23]

    async def test_fields_are_picked_with_dots_and_links_come_along_with_one(self, api: ApiClient, orders: Shop) -> None:
        one = (await api.get("/orders/7", _fields="id,billing.city")).json()
        several = (await api.get("/orders", _fields="id", per_page=1)).json()

        assert list(one) == ["id", "billing", "_links"]
        assert one["billing"] == {"city": "Tromsø"}
        assert several == [{"id": 23}]

    async def test_dp_sets_the_decimals_of_amounts(self, api: ApiClient, shop: Shop) -> None:
        shop.add_product({"name": "Kaffe", "regular_price": "89.90", "tax_class": "reduced-rate"})
        order = shop.add_order({"line_items": [{"product_id": 5001, "quantity": 4}]})

        line = (await api.get(f"/orders/{order['id']}", dp=4)).json()["line_items"][0]

        assert (line["total"], line["total_tax"]) == ("312.6957", "46.9043")


async def test_fifty_thousand_orders_are_gone_through_once_for_all_their_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    app, shop = open_shop("https://shop.example")
    body = rest(96)["body"]
    for number in range(1, 50_001):
        made = f"2026-11-{number % 27 + 1:02}T16:{number % 60:02}:{number // 60 % 60:02}"
        shop.put_order_raw({**body, "id": number, "date_created_gmt": made, "date_modified_gmt": made})
    gone_through = Mock(side_effect=shop.orders.records)
    monkeypatch.setattr(shop.orders, "records", gone_through)
    query = {"modified_after": "2026-11-02T00:00:00", "orderby": "modified", "order": "asc", "per_page": "100", "_fields": "id"}
    seen: list[int] = []
    async with client_of(app, "https://shop.example") as client:
        for page in range(1, 6):
            answer = await client.get("/wp-json/wc/v3/orders", params={**query, "page": str(page)}, auth=KEYS[0][:2])
            seen += ids(answer)

    assert len(seen) == len(set(seen)) == 500
    assert answer.headers["X-WP-Total"] == "48149"  # all but the 1,851 whose number is divisible by 27: they are of the 1st
    assert gone_through.call_count == 1


async def test_so_are_fifty_thousand_products_ten_thousand_of_which_keep_stock(monkeypatch: pytest.MonkeyPatch) -> None:
    app, shop = open_shop("https://shop.example")
    body = rest(127)["body"]
    for number in range(1, 50_001):
        shop.put_product_raw({**body, "id": number, "sku": f"P-{number}", "manage_stock": number <= 10_000})
    gone_through = Mock(side_effect=shop.products.records)
    monkeypatch.setattr(shop.products, "records", gone_through)
    query = {"orderby": "id", "order": "asc", "per_page": "100", "_fields": "id,manage_stock"}
    seen: list[tuple[int, bool]] = []
    async with client_of(app, "https://shop.example") as client:
        for page in ("1", "100", "101", "500"):
            answer = await client.get("/wp-json/wc/v3/products", params={**query, "page": page}, auth=KEYS[0][:2])
            seen += [(part["id"], part["manage_stock"]) for part in answer.json()]

    assert (seen[0], seen[100], seen[200], seen[399]) == ((1, True), (9901, True), (10_001, False), (50_000, False))
    assert answer.headers["X-WP-TotalPages"] == "500"
    assert gone_through.call_count == 1
