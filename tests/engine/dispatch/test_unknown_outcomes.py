"""A write was carried out, its answer was lost, and the record changes before it is looked up.

Whatever comes between, a read of the WMS settles it: no second order, no order left open, no old quantity shipped.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from app.engine.operations import connections, records
from app.errors import Conflict
from app.records.connections import Status
from tests.harness import ADDRESS, Harness, open_harness
from tests.steering import beside_call

PUT = {"method": "PUT", "path": "/demo/api/v1/orders"}
LATER = 3600
OPEN, CANCELLED = 300, 1000

Step = Callable[[Harness, int], Awaitable[None]]


def there(harness: Harness, order_id: int) -> Any:
    """The one order in the WMS that is this one, whatever its number."""
    found = [order for order in harness.warehouse.model.orders.values() if order.body.goods_owner_order_id == str(order_id)]
    assert len(found) == 1, [order.body.order_number for order in found]
    return found[0]


def pieces(harness: Harness, order_id: int) -> float:
    lines: Any = there(harness, order_id).lines
    return float(lines[0].body.number_of_items)


async def arrived(harness: Harness) -> int:
    """A new order of one piece: it is in the WMS, and the answer that says so was lost."""
    harness.warehouse.fail("hang-up", **PUT, times=1, after_write=True)
    order = harness.shop.order("SOKK-1")
    await harness.deliver(order)
    assert there(harness, order["id"]).status == OPEN
    mapping = await harness.stored.mapping(order["id"])
    assert (mapping.transfer, mapping.wms_id) == ("unknown", None)
    assert mapping.unsettled_attempt_id is not None
    return int(order["id"])


async def lost(harness: Harness) -> int:
    """A new order of one piece: the WMS never got it, but nobody knows that yet."""
    harness.warehouse.fail("hang-up", **PUT, times=1)
    order = harness.shop.order("SOKK-1")
    await harness.deliver(order)
    assert harness.warehouse.model.orders == {}
    assert (await harness.stored.mapping(order["id"])).transfer == "unknown"
    return int(order["id"])


async def five_arrived(harness: Harness) -> int:
    """An order of one piece, changed to five: the WMS has five, and the answer that says so was lost."""
    order = harness.shop.order("SOKK-1")
    await harness.deliver(order)
    harness.warehouse.fail("hang-up", **PUT, times=1, after_write=True)
    await wants(harness, order["id"], 5)
    assert pieces(harness, order["id"]) == 5
    assert (await harness.stored.mapping(order["id"])).transfer == "unknown"
    return int(order["id"])


async def later(harness: Harness) -> None:
    """The pause before the next try is over."""
    harness.tick(LATER)
    await harness.work(sweep=True)


async def wants(harness: Harness, order_id: int, quantity: int) -> None:
    line = harness.shop.shown(order_id)["line_items"][0]["id"]
    await harness.deliver(harness.shop.change(order_id, line_items=[{"id": line, "quantity": quantity}]))


# What comes between the lost answer and the next look


async def nothing(harness: Harness, order_id: int) -> None:
    pass


async def bad_address(harness: Harness, order_id: int) -> None:
    await harness.deliver(harness.shop.change(order_id, shipping={"country": "QQ"}))


async def on_hold(harness: Harness, order_id: int) -> None:
    await harness.deliver(harness.shop.change(order_id, status="on-hold"))


async def cancelled(harness: Harness, order_id: int) -> None:
    await harness.deliver(harness.shop.change(order_id, status="cancelled"))


async def trashed(harness: Harness, order_id: int) -> None:
    harness.tick()
    harness.shop.model.trash_order(order_id)
    await harness.deliver(harness.shop.shown(order_id))


async def deleted(harness: Harness, order_id: int) -> None:
    harness.shop.model.delete_order(order_id)
    await harness.deliver({"id": order_id}, "order.deleted")


async def new_prefix(harness: Harness, order_id: int) -> None:
    await harness.change_settings(harness.connection, order_number_prefix="W-")


async def processing_is_not_sent(harness: Harness, order_id: int) -> None:
    await harness.change_settings(harness.connection, order_statuses=["packing"])
    await harness.deliver(harness.shop.change(order_id, status="processing"))


async def resync(harness: Harness, order_id: int) -> None:
    await records.resync(harness.gateway, (await harness.stored.mapping(order_id)).id)
    await harness.work()


async def resolved(harness: Harness, order_id: int) -> None:
    await records.resolve(harness.gateway, (await harness.stored.mapping(order_id)).id, "seen to by hand")
    await harness.work()


BETWEEN: list[tuple[Step, ...]] = [
    (nothing,),
    (on_hold,),
    (resync,),
    (bad_address, on_hold),
    (bad_address, new_prefix),
    (on_hold, new_prefix, bad_address),
    (processing_is_not_sent, on_hold),
    (resolved, on_hold),
    (bad_address, resolved, new_prefix),
]


def named(steps: tuple[Step, ...]) -> str:
    return "-".join(step.__name__ for step in steps)


ON_POSTGRESQL = [(bad_address, on_hold), (on_hold, new_prefix, bad_address)]
"""What comes between is the same for both databases; two ways are gone on PostgreSQL as well."""
WAYS = [("sqlite", steps) for steps in BETWEEN] + [("postgresql", steps) for steps in ON_POSTGRESQL]


def on_each(ways: list[tuple[str, tuple[Step, ...]]]) -> pytest.MarkDecorator:
    ids = [f"{database}-{named(steps)}" for database, steps in ways]
    return pytest.mark.parametrize(("database_url", "steps"), ways, ids=ids, indirect=["database_url"])


between = on_each(WAYS)


async def take(harness: Harness, order_id: int, steps: tuple[Step, ...]) -> None:
    """Each step is worked off at once, and again when the pause is over."""
    for step in steps:
        await step(harness, order_id)
        await later(harness)


async def wanted_again(harness: Harness, order_id: int) -> None:
    """The order is as it was, and to be sent."""
    if harness.connection.settings.model_dump()["order_statuses"] == ["packing"]:
        await harness.change_settings(harness.connection, order_statuses=["processing"])
    await harness.deliver(harness.shop.change(order_id, status="processing", shipping=ADDRESS))
    await later(harness)


class TestTheOrderIsThere:
    @between
    async def test_it_is_cancelled_in_the_warehouse(self, harness: Harness, steps: tuple[Step, ...]) -> None:
        order_id = await arrived(harness)
        await take(harness, order_id, steps)
        await cancelled(harness, order_id)
        await later(harness)
        assert there(harness, order_id).status == CANCELLED
        mapping = await harness.stored.mapping(order_id)
        assert (mapping.transfer, mapping.wanted, mapping.unsettled_attempt_id) == ("sent", "absent", None)
        assert len(harness.warehouse.writes("DELETE")) == 1

    @pytest.mark.parametrize("end", [trashed, deleted])
    async def test_it_is_thrown_away_while_it_is_held(self, harness: Harness, end: Step) -> None:
        order_id = await arrived(harness)
        await take(harness, order_id, (bad_address,))
        await end(harness, order_id)
        assert there(harness, order_id).status == CANCELLED

    @pytest.mark.parametrize("end", [cancelled, trashed, deleted])
    async def test_it_is_cancelled_before_the_next_try(self, harness: Harness, end: Step) -> None:
        order_id = await arrived(harness)
        await end(harness, order_id)
        await later(harness)
        assert there(harness, order_id).status == CANCELLED

    @between
    async def test_it_is_not_sent_as_a_second_order(self, harness: Harness, steps: tuple[Step, ...]) -> None:
        order_id = await arrived(harness)
        await take(harness, order_id, steps)
        await wanted_again(harness, order_id)
        assert there(harness, order_id).body.order_number == str(order_id)
        mapping = await harness.stored.mapping(order_id)
        assert (mapping.transfer, mapping.number) == ("sent", str(order_id))
        assert (mapping.wms_id, mapping.unsettled_attempt_id) == (there(harness, order_id).id, None)

    @between
    async def test_its_newest_content_is_sent(self, harness: Harness, steps: tuple[Step, ...]) -> None:
        order_id = await arrived(harness)
        await take(harness, order_id, steps)
        await wants(harness, order_id, 3)
        await wanted_again(harness, order_id)
        assert pieces(harness, order_id) == 3

    @between
    async def test_a_change_taken_back_is_taken_back_in_the_warehouse(self, harness: Harness, steps: tuple[Step, ...]) -> None:
        order_id = await five_arrived(harness)
        await take(harness, order_id, steps)
        await wants(harness, order_id, 1)
        await wanted_again(harness, order_id)
        assert pieces(harness, order_id) == 1

    @between
    async def test_a_change_that_arrived_is_not_sent_again(self, harness: Harness, steps: tuple[Step, ...]) -> None:
        order_id = await five_arrived(harness)
        await take(harness, order_id, steps)
        await wanted_again(harness, order_id)
        assert pieces(harness, order_id) == 5
        # The number that a prefix would change is fixed, so the content is what was sent: one write for each version.
        assert len(harness.warehouse.writes()) == 2

    @between
    async def test_the_warehouse_starts_meanwhile(self, harness: Harness, steps: tuple[Step, ...]) -> None:
        order_id = await five_arrived(harness)
        harness.warehouse.model.set_order_status(str(order_id), 400)
        await take(harness, order_id, steps)
        await wanted_again(harness, order_id)
        mapping = await harness.stored.mapping(order_id)
        assert (mapping.transfer, mapping.reason_code) == ("sent", None)
        await wants(harness, order_id, 1)
        assert (await harness.stored.mapping(order_id)).reason_code == "warehouse-started"
        assert pieces(harness, order_id) == 5


class TestTheOrderNeverArrived:
    @on_each([way for way in WAYS if way[1][0] not in (nothing, resync)])
    async def test_it_is_left_out(self, harness: Harness, steps: tuple[Step, ...]) -> None:
        order_id = await lost(harness)
        await take(harness, order_id, steps)
        await cancelled(harness, order_id)
        await later(harness)
        assert harness.warehouse.model.orders == {}
        mapping = await harness.stored.mapping(order_id)
        assert (mapping.transfer, mapping.wanted, mapping.unsettled_attempt_id) == ("none", "absent", None)

    @between
    async def test_it_is_sent_once_under_its_first_number(self, harness: Harness, steps: tuple[Step, ...]) -> None:
        order_id = await lost(harness)
        await take(harness, order_id, steps)
        await wanted_again(harness, order_id)
        assert there(harness, order_id).body.order_number == str(order_id)


class TestACancellation:
    """Its answer was lost."""

    @pytest.mark.parametrize("after_write", [True, False])
    @pytest.mark.parametrize("between", [(), (bad_address,), (on_hold,)], ids=named)
    async def test_the_shop_opens_the_order_again(self, harness: Harness, between: tuple[Step, ...], after_write: bool) -> None:
        order = harness.shop.order("SOKK-1")
        await harness.deliver(order)
        harness.warehouse.fail("hang-up", method="DELETE", path=PUT["path"], times=1, after_write=after_write)
        await cancelled(harness, order["id"])
        assert (await harness.stored.mapping(order["id"])).transfer == "unknown"
        for step in between:
            await harness.deliver(harness.shop.change(order["id"], status="processing"))
            await step(harness, order["id"])
            await later(harness)
        await wanted_again(harness, order["id"])
        mapping = await harness.stored.mapping(order["id"])
        if after_write:
            assert there(harness, order["id"]).status == CANCELLED
            assert (mapping.wanted, mapping.transfer, mapping.reason_code) == ("present", "held", "reopened-after-cancel")
        else:
            assert there(harness, order["id"]).status == OPEN
            assert (mapping.wanted, mapping.transfer, mapping.reason_code) == ("present", "sent", None)


class TestReopened:
    @pytest.mark.parametrize("steps", [(nothing,), (bad_address,), (on_hold,), (bad_address, on_hold), (resolved,)], ids=named)
    async def test_it_stays_reopened_at_later_edits(self, harness: Harness, steps: tuple[Step, ...]) -> None:
        order = harness.shop.order("SOKK-1")
        await harness.deliver(order)
        await cancelled(harness, order["id"])
        await harness.deliver(harness.shop.change(order["id"], status="processing"))
        assert (await harness.stored.mapping(order["id"])).reason_code == "reopened-after-cancel"
        await take(harness, order["id"], steps)
        await harness.deliver(harness.shop.change(order["id"], status="processing", shipping=ADDRESS, customer_note="please"))
        assert (await harness.stored.mapping(order["id"])).reason_code == "reopened-after-cancel"

    async def test_once_it_is_open_again_a_cancellation_is_the_warehouse_s_own(self, harness: Harness) -> None:
        order = harness.shop.order("SOKK-1")
        await harness.deliver(order)
        await cancelled(harness, order["id"])
        await harness.deliver(harness.shop.change(order["id"], status="processing"))
        harness.warehouse.model.set_order_status(str(order["id"]), OPEN)
        await harness.deliver(harness.shop.change(order["id"], customer_note="please"))
        assert (await harness.stored.mapping(order["id"])).transfer == "sent"
        harness.warehouse.model.set_order_status(str(order["id"]), CANCELLED)
        await harness.deliver(harness.shop.change(order["id"], customer_note="thank you"))
        assert (await harness.stored.mapping(order["id"])).reason_code == "cancelled-in-warehouse"


class TestAnArticle:
    """It was renamed, and the answer to that was lost."""

    async def renamed(self, harness: Harness) -> int:
        product = harness.shop.product("VARE-1", "Lue")
        await harness.deliver(product, "product.created")
        harness.warehouse.fail("hang-up", method="PUT", path="/demo/api/v1/articles", times=1, after_write=True)
        await self.change(harness, product["id"], name="Votter")
        assert self.name(harness) == "Votter"
        assert (await harness.stored.mapping(product["id"], "article")).unsettled_attempt_id is not None
        return int(product["id"])

    async def change(self, harness: Harness, product_id: int, **values: Any) -> None:
        harness.tick()
        harness.shop.model.change_product(product_id, values)
        await harness.deliver(harness.shop.shown_product(product_id), "product.updated")

    def name(self, harness: Harness) -> str:
        ((_, article),) = harness.warehouse.model.articles.items()
        return str(article.body.article_name)

    @pytest.mark.parametrize("between", [{}, {"status": "draft"}, {"sku": ""}], ids=str)
    async def test_an_old_name_given_back_is_written(self, harness: Harness, between: dict[str, Any]) -> None:
        product_id = await self.renamed(harness)
        if between:
            await self.change(harness, product_id, **between)
            await later(harness)
        await self.change(harness, product_id, name="Lue", status="publish", sku="VARE-1")
        await later(harness)
        assert self.name(harness) == "Lue"
        mapping = await harness.stored.mapping(product_id, "article")
        assert (mapping.transfer, mapping.unsettled_attempt_id) == ("sent", None)


class TestTheConnectionIsMoved:
    """Articles are switched off: one that is in the stock would keep the connection where it is."""

    @pytest.fixture
    async def moving(self, database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
        async with open_harness(database_url, tmp_path) as opened:
            await opened.connect(processes={"articles": False})
            yield opened

    async def move(self, harness: Harness, **warehouse: Any) -> None:
        current = await harness.gateway.connection(harness.connection.id)
        await connections.patch(harness.gateway, current, {"warehouse": warehouse})

    async def go_on(self, harness: Harness) -> None:
        current = await harness.gateway.connection(harness.connection.id)
        await harness.set_status(current, Status.ACTIVE)
        harness.connections["shop"] = await harness.gateway.connection(current.id)
        await later(harness)

    async def moved_meanwhile(self, harness: Harness) -> int:
        """It was moved to another goods owner while the call was made, so that nobody could know."""
        order = harness.shop.order("SOKK-1")
        harness.warehouse.fail("hang-up", **PUT, times=1, after_write=True)
        with beside_call(harness, "PUT", "/orders", before=lambda: self.move(harness, goods_owner_id=78)):
            await harness.deliver(order)
        await self.go_on(harness)
        return int(order["id"])

    async def test_not_to_another_goods_owner_while_it_is_not_known(self, moving: Harness) -> None:
        await arrived(moving)
        with pytest.raises(Conflict, match="it is not known whether"):
            await self.move(moving, goods_owner_id=78)

    async def test_to_another_address_of_the_same_it_is_found(self, moving: Harness) -> None:
        order_id = await arrived(moving)
        await self.move(moving, url=f"http://localhost:{moving.warehouse.server.port}/demo/api/v1/", password="gateway")
        await self.go_on(moving)
        assert (await moving.stored.mapping(order_id)).wms_id == there(moving, order_id).id
        await cancelled(moving, order_id)
        assert there(moving, order_id).status == CANCELLED

    async def test_moved_meanwhile_it_is_held_and_not_sent_to_the_other(self, moving: Harness) -> None:
        order_id = await self.moved_meanwhile(moving)
        assert there(moving, order_id).status == OPEN
        mapping = await moving.stored.mapping(order_id)
        assert (mapping.transfer, mapping.reason_code) == ("held", "unknown-elsewhere")
        assert mapping.unsettled_attempt_id is not None

    @pytest.mark.parametrize("steps", [(on_hold,), (bad_address, on_hold), (cancelled,), (resolved, on_hold)], ids=named)
    async def test_it_stays_held(self, moving: Harness, steps: tuple[Step, ...]) -> None:
        order_id = await self.moved_meanwhile(moving)
        await take(moving, order_id, steps)
        assert (await moving.stored.mapping(order_id)).reason_code == "unknown-elsewhere"
        assert there(moving, order_id).status == OPEN

    async def test_released_it_is_sent_to_the_other(self, moving: Harness) -> None:
        """An operator has looked, and has taken it back there."""
        order_id = await self.moved_meanwhile(moving)
        await records.release(moving.gateway, (await moving.stored.mapping(order_id)).id)
        await moving.work()
        assert {owner for owner, _ in moving.warehouse.model.orders} == {77, 78}
        mapping = await moving.stored.mapping(order_id)
        assert (mapping.transfer, mapping.unsettled_attempt_id, mapping.lane) == ("sent", None, moving.connection.lane)
