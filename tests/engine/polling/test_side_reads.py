"""What belongs beside a record and cannot be read costs that record time, and nobody else anything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.engine.operations.records import resync
from app.storage.tables import history
from tests.engine.polling.poll_steps import cursor, last_run, numbers, some_orders
from tests.harness import Harness

CUSTOMERS = "/wp-json/wc/v3/customers"


def registered(harness: Harness) -> Any:
    """An order of a registered customer."""
    name = f"kari{len(harness.shop.model.customers) or ''}"
    customer = harness.shop.model.customers.create({"email": f"{name}@fjell.example", "username": name})
    harness.tick()
    return harness.shop.order("SOKK-1", customer_id=customer["id"])


async def test_an_order_whose_customer_cannot_be_read_now_waits_alone(sqlite_harness: Harness) -> None:
    waits = registered(sqlite_harness)
    (other,) = some_orders(sqlite_harness, 1)
    sqlite_harness.shop.fail("status", path=CUSTOMERS, status=500)

    await sqlite_harness.poll()

    assert numbers(sqlite_harness) == [str(other["id"])]
    assert (await last_run(sqlite_harness)).state == "done"
    place = await cursor(sqlite_harness)
    assert place.failures == 0
    assert place.next_poll_at <= sqlite_harness.clock() + timedelta(minutes=1)

    sqlite_harness.mend()
    await sqlite_harness.poll()

    assert numbers(sqlite_harness) == [str(waits["id"]), str(other["id"])]
    found: Any = sqlite_harness.warehouse.order(waits["id"])
    assert found.body.email_notification.value == "kari@fjell.example"
    assert place.cursor["wait_for_side_reads"] == [str(waits["id"])]
    assert "wait_for_side_reads" not in (await cursor(sqlite_harness)).cursor


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 408},
        {"kind": "slow", "seconds": 3.0},
        {"kind": "hang-up"},
    ],
    ids=["429", "408", "time-out", "broken"],
)
async def test_whatever_may_pass_costs_that_order_time_only(sqlite_harness: Harness, fault: dict[str, Any]) -> None:
    await sqlite_harness.change_settings(sqlite_harness.connection, call_timeout_seconds=1.5)
    waits = registered(sqlite_harness)
    (other,) = some_orders(sqlite_harness, 1)
    sqlite_harness.shop.fail(path=CUSTOMERS, times=1, **fault)
    await sqlite_harness.poll()
    assert numbers(sqlite_harness) == [str(other["id"])]
    assert (await last_run(sqlite_harness)).state == "done"
    await sqlite_harness.poll()
    assert numbers(sqlite_harness) == [str(waits["id"]), str(other["id"])]


async def test_after_a_429_no_customer_is_asked_for_before_the_time_that_the_shop_named(sqlite_harness: Harness) -> None:
    orders = [registered(sqlite_harness) for _ in range(6)]
    (other,) = some_orders(sqlite_harness, 1)
    sqlite_harness.shop.fail("status", path=CUSTOMERS, status=429, retry_after="300")
    await sqlite_harness.poll()
    asked = len(sqlite_harness.shop.calls(CUSTOMERS))
    assert 1 <= asked <= 4  # those that ran side by side
    due = (await cursor(sqlite_harness)).next_poll_at - sqlite_harness.clock()
    assert 290 < due.total_seconds() <= 300
    assert numbers(sqlite_harness) == [str(other["id"])]
    await sqlite_harness.poll()  # somebody asks for one earlier
    assert len(sqlite_harness.shop.calls(CUSTOMERS)) == asked

    sqlite_harness.mend()
    sqlite_harness.tick(300)
    await sqlite_harness.poll()
    assert numbers(sqlite_harness) == sorted(str(each["id"]) for each in [*orders, other])


async def test_after_a_few_failures_in_a_row_no_more_customers_are_asked_for(sqlite_harness: Harness) -> None:
    orders = [registered(sqlite_harness) for _ in range(12)]
    (other,) = some_orders(sqlite_harness, 1)
    sqlite_harness.shop.fail("status", path=CUSTOMERS, status=500)
    await sqlite_harness.poll()
    # Four are asked for side by side; three failures in a row may be known before the fourth has begun.
    assert len(sqlite_harness.shop.calls(CUSTOMERS)) in (3, 4)
    assert numbers(sqlite_harness) == [str(other["id"])]
    pauses = []
    for _ in range(5):
        await sqlite_harness.poll()
        pauses.append(((await cursor(sqlite_harness)).next_poll_at - sqlite_harness.clock()).total_seconds())
    assert pauses[:3] == [pytest.approx(seconds, abs=10) for seconds in (120, 240, 480)]  # the clock runs
    assert 0.9 * 900 <= pauses[-1] <= 900
    assert await sqlite_harness.stored.alerts() == ["failing"]
    sqlite_harness.mend()
    await sqlite_harness.poll()
    assert numbers(sqlite_harness) == sorted(str(each["id"]) for each in [*orders, other])


async def test_a_record_that_goes_on_failing_keeps_no_other_waiting(sqlite_harness: Harness) -> None:
    bad = [registered(sqlite_harness) for _ in range(4)]
    good = registered(sqlite_harness)
    sqlite_harness.shop.fail("status", path=CUSTOMERS, status=500)
    await sqlite_harness.poll()
    sqlite_harness.mend()
    for order in bad:
        sqlite_harness.shop.fail("status", path=f"{CUSTOMERS}/{order['customer_id']}", status=500)
    await sqlite_harness.poll()
    await sqlite_harness.poll()
    assert numbers(sqlite_harness) == [str(good["id"])]


async def test_a_poll_that_fails_forgets_no_order_that_waits(sqlite_harness: Harness) -> None:
    waits = registered(sqlite_harness)
    sqlite_harness.shop.fail("status", path=CUSTOMERS, status=500)
    await sqlite_harness.poll()
    sqlite_harness.shop.fail("status", status=500)
    await sqlite_harness.poll()
    sqlite_harness.mend()
    await sqlite_harness.poll()
    assert numbers(sqlite_harness) == [str(waits["id"])]


async def test_a_sweep_goes_on_too(sqlite_harness: Harness) -> None:
    (guest, other) = some_orders(sqlite_harness, 2)
    await sqlite_harness.poll()
    sqlite_harness.tick(60)
    customer = registered(sqlite_harness)["customer_id"]
    sqlite_harness.shop.change(guest["id"], customer_id=customer)
    sqlite_harness.shop.model.delete_order(other["id"])
    sqlite_harness.shop.fail("status", path=CUSTOMERS, status=500)
    await sqlite_harness.poll(sweep=True)
    assert (await last_run(sqlite_harness)).state == "done"
    assert len(sqlite_harness.shop.calls(CUSTOMERS)) == 3  # both orders in the poll, the changed one in the sweep
    assert str(guest["id"]) in (await cursor(sqlite_harness)).cursor["wait_for_side_reads"]
    found: Any = sqlite_harness.warehouse.order(other["id"])
    assert found.status == 1000


class TestVariations:
    """A list of one product's variations that cannot be read."""

    @pytest.mark.parametrize(
        "fault",
        [
            *({"kind": "status", "status": status} for status in (403, 404, 429, 500)),
            {"kind": "html"},
            {"kind": "hang-up"},
            {"kind": "slow", "seconds": 3.0},
        ],
        ids=["403", "404", "429", "500", "page", "broken", "time-out"],
    )
    async def test_that_product_alone_waits(self, sqlite_harness: Harness, fault: dict[str, Any]) -> None:
        await sqlite_harness.change_settings(sqlite_harness.connection, call_timeout_seconds=1.5)
        first, _ = family(sqlite_harness, "SOKK"), family(sqlite_harness, "LUE")
        sqlite_harness.shop.product("VARE-1")
        sqlite_harness.tick(3600)
        sqlite_harness.shop.fail(path=f"/wp-json/wc/v3/products/{first}/variations", **fault)

        await sqlite_harness.poll("articles")

        others = set() if fault.get("status") == 429 else {"LUE-B"}  # after a 429 no other is asked for
        assert {number for _, number in sqlite_harness.warehouse.model.articles} == {"SOKK", "VARE-1", "LUE", *others}
        assert (await last_run(sqlite_harness)).state == "done"
        assert (await cursor(sqlite_harness, "articles")).cursor["wait_for_side_reads"][0] == str(first)

        sqlite_harness.mend()
        await sqlite_harness.poll("articles")

        assert {number for _, number in sqlite_harness.warehouse.model.articles} == {"SOKK", "SOKK-B", "LUE", "LUE-B", "VARE-1"}
        assert "wait_for_side_reads" not in (await cursor(sqlite_harness, "articles")).cursor

    async def test_a_shop_that_gives_none_fails_the_poll(self, sqlite_harness: Harness) -> None:
        families = [family(sqlite_harness, f"SOKK-{number}") for number in range(5)]
        for each in families:
            sqlite_harness.shop.fail("status", path=f"/wp-json/wc/v3/products/{each}/variations", status=500)
        await sqlite_harness.poll("articles")
        assert (await last_run(sqlite_harness)).state == "failed"
        assert len(sqlite_harness.shop.calls("/wp-json/wc/v3/products/")) == 9  # three lists, each in three sizes and places
        sqlite_harness.mend()
        await sqlite_harness.poll("articles")
        assert len(sqlite_harness.warehouse.model.articles) == 10


def family(harness: Harness, sku: str) -> int:
    """The id of a product with one variation."""
    harness.tick(10)
    attributes = [{"name": "Farge", "options": ["Blå"], "variation": True}]
    parent = harness.shop.product(sku, type="variable", attributes=attributes)
    harness.shop.model.add_variation(parent["id"], {"sku": f"{sku}-B", "attributes": [{"name": "Farge", "option": "Blå"}]})
    return int(parent["id"])


async def test_a_final_no_leaves_the_billing_address_and_a_note(sqlite_harness: Harness) -> None:
    order = registered(sqlite_harness)
    sqlite_harness.shop.fail("status", path=CUSTOMERS, status=404)
    await sqlite_harness.poll()
    found: Any = sqlite_harness.warehouse.order(order["id"])
    assert found.body.email_notification.value == order["billing"]["email"]
    (created,) = await sqlite_harness.stored.rows(
        select(history).where(history.c.code == "created", history.c.detail.is_not(None))
    )
    assert created.detail["notes"][-1].startswith(
        "the customer's e-mail address could not be read, so the billing address is used: "
    )


async def test_a_shop_that_fails_over_everything_fails_the_poll(sqlite_harness: Harness) -> None:
    registered(sqlite_harness)
    sqlite_harness.shop.fail("status", status=500)
    await sqlite_harness.poll()
    assert (await last_run(sqlite_harness)).state == "failed"


async def test_rights_given_back_count_when_the_order_is_read_again(sqlite_harness: Harness) -> None:
    order = registered(sqlite_harness)
    sqlite_harness.shop.fail("status", path=CUSTOMERS, status=403)
    await sqlite_harness.poll()
    sqlite_harness.mend()
    mapping = await sqlite_harness.stored.mapping(order["id"])
    await resync(sqlite_harness.gateway, mapping.id)
    await sqlite_harness.work()
    found: Any = sqlite_harness.warehouse.order(order["id"])
    assert found.body.email_notification.value == "kari@fjell.example"
