"""Goods received on purchase orders: each piece once, with what the warehouse notes of it, acknowledged once per line."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from app.domain import OutgoingType
from app.engine.upkeep.retention import prune
from app.records.connections import Connection, Draft
from app.records.receipts import reading
from app.records.receipts.reading import Receipt, Which
from app.sandbox.ongoing.bodies.articles import ArticleBody
from app.sandbox.ongoing.bodies.inbound import PurchaseOrderBody
from app.sandbox.ongoing.model.inbound.purchase_records import Marks
from app.storage.callers.tables import outgoing_webhooks
from app.storage.tables import attempts, mappings
from tests.harness import Harness
from tests.harness.connections import make_connection
from tests.harness.mystore import SimulatedMystore
from tests.harness.nettbutikk24 import SimulatedNettbutikk
from tests.harness.sevenoffice24 import SimulatedSevenOffice

ON = {"articles": False, "orders": False, "receipts": True}
REPORTED = "reportedNumberOfItems"


async def connected(harness: Harness, **settings: Any) -> Connection:
    connection = await harness.connect(processes=ON, **settings)
    harness.tick(60)
    return connection


async def purchase(harness: Harness, number: str = "PO-1", *, pieces: int = 10, goods_owner_id: int = 77, **more: Any) -> int:
    """A purchase order of two lines in the warehouse, of whoever put it there."""
    for article in ("SOKK-1", "LUE-1"):
        if (goods_owner_id, article) not in harness.warehouse.model.articles:
            known = {"goodsOwnerId": goods_owner_id, "articleNumber": article, "articleName": article}
            harness.warehouse.model.put_article(ArticleBody.model_validate(known))
    lines: list[dict[str, Any]] = [
        {"rowNumber": "1", "articleNumber": "SOKK-1", "numberOfItems": pieces, "externalOrderLineId": "ERP-1-1"},
        {"rowNumber": "2", "articleNumber": "LUE-1", "numberOfItems": pieces, "externalOrderLineId": "ERP-1-2"},
    ]
    body: dict[str, Any] = {"goodsOwnerId": goods_owner_id, "purchaseOrderNumber": number, "purchaseOrderLines": lines, **more}
    made, _ = harness.warehouse.model.purchases.put(PurchaseOrderBody.model_validate(body))
    return made.id


def receive(harness: Harness, number: str = "PO-1", marks: Marks | None = None, **rows: float) -> None:
    """`receive(harness, r1=3)`: three pieces of row 1."""
    quantities = {row.removeprefix("r"): pieces for row, pieces in rows.items()}
    harness.warehouse.model.purchases.receive(number, quantities, None, marks)
    harness.tick(60)


async def kept(harness: Harness, **which: Any) -> list[Receipt]:
    """The oldest first."""
    async with harness.gateway.database.read() as db:
        return (await reading.search(db, Which(**which)))[::-1]


def quantities(receipt: Receipt) -> dict[str, float]:
    return {line["external_line_id"]: line["quantity"] for line in receipt.content["lines"]}


def confirmed(harness: Harness) -> list[float]:
    """What the WMS was told, call by call."""
    return [call.body[REPORTED] for call in harness.warehouse.writes("PATCH", "/purchaseOrders")]


def asked(harness: Harness) -> int:
    """How often it was to be told, whatever it answered."""
    return len([call for call in harness.warehouse.calls() if call.method == "PATCH"])


def reported(harness: Harness, number: str = "PO-1", goods_owner_id: int = 77) -> list[float | None]:
    return [line.reported for line in harness.warehouse.model.purchases.by_number[goods_owner_id, number].lines]


async def test_what_came_in_is_kept_by_line_and_acknowledged_once(harness: Harness) -> None:
    await harness.change_settings(harness.connection, processes=ON)
    harness.tick(60)
    await purchase(harness)
    receive(harness, r1=4)

    await harness.poll("receipts")
    await harness.poll("receipts")

    (receipt,) = await kept(harness)
    assert receipt.number == "PO-1"
    (line,) = receipt.content["lines"]
    shown = {name: line[name] for name in ("row_number", "external_line_id", "article_number", "quantity", "received", "advised")}
    assert shown == {
        "row_number": "1",
        "external_line_id": "ERP-1-1",
        "article_number": "SOKK-1",
        "quantity": 4,
        "received": 4,
        "advised": 10,
    }
    assert line["difference"] == -6
    assert receipt.content["is_complete"] is False
    assert receipt.content["status"] == {"number": 400, "text": "Deviation"}
    assert receipt.acknowledged_at is not None
    assert (confirmed(harness), reported(harness)) == ([4], [4, None])


async def test_each_piece_is_given_once_whatever_comes_when(bare_harness: Harness) -> None:
    harness = bare_harness
    await connected(harness)
    await purchase(harness)
    receive(harness, r1=4)
    await harness.poll("receipts")
    receive(harness, r1=6, r2=1)
    receive(harness, r2=2)
    await harness.poll("receipts")
    receive(harness, r2=7)
    await harness.poll("receipts")

    found = [quantities(each) for each in await kept(harness)]
    assert found == [{"ERP-1-1": 4}, {"ERP-1-1": 6, "ERP-1-2": 3}, {"ERP-1-2": 7}]
    assert [each.content["is_complete"] for each in await kept(harness)] == [False, False, True]
    assert reported(harness) == [10, 10]


async def test_batch_serial_expiry_and_damage_are_passed_on(bare_harness: Harness) -> None:
    """Requirement: an expiry date on a received line is passed on."""
    harness = bare_harness
    await connected(harness)
    await purchase(harness)
    receive(harness, marks=Marks(batch_number="L-1", expiry_date="2027-06-30"), r1=4)
    await harness.poll("receipts")
    receive(harness, marks=Marks(serial="S-9", status=("DAMAGED", "Damaged"), is_locked_for_sale=True), r1=1)
    await harness.poll("receipts")

    first, second = [each.content["lines"][0]["items"] for each in await kept(harness)]
    assert [(each["quantity"], each["batch"], each["expires_on"], each["status"]) for each in first] == [
        (4, "L-1", "2027-06-30", None)
    ]
    (damaged,) = second
    assert (damaged["quantity"], damaged["serial"]) == (1, "S-9")
    assert (damaged["status"], damaged["is_locked_for_sale"]) == ({"code": "DAMAGED", "name": "Damaged"}, True)


async def test_a_correction_of_the_warehouse_is_a_receipt_of_less(bare_harness: Harness) -> None:
    harness = bare_harness
    await connected(harness)
    await purchase(harness)
    receive(harness, r1=5)
    await harness.poll("receipts")
    receive(harness, r1=-2)
    await harness.poll("receipts")

    assert [quantities(each) for each in await kept(harness)] == [{"ERP-1-1": 5}, {"ERP-1-1": -2}]
    assert reported(harness) == [3, None]


async def test_what_another_program_has_taken_before_is_not_given_again(bare_harness: Harness) -> None:
    harness = bare_harness
    await purchase(harness)
    harness.warehouse.model.purchases.receive("PO-1", {"1": 4})
    harness.warehouse.model.purchases.by_number[77, "PO-1"].lines[0].reported = 4
    harness.tick(600)
    await connected(harness)
    await harness.poll("receipts")
    assert await kept(harness) == []

    receive(harness, r1=1)
    await harness.poll("receipts")
    assert [quantities(each) for each in await kept(harness)] == [{"ERP-1-1": 1}]


async def test_what_came_in_before_the_connection_was_active_is_not_read(bare_harness: Harness) -> None:
    harness = bare_harness
    await purchase(harness, "OLD")
    receive(harness, "OLD", r1=4)
    harness.tick(3600)
    await connected(harness)
    await purchase(harness)
    receive(harness, r1=1)
    await harness.poll("receipts")
    assert {each.number for each in await kept(harness)} == {"PO-1"}
    assert reported(harness, "OLD") == [None, None]


async def test_a_purchase_order_that_is_a_return_is_no_receipt(bare_harness: Harness) -> None:
    harness = bare_harness
    await connected(harness)
    await purchase(harness, advanced={"purchaseOrderIsReturnType": True})
    receive(harness, r1=4)
    await harness.poll("receipts")
    assert (await kept(harness), confirmed(harness)) == ([], [])


async def test_it_is_off_until_somebody_switches_it_on(bare_harness: Harness) -> None:
    connection = await bare_harness.connect()
    assert connection.settings.processes.receipts is False


class TestAcknowledging:
    async def test_a_warehouse_that_is_away_is_told_at_the_next_poll(self, bare_harness: Harness) -> None:
        harness = bare_harness
        await connected(harness)
        await purchase(harness)
        receive(harness, r1=4)
        harness.warehouse.fail("status", status=503, method="PATCH")
        await harness.poll("receipts")
        (receipt,) = await kept(harness)
        assert receipt.acknowledged_at is None

        harness.mend()
        harness.tick(600)
        await harness.poll("receipts")
        assert [each.acknowledged_at is not None for each in await kept(harness)] == [True]
        assert reported(harness) == [4, None]

    async def test_a_refusal_stays_with_the_receipt_and_is_tried_again(self, bare_harness: Harness) -> None:
        harness = bare_harness
        await connected(harness)
        await purchase(harness)
        receive(harness, r1=4)
        harness.warehouse.fail("status", status=400, method="PATCH")
        await harness.poll("receipts")
        (receipt,) = await kept(harness)
        assert receipt.acknowledgement_error
        harness.mend()
        harness.tick(86_400)
        await harness.poll("receipts")
        (receipt,) = await kept(harness)
        assert (receipt.acknowledgement_error, receipt.acknowledged_at is None) == (None, False)

    async def test_what_the_warehouse_refuses_is_asked_once_a_day(self, bare_harness: Harness) -> None:
        """Upstream: a method is locked for whoever fails too often in a row."""
        harness = bare_harness
        await connected(harness)
        await purchase(harness)
        harness.warehouse.fail("status", status=400, method="PATCH")
        receive(harness, r1=4)
        for _ in range(3):
            await harness.poll("receipts")
        assert asked(harness) == 1
        receive(harness, r1=1)
        await harness.poll("receipts")
        assert asked(harness) == 2

        harness.tick(86_400)
        await harness.poll("receipts")
        assert asked(harness) == 3
        assert len([each for each in await kept(harness) if each.acknowledgement_error]) == 2

    async def test_its_calls_are_recorded_and_wait_for_the_lane(self, bare_harness: Harness) -> None:
        harness = bare_harness
        connection = await connected(harness)
        await purchase(harness)
        receive(harness, r1=4)
        await harness.poll("receipts")
        async with harness.gateway.database.read() as db:
            rows = list(await db.execute(select(attempts.c.call, attempts.c.lane, attempts.c.result)))
        assert [tuple(row) for row in rows] == [
            ("PATCH /purchaseOrders/lines/reportedNumberOfItems", connection.lane, "ok"),
        ]

    async def test_switched_off_the_receipts_are_given_all_the_same(self, bare_harness: Harness) -> None:
        harness = bare_harness
        await connected(harness, receipts={"acknowledge": False})
        await purchase(harness)
        receive(harness, r1=4)
        await harness.poll("receipts")
        await harness.poll("receipts")
        assert (len(await kept(harness)), confirmed(harness)) == (1, [])


async def test_a_receipt_is_told_to_the_connections_address(bare_harness: Harness) -> None:
    harness = bare_harness
    await connected(harness, outgoing_webhooks={"url": "http://127.0.0.1:9/"})
    await purchase(harness)
    receive(harness, r1=4)
    await harness.poll("receipts")
    async with harness.gateway.database.read() as db:
        (row,) = list(await db.execute(select(outgoing_webhooks)))
    (receipt,) = await kept(harness)
    assert (row.type, row.key) == (OutgoingType.RECEIPT_CREATED, str(receipt.id))
    assert row.data == {"id": receipt.id, "connection": "shop", **receipt.content}


class TestSharedGoodsOwner:
    async def both(self, harness: Harness) -> tuple[Connection, Connection]:
        first = await connected(harness)
        source = SimulatedMystore.open(harness.clock).credentials()
        settings = {"processes": {**dict.fromkeys(("articles", "orders", "stock", "shipments"), False), "receipts": True}}
        warehouse = harness.warehouse.credentials(goods_owner_id=77)
        draft = Draft(name="other", integration="mystore", source=source, warehouse=warehouse, settings=settings)
        return first, await make_connection(harness.gateway, draft)

    async def test_goods_are_given_to_one_connection(self, bare_harness: Harness) -> None:
        harness = bare_harness
        first, other = await self.both(harness)
        await purchase(harness)
        receive(harness, r1=4)
        for each in (first, other, first):
            await harness.poll("receipts", each)
        receive(harness, r1=2)
        for each in (other, first):
            await harness.poll("receipts", each)
        assert [(each.connection_id, quantities(each)) for each in await kept(harness)] == [
            (first.id, {"ERP-1-1": 4}),
            (first.id, {"ERP-1-1": 2}),
        ]
        assert confirmed(harness) == [4, 6]

    async def test_it_is_the_one_that_has_put_the_purchase_order(self, bare_harness: Harness) -> None:
        harness = bare_harness
        first, other = await self.both(harness)
        await purchase(harness)
        async with harness.gateway.database.begin() as db:
            now = harness.gateway.clock()
            put = {"connection_id": other.id, "kind": "purchase", "source_id": "PO-1", "lane": other.lane, "number": "PO-1"}
            await db.execute(insert(mappings).values(**put, wanted="present", transfer="sent", created_at=now, updated_at=now))
        receive(harness, r1=4)
        for each in (first, other):
            await harness.poll("receipts", each)
        assert [each.connection_id for each in await kept(harness)] == [other.id]


async def test_goods_that_are_booked_late_are_found_within_a_day(bare_harness: Harness) -> None:
    harness = bare_harness
    await connected(harness)
    await purchase(harness)
    harness.tick(3 * 3600)
    await harness.poll("receipts")
    earlier = harness.clock() - timedelta(hours=2)
    harness.warehouse.model.purchases.receive("PO-1", {"1": 4})
    harness.warehouse.model.purchases.by_number[77, "PO-1"].last_received = earlier
    harness.tick(900)
    await harness.poll("receipts")
    assert await kept(harness) == []

    harness.tick(86_400)
    await harness.poll("receipts")
    assert [quantities(each) for each in await kept(harness)] == [{"ERP-1-1": 4}]


async def test_old_ones_are_deleted_and_no_id_is_given_again(bare_harness: Harness) -> None:
    """Also those that the WMS was not told of: with `receipts.acknowledge` off that is never done."""
    harness = bare_harness
    await connected(harness, receipts={"acknowledge": False})
    await purchase(harness)
    for _ in range(2):
        receive(harness, r1=1)
        await harness.poll("receipts")
    newest = (await kept(harness))[-1].id
    harness.tick(500 * 86_400)
    await prune(harness.gateway, harness.gateway.clock())
    assert [each.id for each in await kept(harness)] == [newest]


async def test_many_are_read_slice_by_slice_and_none_is_lost(bare_harness: Harness) -> None:
    harness = bare_harness
    await connected(harness, warehouse={"page_size": 2})
    for number in range(5):
        await purchase(harness, f"PO-{number}")
        receive(harness, f"PO-{number}", r1=1)
    harness.gateway.settings = harness.gateway.settings.model_copy(update={"slice_seconds": 0.0})
    for _ in range(4):
        await harness.poll("receipts")
    assert sorted(each.number for each in await kept(harness)) == [f"PO-{number}" for number in range(5)]


async def test_it_works_for_every_system_and_asks_none_of_them(bare_harness: Harness) -> None:
    """None of the four has purchase orders of its own: a caller puts them, and is given what came in."""
    harness = bare_harness
    shops: dict[str, dict[str, Any]] = {
        "mystore": SimulatedMystore.open(harness.clock).credentials(),
        "24nettbutikk": SimulatedNettbutikk.open(harness.clock).credentials(),
        "24sevenoffice": SimulatedSevenOffice.open(harness.clock).credentials(),
        "woocommerce": harness.shop.credentials(),
    }
    for name, (source, owner) in zip(shops, zip(shops.values(), itertools.cycle((77, 78))), strict=False):
        settings = {"processes": {**dict.fromkeys(("articles", "orders", "stock", "shipments"), False), "receipts": True}}
        draft = Draft(
            name=name,
            integration=name,
            source=source,
            warehouse=harness.warehouse.credentials(goods_owner_id=owner),
            settings=settings,
        )
        connection = await make_connection(harness.gateway, draft)
        harness.tick(60)
        await purchase(harness, f"PO-{name}", goods_owner_id=owner)
        receive(harness, f"PO-{name}", r2=7)
        await harness.poll("receipts", connection)
        (receipt,) = await kept(harness, number=f"PO-{name}", connection_ids=[connection.id])
        assert quantities(receipt) == {"ERP-1-2": 7}
        assert reported(harness, f"PO-{name}", owner) == [None, 7]
