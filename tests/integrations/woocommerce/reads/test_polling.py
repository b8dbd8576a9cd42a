"""Polls are reconciliation: nothing is left out, nothing unchanged is given twice, and hardly a call is made for nothing."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.domain import Process
from app.errors import Malformed
from app.integrations.protocol import Page
from app.integrations.woocommerce.client import WooCommerceClient
from tests.integrations.woocommerce.fake_shop import START, FakeShop, at, scripted


async def poll(client: WooCommerceClient, cursor: dict[str, Any] | None = None, process: Process = Process.ORDERS) -> list[Page]:
    """One poll; the cursor goes through JSON as it does when it is stored."""
    stored = json.loads(json.dumps(cursor)) if cursor is not None else None
    return [page async for page in client.changes(process, stored, None)]


def ids(pages: list[Page]) -> list[int]:
    return [int(record.source_id) for page in pages for record in page.records]


@pytest.fixture
def shop() -> FakeShop:
    return FakeShop(now=START + timedelta(days=1))


class TestCost:
    async def test_a_thousand_unchanged_orders_polled_again_are_one_call(self, shop: FakeShop) -> None:
        for number in range(1, 1001):
            shop.put_order(number, second=number)
        client = shop.client()
        first = await poll(client)
        assert sorted(ids(first)) == list(range(1, 1001))
        shop.asked.clear()
        again = await poll(client, first[-1].cursor)
        assert ids(again) == []
        assert len(shop.asked) == 1

    async def test_reading_a_thousand_orders_costs_pages_plus_their_overlap(self, shop: FakeShop) -> None:
        for number in range(1, 1001):
            shop.put_order(number, second=number)
        pages = await poll(shop.client())
        assert len(shop.asked) == 11
        assert sum(page.calls for page in pages) == 11
        assert max(len(page.records) for page in pages) <= 100

    async def test_many_orders_in_the_overlap_cost_their_pages_and_are_not_given_again(self, shop: FakeShop) -> None:
        for number in range(1, 301):
            shop.put_order(number, second=number % 4)
        client = shop.client()
        first = await poll(client)
        assert sorted(ids(first)) == list(range(1, 301))
        shop.asked.clear()
        again = await poll(client, first[-1].cursor)
        assert ids(again) == []
        assert len(shop.asked) <= 8


class TestCursor:
    async def test_a_poll_that_finds_nothing_leaves_the_cursor_as_it_was(self, shop: FakeShop) -> None:
        shop.put_order(1, second=10)
        client = shop.client()
        cursor = (await poll(client))[-1].cursor
        again = await poll(client, cursor)
        assert [(page.records, page.cursor) for page in again] == [((), cursor)]

    async def test_it_is_the_time_of_the_newest_record(self, shop: FakeShop) -> None:
        shop.put_order(1, second=10)
        shop.put_order(2, second=20)
        assert (await poll(shop.client()))[-1].cursor["modified"] == at(20)

    async def test_without_one_the_poll_begins_at_since(self, shop: FakeShop) -> None:
        shop.put_order(1, second=10)
        shop.put_order(2, second=100)
        pages = [page async for page in shop.client().changes(Process.ORDERS, None, START + timedelta(seconds=50))]
        assert ids(pages) == [2]

    async def test_one_that_cannot_be_read_begins_at_the_beginning(self, shop: FakeShop) -> None:
        shop.put_order(1, second=10)
        assert ids(await poll(shop.client(), {"modified": "i går", "seen": 7})) == [1]

    async def test_each_page_has_one_from_which_the_rest_is_found(self, shop: FakeShop) -> None:
        """A worker that dies after any page goes on from there."""
        for number in range(1, 61):
            shop.put_order(number, second=number // 7)
        client = shop.client(page_size=10)
        whole = await poll(client)
        for stopped, page in enumerate(whole):
            rest = await poll(client, page.cursor)
            assert set(ids(whole[: stopped + 1])) | set(ids(rest)) == set(range(1, 61))


class TestNothingIsMissed:
    async def test_a_record_changed_in_the_same_second_after_the_poll_is_found_by_the_next(self, shop: FakeShop) -> None:
        shop.put_order(1, second=10)
        client = shop.client()
        cursor = (await poll(client))[-1].cursor
        shop.put_order(2, second=10)
        assert ids(await poll(client, cursor)) == [2]

    async def test_a_record_changed_twice_in_one_second_is_given_twice(self, shop: FakeShop) -> None:
        shop.put_order(1, second=10)
        client = shop.client()
        cursor = (await poll(client))[-1].cursor
        shop.put_order(1, second=10, status="cancelled")
        assert ids(await poll(client, cursor)) == [1]

    async def test_a_record_stored_late_with_an_earlier_time_is_found_within_the_overlap(self, shop: FakeShop) -> None:
        shop.put_order(1, second=10)
        client = shop.client(overlap_seconds=5)
        cursor = (await poll(client))[-1].cursor
        shop.put_order(2, second=6)
        shop.put_order(3, second=5)
        assert ids(await poll(client, cursor)) == [2]

    async def test_orders_changed_while_the_poll_runs_shift_no_page(self, shop: FakeShop) -> None:
        for number in range(1, 101):
            shop.put_order(number, second=number)
        coming, changed = list(range(99, 0, -7)), []

        def change_one(shop: FakeShop) -> None:
            changed.append(coming.pop())
            shop.put_order(changed[-1], second=1000 + changed[-1], status="cancelled")

        shop.before_answer = change_one
        pages = await poll(shop.client(page_size=10))
        assert set(ids(pages)) == set(range(1, 101))
        last = {record.source_id: record.body["status"] for page in pages for record in page.records}
        assert len(changed) > 10
        assert {last[str(number)] for number in changed} == {"cancelled"}


class TestCrowdedSecond:
    async def test_more_records_in_one_second_than_a_page_holds_are_all_found_once(self, shop: FakeShop) -> None:
        shop.put_order(1, second=1)
        for number in range(2, 252):
            shop.put_order(number, second=5)
        shop.put_order(252, second=9)
        pages = await poll(shop.client())
        assert sorted(ids(pages)) == list(range(1, 253))
        assert Counter(ids(pages)).most_common(1)[0][1] <= 2
        assert max(len(page.records) for page in pages) <= 100

    async def test_records_that_leave_it_while_it_is_read_let_no_other_slip_through(self, shop: FakeShop) -> None:
        for number in range(1, 101):
            shop.put_order(number, second=5)
        leaving = iter([3, 4, 5, 6, 7, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 40, 41, 42])

        def leave(shop: FakeShop) -> None:
            for number in (next(leaving, None), next(leaving, None)):
                if number is not None:
                    shop.put_order(number, second=100)

        shop.before_answer = leave
        pages = await poll(shop.client(page_size=10))
        assert set(ids(pages)) == set(range(1, 101))

    async def test_a_poll_that_stopped_inside_it_goes_on_there(self, shop: FakeShop) -> None:
        for number in range(1, 101):
            shop.put_order(number, second=5)
        client = shop.client(page_size=10)
        whole = await poll(client)
        stopped = next(number for number, page in enumerate(whole) if page.cursor.get("after", 0) > 50)
        before = set(ids(whole[: stopped + 1]))
        assert len(before) > 50
        assert set(ids(await poll(client, whole[stopped].cursor))) == set(range(1, 101)) - before

    async def test_one_too_large_to_remember_is_left_alone_once_the_shops_clock_has_passed_it(self, shop: FakeShop) -> None:
        for number in range(1, 1501):
            shop.put_order(number, second=5)
        client = shop.client()
        first = await poll(client)
        assert sorted(set(ids(first))) == list(range(1, 1501))
        shop.asked.clear()
        again = await poll(client, first[-1].cursor)
        assert (ids(again), len(shop.asked)) == ([], 1)
        assert len(first[-1].cursor["seen"]) == 1000

    async def test_one_too_large_to_remember_is_read_again_while_the_shops_clock_is_in_it(self, shop: FakeShop) -> None:
        shop.now = START + timedelta(seconds=6)
        for number in range(1, 1501):
            shop.put_order(number, second=5)
        client = shop.client()
        first = await poll(client)
        shop.put_order(1501, second=5)
        assert 1501 in ids(await poll(client, first[-1].cursor))


class TestArticles:
    async def test_products_and_the_variations_of_those_that_have_them(self, shop: FakeShop) -> None:
        shop.put_product(14, second=1, sku="A")
        shop.put_product(23, second=2, type="variable", sku="S", name="Sokker")
        shop.put_variation(24, parent=23, second=3)
        shop.put_variation(25, parent=23, second=3)
        pages = await poll(shop.client(), process=Process.ARTICLES)
        assert sorted(ids(pages)) == [14, 23, 24, 25]
        variation = next(record for page in pages for record in page.records if record.source_id == "24")
        assert variation.body["_gateway_parent"] == {"id": 23, "name": "Sokker", "sku": "S", "status": "publish", "virtual": None}

    async def test_all_pages_of_variations_are_read(self, shop: FakeShop) -> None:
        shop.put_product(1, second=1, type="variable")
        for number in range(2, 27):
            shop.put_variation(number, parent=1, second=1)
        pages = await poll(shop.client(page_size=10), process=Process.ARTICLES)
        assert set(ids(pages)) == set(range(1, 27))
        assert max(len(page.records) for page in pages) <= 10

    async def test_the_cursor_passes_a_product_only_after_its_variations(self, shop: FakeShop) -> None:
        shop.put_product(1, second=1)
        cursor = (await poll(shop.client(), process=Process.ARTICLES))[-1].cursor
        shop.put_product(23, second=20, type="variable")
        shop.put_variation(24, parent=23, second=20)
        pages = await poll(shop.client(), cursor, Process.ARTICLES)
        assert [ids([page]) for page in pages] == [[24], [23]]
        assert pages[0].cursor == cursor
        assert pages[1].cursor["modified"] == at(20)

    async def test_an_unchanged_variable_product_costs_no_further_call(self, shop: FakeShop) -> None:
        shop.put_product(23, second=20, type="variable")
        shop.put_variation(24, parent=23, second=20)
        client = shop.client()
        cursor = (await poll(client, process=Process.ARTICLES))[-1].cursor
        shop.asked.clear()
        assert ids(await poll(client, cursor, Process.ARTICLES)) == []
        assert len(shop.asked) == 1

    async def test_a_variation_changed_in_the_second_of_the_poll_is_found_by_the_next(self, shop: FakeShop) -> None:
        """It shows in its parent's time only, and that is the same second."""
        shop.now = START + timedelta(seconds=20)
        shop.put_product(23, second=20, type="variable")
        shop.put_variation(24, parent=23, second=20)
        client = shop.client()
        cursor = (await poll(client, process=Process.ARTICLES))[-1].cursor
        shop.put_variation(24, parent=23, second=20, sku="NY")
        found = [record for page in await poll(client, cursor, Process.ARTICLES) for record in page.records]
        assert [record.body["sku"] for record in found if record.source_id == "24"] == ["NY"]


class TestAShopThatCannotBePolled:
    async def test_a_list_in_another_order_is_read_whole(self, shop: FakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
        bodies = [{"id": 1, "date_modified_gmt": at(9)}, {"id": 2, "date_modified_gmt": at(3)}]
        monkeypatch.setattr("tests.integrations.woocommerce.fake_shop.listed", lambda records, params: bodies)
        (page,) = await poll(shop.client())
        assert ([each.source_id for each in page.records], page.cursor["modified"]) == (["2", "1"], at(9))

    async def test_a_filter_that_is_not_applied_is_refused_rather_than_read_for_ever(
        self, shop: FakeShop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bodies = [{"id": number, "date_modified_gmt": at(number)} for number in range(1, 11)]
        monkeypatch.setattr("tests.integrations.woocommerce.fake_shop.listed", lambda records, params: bodies)
        with pytest.raises(Malformed, match="by the time they were modified"):
            await poll(shop.client(page_size=10))

    async def test_records_without_a_time_are_given_but_fill_no_page(
        self, shop: FakeShop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bodies: list[dict[str, Any]] = [{"id": number, "date_modified_gmt": None} for number in range(1, 11)]
        monkeypatch.setattr("tests.integrations.woocommerce.fake_shop.listed", lambda records, params: bodies)
        with pytest.raises(Malformed):
            await poll(shop.client(page_size=10))
        assert ids(await poll(shop.client(page_size=11))) == list(range(1, 11))


class TestOddLists:
    async def test_a_shop_that_gives_shorter_pages_is_read_to_its_own_total(self) -> None:
        bodies = [{"id": number, "status": "processing", "date_modified_gmt": at(number)} for number in range(1, 33)]
        shop = FakeShop(now=START + timedelta(days=1), decide=lambda request: capped(bodies, request, 5))
        assert sorted(set(ids(await poll(shop.client(page_size=10))))) == list(range(1, 33))

    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            (None, "null"),
            (False, "false"),
            ([], "[]"),
            ({}, "{}"),
            (7, "a number"),
            ("Kari Nordmann", "a text of 13 characters"),
            ({"code": "woocommerce_rest_cannot_view", "message": "Kari"}, "an error (woocommerce_rest_cannot_view)"),
            ({"email": "kari@fjell.example"}, "an object without an id (email)"),
            ({"id": "kari@fjell.example"}, "a record with the id '…'"),
            ({"id": 0}, "a record with the id '0'"),
            ({"id": None}, "a record with the id null"),
        ],
    )
    async def test_an_odd_entry_is_left_out_and_named(self, entry: Any, said: str) -> None:
        order = {"id": 5, "status": "processing", "date_modified_gmt": at(5)}
        shop = scripted({"GET orders": (200, [order, entry])})
        (page,) = await poll(shop.client())
        assert (ids([page]), page.left_out, page.odd) == ([5], 1, (f"page 1, entry 2: {said}",))

    async def test_many_odd_entries_are_named_in_part(self) -> None:
        shop = scripted({"GET orders": (200, [None] * 40)})
        (page,) = await poll(shop.client())
        assert page.left_out == 40
        assert page.odd == (*(f"page 1, entry {number}: null" for number in range(1, 6)), "and 35 more")

    @pytest.mark.parametrize("headers", [(), ("X-WP-Total", "X-WP-TotalPages")])
    async def test_a_full_page_of_odd_entries_ends_no_list(self, headers: tuple[str, ...]) -> None:
        orders = [{"id": number, "status": "processing", "date_modified_gmt": at(number)} for number in range(1, 6)]
        shop = FakeShop(now=START + timedelta(days=1), decide=lambda request: odd_first(4, orders, request, headers))
        pages = await poll(shop.client(page_size=2))
        assert sorted(set(ids(pages))) == [1, 2, 3, 4, 5]
        assert pages[0].left_out == 4

    async def test_a_list_without_an_end_that_holds_no_record_fails_the_poll(self) -> None:
        shop = scripted({"GET orders": (200, [None, None])})
        with pytest.raises(Malformed):
            await poll(shop.client(page_size=2))
        assert len(shop.asked) == 4

    @pytest.mark.parametrize("cap", [5, 10])
    async def test_the_number_of_pages_alone_tells_of_more(self, cap: int) -> None:
        bodies = [{"id": number, "status": "processing", "date_modified_gmt": at(number)} for number in range(1, 33)]
        headers = ("X-WP-TotalPages",)
        shop = FakeShop(now=START + timedelta(days=1), decide=lambda request: capped(bodies, request, cap, headers))
        assert sorted(set(ids(await poll(shop.client(page_size=10))))) == list(range(1, 33))

    async def test_a_list_written_as_an_object_is_read(self) -> None:
        order = {"id": 5, "status": "processing", "date_modified_gmt": at(5)}
        shop = scripted({"GET orders": (200, {"0": order, "11": {**order, "id": 6}})})
        assert ids(await poll(shop.client())) == [5, 6]

    @pytest.mark.parametrize("status", [200, 500, 502, 504, 508, 520, 524])
    async def test_a_page_that_is_too_heavy_is_asked_for_smaller(self, status: int) -> None:
        bodies = [{"id": number, "status": "processing", "date_modified_gmt": at(number)} for number in range(1, 151)]

        def decide(request: httpx.Request) -> httpx.Response:
            if int(request.url.params["per_page"]) > 25:
                return httpx.Response(status, content=b"")
            return capped(bodies, request, 100)

        shop = FakeShop(now=START + timedelta(days=1), decide=decide)
        assert sorted(set(ids(await poll(shop.client())))) == list(range(1, 151))

    @pytest.mark.parametrize("size", [2, 3, 100])
    async def test_the_night_when_the_clocks_go_back_leaves_nothing_out(self, size: int) -> None:
        """A shop that sorts by its local time gives 02:10 of the second pass before 02:40 of the first."""
        times = [
            ("00:10", "02:10"),
            ("00:40", "02:40"),
            ("00:50", "02:50"),
            ("01:05", "02:05"),
            ("01:20", "02:20"),
            ("02:30", "03:30"),
        ]
        bodies = [
            {"id": number, "date_modified_gmt": f"2026-10-25T{utc}:00", "date_modified": f"2026-10-25T{own}:00"}
            for number, (utc, own) in enumerate(times, 1)
        ]
        by_own_time = sorted(bodies, key=lambda each: (str(each["date_modified"]), int(str(each["id"]))))
        shop = FakeShop(now=START, decide=lambda request: capped(by_own_time, request, 100))
        pages = await poll(shop.client(page_size=size))
        assert sorted(set(ids(pages))) == [1, 2, 3, 4, 5, 6]
        assert pages[-1].cursor["modified"] == "2026-10-25T02:30:00"


def odd_first(odd: int, bodies: list[dict[str, Any]], request: httpx.Request, headers: tuple[str, ...]) -> httpx.Response:
    """Odd entries stand before every list that begins at the beginning."""
    asked = request.url.params
    found = [each for each in bodies if asked.get("modified_after", "") < each["date_modified_gmt"]]
    entries = [None] * (0 if "modified_after" in asked else odd) + found
    start, size = int(asked.get("offset", 0)), int(asked["per_page"])
    counts = {"X-WP-Total": str(len(entries)), "X-WP-TotalPages": str(-(-len(entries) // size))}
    return httpx.Response(200, headers={name: counts[name] for name in headers}, json=entries[start : start + size])


def capped(
    bodies: list[dict[str, Any]], request: httpx.Request, cap: int, headers: tuple[str, ...] = ("X-WP-Total",)
) -> httpx.Response:
    """A list in the order it has, as a shop gives it that caps its pages and counts the whole."""
    asked = request.url.params
    after, before = asked.get("modified_after", ""), asked.get("modified_before", "9")
    found = [each for each in bodies if after < each["date_modified_gmt"] < before]
    start, size = int(asked.get("offset", 0)), min(int(asked["per_page"]), cap)
    counts = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(-(-len(found) // int(asked["per_page"])))}
    return httpx.Response(200, headers={name: counts[name] for name in headers}, json=found[start : start + size])
