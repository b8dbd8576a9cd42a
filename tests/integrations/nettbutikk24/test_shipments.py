"""What a shop is told of shipments: lines, tracking, status, each thing once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from app.errors import Malformed, Refused
from app.integrations.nettbutikk24.client import NettbutikkClient
from app.integrations.protocol.shipments import Delivered, DeliveredLine
from tests.integrations.nettbutikk24.calling import Bench, open_bench, saying

WORDS: dict[str, Any] = {"status_confirmed": True, "status_sent": "Sendt", "status_sent_rest": "Sendt med rest"}
SENT_AT = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
"""The day after in Oslo."""


def ordered(bench: Bench) -> tuple[str, str]:
    """Order 1001: two of A-1 (line 5001) and one of B-1 (line 5002)."""
    for number in ("A-1", "B-1"):
        bench.shop.add_product(number, number)
    row = bench.shop.place_order([{"article_no": "A-1", "quantity": 2}, {"article_no": "B-1"}])
    first, second = row["order_lines"]
    return first["id"], second["id"]


def delivered(first: int, second: int, *tracking: str, sets_status: bool = True) -> Delivered:
    lines = (
        DeliveredLine("5001", Decimal(first), Decimal(2)),
        DeliveredLine("5002", Decimal(second), Decimal(1)),
    )
    return Delivered(lines, tracking, sets_status, SENT_AT)


async def told(client: NettbutikkClient, what: Delivered) -> list[str]:
    """Tells it, and returns what a person should look at."""
    state = await client.order_state("1001")
    assert state is not None
    warnings = [await client.take_step(step) for step in client.delivery_steps(state, what)]
    return [each for each in warnings if each]


def writes(bench: Bench) -> list[tuple[str, Any]]:
    found: Sequence[Any] = [each for each in bench.requests if each.method == "PATCH"]
    return [(each.url.path.removeprefix("/api/v1/"), orjson.loads(each.content)) for each in found]


async def test_a_whole_order_lines_first_then_tracking_then_status() -> None:
    bench = open_bench()
    assert ordered(bench) == ("5001", "5002")
    client = bench.client(**WORDS)
    assert await told(client, delivered(2, 1, "70300001", "70300002")) == []
    numbers = "70300001, 70300002"
    assert writes(bench) == [
        ("orders/1001/lines/5001", {"sent": "1", "sent_date": "2026-11-22", "tracking_number": numbers}),
        ("orders/1001/lines/5002", {"sent": "1", "sent_date": "2026-11-22", "tracking_number": numbers}),
        ("orders/1001", {"tracking_number": numbers}),
        ("orders/1001", {"status": "Sendt"}),
    ]
    assert bench.shop.order(1001)["status"] == "Sendt"
    bench.requests.clear()
    assert await told(client, delivered(2, 1, "70300001", "70300002")) == []
    assert writes(bench) == []


async def test_a_number_that_comes_late_is_added() -> None:
    bench = open_bench()
    ordered(bench)
    client = bench.client(**WORDS)
    await told(client, delivered(2, 1, "70300001"))
    bench.requests.clear()
    await told(client, delivered(2, 1, "70300002"))
    numbers = {"tracking_number": "70300001, 70300002"}
    assert writes(bench) == [
        ("orders/1001/lines/5001", numbers),
        ("orders/1001/lines/5002", numbers),
        ("orders/1001", numbers),
    ]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {},
            [("orders/1001/lines/5001", {"sent": "1", "sent_date": "2026-11-22"}), ("orders/1001", {"status": "Sendt med rest"})],
        ),
        (
            {"rest_write": "rest_flag"},
            [
                ("orders/1001/lines/5001", {"sent": "1", "sent_date": "2026-11-22"}),
                ("orders/1001", {"status": "Sendt", "rest": "1"}),
            ],
        ),
        (
            {"rest_write": "both"},
            [
                ("orders/1001/lines/5001", {"sent": "1", "sent_date": "2026-11-22"}),
                ("orders/1001", {"status": "Sendt med rest", "rest": "1"}),
            ],
        ),
    ],
)
async def test_sent_with_rest(settings: dict[str, Any], expected: list[tuple[str, Any]]) -> None:
    bench = open_bench()
    ordered(bench)
    client = bench.client(**WORDS, **settings)
    assert await told(client, delivered(2, 0)) == []
    assert writes(bench) == expected
    bench.requests.clear()
    await told(client, delivered(2, 1))
    assert bench.shop.order(1001)["status"] == "Sendt"
    assert bench.shop.order(1001)["rest"] == "0"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (None, [("orders/1001", {"status": "Sendt med rest"})]),
        (
            "quantity_sent",
            [("orders/1001/lines/5001", {"quantity_sent": "1"}), ("orders/1001", {"status": "Sendt med rest"})],
        ),
    ],
)
async def test_a_line_that_was_sent_in_part(field: str | None, expected: list[tuple[str, Any]]) -> None:
    bench = open_bench()
    ordered(bench)
    client = bench.client(**WORDS, line_quantity_field=field)
    await told(client, delivered(1, 0))
    assert writes(bench) == expected


async def test_a_flag_that_the_shop_does_not_take_is_told() -> None:
    bench = open_bench(order_ignores=("rest",), order_takes=("status",))
    ordered(bench)
    client = bench.client(**WORDS, rest_write="rest_flag")
    assert await told(client, delivered(2, 0)) == [
        "The shop did not take the flag rest: set it there by hand, or set rest_write to status"
    ]


async def test_a_tracking_number_that_is_refused_is_told_and_the_rest_is_written() -> None:
    bench = open_bench(order_takes=("status",), line_takes=("sent", "sent_date"))
    ordered(bench)
    client = bench.client(**WORDS)
    warnings = await told(client, delivered(2, 1, "70300001"))
    assert set(warnings) == {"The shop refused the tracking number 70300001: enter it there by hand"}
    order = bench.shop.order(1001)
    assert (order["status"], [line["sent"] for line in order["order_lines"]]) == ("Sendt", ["1", "1"])


async def test_a_quantity_that_is_refused_is_told_and_its_tracking_is_written() -> None:
    bench = open_bench(line_takes=("sent", "sent_date", "tracking_number"))
    ordered(bench)
    client = bench.client(**WORDS, line_quantity_field="quantity_sent")
    assert await told(client, delivered(1, 0, "70300001")) == [
        "The shop refused the quantity 1 of a line: enter it there, or set line_quantity_field to null"
    ]
    order = bench.shop.order(1001)
    assert (order["status"], order["order_lines"][0]["tracking_number"]) == ("Sendt med rest", "70300001")


async def test_a_line_that_takes_neither_tracking_nor_quantity_is_sent_all_the_same() -> None:
    bench = open_bench(line_takes=("sent", "sent_date"))
    ordered(bench)
    client = bench.client(**WORDS, line_quantity_field="quantity_sent", tracking_write="line")
    assert await told(client, delivered(2, 0, "70300001")) == [
        "The shop refused the tracking number 70300001: enter it there by hand "
        "The shop refused the quantity 2 of a line: enter it there, or set line_quantity_field to null"
    ]
    assert bench.shop.order(1001)["order_lines"][0]["sent"] == "1"


async def test_a_refused_flag_is_left_out_where_the_status_says_the_same() -> None:
    bench = open_bench(order_takes=("status", "tracking_number"))
    ordered(bench)
    assert await told(bench.client(**WORDS, rest_write="both"), delivered(2, 0)) == [
        "The shop did not take the flag rest: set it there by hand, or set rest_write to status"
    ]
    assert bench.shop.order(1001)["status"] == "Sendt med rest"


async def test_a_refused_flag_that_nothing_else_says_leaves_the_order_as_it_is() -> None:
    """An order that was sent in part must not look as if all of it had been sent."""
    bench = open_bench(order_takes=("status", "tracking_number"))
    ordered(bench)
    with pytest.raises(Refused) as caught:
        await told(bench.client(**WORDS, rest_write="rest_flag"), delivered(2, 0))
    assert caught.value.message == (
        "it does not take the status 'Sendt' with the flag rest (400): "
        "set the word as the shop writes it, or rest_write to status"
    )
    assert bench.shop.order(1001)["status"] == "Mottatt"


@pytest.mark.parametrize(
    ("where", "paths"),
    [
        ("order+line", ["orders/1001/lines/5001", "orders/1001/lines/5002", "orders/1001"]),
        ("order", ["orders/1001"]),
        ("line", ["orders/1001/lines/5001", "orders/1001/lines/5002"]),
        ("none", []),
    ],
)
async def test_tracking_goes_where_the_setting_says(where: str, paths: list[str]) -> None:
    bench = open_bench()
    ordered(bench)
    await told(bench.client(**WORDS, tracking_write=where), delivered(2, 1, "70300001"))
    assert [path for path, body in writes(bench) if "tracking_number" in body] == paths


async def test_a_short_shipment_that_a_person_decides_about_keeps_its_status() -> None:
    bench = open_bench()
    ordered(bench)
    await told(bench.client(**WORDS), delivered(2, 0, sets_status=False))
    assert writes(bench) == [("orders/1001/lines/5001", {"sent": "1", "sent_date": "2026-11-22"})]


async def test_a_status_that_the_shop_does_not_know_is_refused() -> None:
    bench = open_bench()
    ordered(bench)
    with pytest.raises(Refused) as caught:
        await told(bench.client(status_confirmed=True), delivered(2, 1))
    assert caught.value.message == "it does not take the status 'sent' (400): set the word as the shop writes it"


async def test_nothing_is_written_before_the_words_are_confirmed() -> None:
    bench = open_bench()
    bench.facts = {"auth_mode": "basic", "statuses": [{"status": "Mottatt", "orders": 3, "rest": 0}]}
    problem = bench.client().delivery_waits()
    assert problem is not None
    assert problem.message == "nobody has confirmed what the shop's statuses are called; seen: Mottatt (3)"
    assert bench.client(**WORDS).delivery_waits() is None


async def test_the_test_shows_the_words_seen_and_proposes_the_flag() -> None:
    bench = open_bench()
    bench.shop.add_product("A-1", "A")
    for status, rest in (("Mottatt", "0"), ("Mottatt", "0"), ("Sendt", "1"), ("Sendt", "0"), ("Kansellert", "0")):
        bench.shop.place_order([{"article_no": "A-1"}], status=status, rest=rest)
    report = await bench.client().test()
    assert report.facts["statuses"] == [
        {"status": "Mottatt", "orders": 2, "rest": 0},
        {"status": "Sendt", "orders": 2, "rest": 1},
        {"status": "Kansellert", "orders": 1, "rest": 0},
    ]
    assert report.facts["proposals"] == {
        "status_import": ["Mottatt"],
        "status_cancelled": ["Kansellert"],
        "status_sent": "Sendt",
        "rest_write": "rest_flag",
    }
    (other,) = [check for check in report.checks if check.name == "other-statuses"]
    assert (other.ok, other.message) == (True, "orders in these statuses are not transferred: Kansellert (1)")
    (wrong,) = [check for check in report.checks if not check.ok]
    assert (wrong.name, wrong.message) == (
        "statuses",
        "nobody has confirmed what the shop's statuses are called; seen in its last orders: Mottatt (2), "
        "Sendt (2, 1 of them with rest), Kansellert (1)",
    )
    assert [check.message for check in report.checks if check.name == "orders"] == [
        "orders can be read: 5 looked at; their statuses: Mottatt (2), Sendt (2, 1 of them with rest), Kansellert (1); "
        "transferred are: Mottatt"
    ]
    assert "proposed: status_sent 'Sendt', rest_write 'rest_flag'" in wrong.fix
    confirmed = await bench.client(**WORDS, status_cancelled=["KANSELLERT"]).test()
    assert [check for check in confirmed.checks if check.name == "other-statuses"] == []
    assert confirmed.ok
    assert [check.message for check in confirmed.checks if check.name == "statuses"] == [
        "no order has the status 'Sendt med rest', which will be written; seen: Mottatt, Sendt, Kansellert"
    ]


async def test_an_order_that_is_gone_or_deleted() -> None:
    bench = open_bench()
    ordered(bench)
    client = bench.client(**WORDS)
    assert await client.order_state("1999") is None
    bench.shop.delete_order(1001, by="customer")
    state = await client.order_state("1001")
    assert state is not None
    assert (state.state, state.status) == ("cancelled", "Mottatt, deleted")


async def test_an_answer_about_another_order_is_none_about_this_one() -> None:
    bench = open_bench()
    ordered(bench)
    saying(bench, "orders/1001", 200, b'{"data": [], "paging": []}')
    with pytest.raises(Malformed):
        await bench.client(**WORDS).order_state("1001")
