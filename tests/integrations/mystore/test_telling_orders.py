"""What an order is told of its shipment: its status once, its tracking numbers, comments."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from app.domain import ShopState
from app.errors import LoginRefused, NoSuchRecord, Refused
from app.integrations.protocol import Tracking, find_note
from app.sandbox.mystore import PersonalToken, Status
from tests.integrations.mystore.calling import TOKEN, Bench, open_bench


def placed(**config: Any) -> Bench:
    bench = open_bench(**config)
    bench.shop.add_product("SOKK", "Sokker", quantity=10)
    bench.shop.place_order([{"sku": "SOKK", "quantity": 2}])
    return bench


def status_of(bench: Bench) -> str:
    found: str = bench.shop.find("orders", 10001)["relationships"]["order-status"]["data"]["id"]
    return found


def tracking_of(bench: Bench) -> Any:
    return bench.shop.find("orders", 10001)["attributes"]["tracking_number"]


def writes(bench: Bench) -> list[str]:
    return [each for each in bench.asked if not each.startswith("GET")]


async def test_status_and_tracking_go_in_one_call() -> None:
    bench = placed()
    set_to = await bench.client().keep_tracking("10001", "370700000000000001", completes=True)
    assert (set_to.status, set_to.written, set_to.warning) == ("Sendt", True, "")
    assert (status_of(bench), tracking_of(bench)) == ("3", "370700000000000001")
    assert writes(bench) == ["PATCH orders/10001"]
    (sent,) = [each.content for each in bench.requests if each.method == "PATCH"]
    assert sent == (
        b'{"data":{"type":"orders","id":"10001","attributes":{"tracking_number":"370700000000000001"},'
        b'"relationships":{"order-status":{"data":{"type":"order-status","id":"3"}}}}}'
    )


async def test_the_status_is_written_once() -> None:
    bench = placed()
    client = bench.client()
    await client.complete("10001")
    again = await client.complete("10001")
    assert again.written is False
    assert writes(bench) == ["PATCH orders/10001"]


async def test_a_further_number_is_joined_and_the_status_stays_as_it_is() -> None:
    bench = placed()
    client = bench.client()
    await client.keep_tracking("10001", "A1", completes=True)
    state = await client.order_state("10001")
    assert state is not None
    wanted = client.tracking_to_keep(state, ["A1", "B2"])
    assert wanted == "A1, B2"
    await client.keep_tracking("10001", wanted, completes=True)
    assert tracking_of(bench) == "A1, B2"
    assert b"order-status" not in [each.content for each in bench.requests if each.method == "PATCH"][1]
    after = await client.order_state("10001")
    assert after is not None
    assert client.tracking_to_keep(after, ["A1", "B2"]) is None


async def test_an_order_that_stays_open_gets_the_number_and_no_status() -> None:
    bench = placed()
    set_to = await bench.client().keep_tracking("10001", "A1", completes=False)
    assert (set_to.written, status_of(bench), tracking_of(bench)) == (True, "1", "A1")


@pytest.mark.parametrize(
    ("takes", "written"),
    [
        (("order",), ["PATCH orders/10001"]),
        (("history",), ["PATCH orders/10001", "POST order-status-history"]),
        (("relationship",), ["PATCH orders/10001", "POST order-status-history", "PATCH orders/10001/relationships/order-status"]),
    ],
)
async def test_the_next_way_is_taken_when_the_order_does_not_have_the_status(takes: tuple[str, ...], written: list[str]) -> None:
    bench = placed(status_takes=takes)
    set_to = await bench.client().keep_tracking("10001", "A1", completes=True)
    assert (set_to.status, set_to.written, status_of(bench)) == ("Sendt", True, "3")
    assert writes(bench) == written
    assert tracking_of(bench) == "A1"


async def test_an_order_that_never_gets_the_status_is_said_so() -> None:
    bench = placed(status_takes=())
    with pytest.raises(Refused, match="does not have the status 'Sendt'"):
        await bench.client().complete("10001")


async def test_the_order_of_the_ways_is_a_setting() -> None:
    bench = placed()
    await bench.client(status_write=["history"], status_fallback=None).keep_tracking("10001", "A1", completes=True)
    assert writes(bench) == ["PATCH orders/10001", "POST order-status-history"]
    assert (status_of(bench), tracking_of(bench)) == ("3", "A1")


async def test_completing_by_its_own_call_is_a_setting() -> None:
    bench = placed()
    set_to = await bench.client(use_complete_endpoint=True).keep_tracking("10001", "A1", completes=True)
    assert writes(bench) == ["PATCH orders/10001", "PATCH orders/10001/complete"]
    assert (set_to.warning, status_of(bench), tracking_of(bench)) == ("", "3", "A1")


async def test_a_shop_that_shows_no_end_may_not_have_captured_the_payment() -> None:
    bench = placed(captures=())
    set_to = await bench.client().complete("10001")
    assert set_to.warning.startswith("payment may not have been captured")
    assert "use_complete_endpoint" in set_to.warning


async def test_tracking_that_is_refused_goes_into_the_comment_only() -> None:
    bench = placed(tracking="refuses")
    set_to = await bench.client().keep_tracking("10001", "A1", completes=True)
    assert (set_to.written, status_of(bench), tracking_of(bench)) == (True, "3", None)
    with pytest.raises(Refused):
        await placed(tracking="refuses").client(tracking_fallback=None).keep_tracking("10001", "A1", completes=True)


@pytest.mark.parametrize(("status", "is_closed"), [("Kansellert", True), ("Returnert", False)])
async def test_a_cancelled_or_returned_order_keeps_its_status(status: str, is_closed: bool) -> None:
    bench = placed()
    bench.shop.set_status(10001, status)
    bench.requests.clear()
    set_to = await bench.client().complete("10001")
    assert (set_to.status, set_to.written, set_to.is_closed) == (status, False, is_closed)
    assert writes(bench) == []


async def test_the_first_name_that_the_shop_has_is_written() -> None:
    statuses = (Status(1, "Ny", "standard"), Status(7, "Delivered"), Status(8, "LEVERT", "completed"), Status(9, "Kansellert"))
    bench = placed(statuses=statuses)
    assert (await bench.client().complete("10001")).status == "LEVERT"


async def test_a_status_chosen_by_the_user_wins() -> None:
    bench = placed()
    await bench.client(status_ids={"delivered": "2"}).complete("10001")
    assert status_of(bench) == "2"


@pytest.mark.parametrize(
    "statuses",
    [
        (Status(1, "Ny", "standard"), Status(2, "Returnert")),
        (Status(1, "Ny", "standard"), Status(2, "Sendt"), Status(3, "sendt")),
    ],
)
async def test_without_one_status_that_fits_nothing_is_written_and_the_user_is_asked(statuses: tuple[Status, ...]) -> None:
    bench = placed(statuses=(*statuses, Status(9, "Kansellert")))
    with pytest.raises(Refused, match=r"set status_ids\.delivered to one of the shop's statuses: 1 \(Ny\)"):
        await bench.client().complete("10001")
    assert writes(bench) == []
    report = await bench.client().test()
    assert [check.name for check in report.checks if not check.ok] == ["statuses"]


async def test_a_status_that_was_renamed_since_the_test_is_still_written() -> None:
    bench = placed()
    bench.facts.update((await bench.client().test()).facts)
    bench.shop.tables["order-status"].find(3).attributes["name"] = "På vei"
    assert (await bench.client().complete("10001")).written
    assert status_of(bench) == "3"


async def test_a_comment_stands_beside_the_status_that_the_order_has() -> None:
    bench = placed()
    client = bench.client()
    tracking = [Tracking("A1", "https://track.example/A1"), Tracking("B2")]
    text = client.tracking_note("10001", tracking)
    assert text == "Sendt fra lager. Sporing: A1 (https://track.example/A1), B2"
    made = await client.add_note("10001", text, True)
    found = find_note(await client.notes("10001"), text)
    assert found is not None
    assert found.id == made
    assert status_of(bench) == "1"


async def test_a_missing_right_to_write_names_the_call() -> None:
    bench = placed(personal_tokens=(PersonalToken(TOKEN, ("read:orders", "read:order-status")),))
    with pytest.raises(LoginRefused, match="no right to PATCH orders/10001"):
        await bench.client().complete("10001")


async def test_of_an_order_that_is_gone_nothing_is_known() -> None:
    bench = placed()
    client = bench.client()
    assert await client.order_state("99") is None
    with pytest.raises(NoSuchRecord):
        await client.complete("99")


async def test_what_the_order_is() -> None:
    bench = placed()
    state = await bench.client().order_state("10001")
    assert state is not None
    assert (state.status, state.state, state.kept_tracking) == ("Ikke behandlet", ShopState.WAITING, "")
    bench.shop.set_status(10001, "Kansellert")
    cancelled = await bench.client().order_state("10001")
    assert cancelled is not None
    assert cancelled.state is ShopState.CANCELLED


async def test_delivered_quantities_go_where_the_connection_says_and_nowhere_else() -> None:
    """The simulated shop has no such place; the call is what counts."""
    bench = placed()
    assert bench.client().takes_quantities is False
    client = bench.client(line_delivered_attribute="delivered")
    assert client.takes_quantities is True
    with pytest.raises(Refused):
        await client.write_delivered("10001", {"1": Decimal(2)})
    assert writes(bench) == ["PATCH order-products/1"]
    assert bench.requests[-1].content == b'{"data":{"type":"order-products","id":"1","attributes":{"delivered":2}}}'
    with pytest.raises(ValidationError):
        bench.client(line_delivered_attribute="quantity")
