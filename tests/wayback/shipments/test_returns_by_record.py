"""Returns that are records of their own: return orders that were announced, and purchase orders marked as returns."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.sandbox.ongoing.wire.purchase_bodies import PurchaseOrderBody
from app.sandbox.ongoing.wire.return_bodies import ReturnOrderBody
from app.storage.tables import alerts
from tests.house import GOODS_OWNER, House
from tests.wayback.shipments.dispatch import BOTH, in_warehouse, row, status
from tests.wayback.shipments.test_returns import back, pieces, posted


async def delivered(house: House, *by: str, lines: tuple[tuple[str, int], ...] = (("SOKK-1", 3),)) -> dict[str, Any]:
    await house.connect(processes=BOTH, returns={"by": list(by)})
    order = await in_warehouse(house, *lines)
    house.warehouse.ship(order["number"], "70300001")
    await house.poll("shipments")
    assert status(house, order) == "completed"
    await house.poll("returns")
    house.tick(3600)
    return order


def announce(house: House, order: dict[str, Any], number: str, *, line: int = 0, quantity: float = 1) -> None:
    """As the gateway's own API or the warehouse would."""
    found = house.wms_order(order["number"])
    assert found is not None
    sold = {"orderLineId": found.lines[line].id}
    body = {
        "goodsOwnerId": GOODS_OWNER,
        "returnOrderNumber": number,
        "customerOrder": {"orderId": found.id},
        "returnOrderLines": [{"returnOrderRowNumber": "1", "customerOrderLine": sold, "toBeReturnedNumberOfItems": quantity}],
    }
    house.warehouse.returns.put(ReturnOrderBody.model_validate(body))


def purchase(
    house: House, number: str, *rows: tuple[str, float], reference: str | None = None, is_return: bool = True, **line: Any
) -> None:
    lines = [
        {"rowNumber": str(index), "articleNumber": article, "numberOfItems": quantity, **line}
        for index, (article, quantity) in enumerate(rows, start=1)
    ]
    body = {
        "goodsOwnerId": GOODS_OWNER,
        "purchaseOrderNumber": number,
        "goodsOwnerReference": reference,
        "purchaseOrderLines": lines,
        "advanced": {"purchaseOrderIsReturnType": is_return},
    }
    house.warehouse.purchases.put(PurchaseOrderBody.model_validate(body))


class TestReturnOrders:
    async def test_what_came_back_is_refunded_once(self, house: House) -> None:
        order = await delivered(house, "return-order")
        announce(house, order, "R-1", quantity=2)
        house.warehouse.returns.receive("R-1", {"1": 1})

        await house.poll("returns")
        house.tick(60)
        await house.poll("returns")

        assert (len(posted(house)), pieces(house, order)) == (1, 1)

    async def test_the_rest_of_it_later(self, house: House) -> None:
        order = await delivered(house, "return-order")
        announce(house, order, "R-1", quantity=2)
        house.warehouse.returns.receive("R-1", {"1": 1})
        await house.poll("returns")
        house.tick(3600)
        house.warehouse.returns.receive("R-1", {"1": 1})

        await house.poll("returns")

        assert [body["line_items"][0]["quantity"] for body in posted(house)] == [1, 1]

    async def test_two_of_them_for_one_line_add_up(self, house: House) -> None:
        order = await delivered(house, "return-order")
        announce(house, order, "R-1")
        announce(house, order, "R-2")
        house.warehouse.returns.receive("R-1", {"1": 1})
        await house.poll("returns")
        house.tick(3600)
        house.warehouse.returns.receive("R-2", {"1": 1})

        await house.poll("returns")

        assert pieces(house, order) == 2

    async def test_what_stands_on_the_order_as_well_is_counted_once(self, house: House) -> None:
        """The warehouse books a return order's goods on the order's line too."""
        order = await delivered(house, "order", "return-order")
        announce(house, order, "R-1", quantity=2)
        house.warehouse.returns.receive("R-1", {"1": 2})

        await house.poll("returns")
        house.tick(60)
        await house.poll("returns")

        assert pieces(house, order) == 2

    async def test_one_that_was_only_announced_is_no_return(self, house: House) -> None:
        order = await delivered(house, "return-order")
        announce(house, order, "R-1")

        await house.poll("returns")

        assert posted(house) == []

    async def test_they_are_not_read_where_the_connection_does_not_use_them(self, house: House) -> None:
        order = await delivered(house, "order")
        announce(house, order, "R-1")
        house.warehouse.returns.receive("R-1", {"1": 1})

        await house.poll("returns")

        assert not [call for call in house.warehouse_calls() if call.path.endswith("/returnOrders")]
        assert pieces(house, order) == 1  # as it stands on the order


class TestPurchaseOrders:
    @pytest.mark.parametrize("named", ["reference", "number"])
    async def test_one_that_names_the_order_is_refunded_and_confirmed(self, house: House, named: str) -> None:
        order = await delivered(house, "purchase-order")
        number = order["number"] if named == "number" else "PO-1"
        purchase(house, number, ("SOKK-1", 2), reference=None if named == "number" else f" {order['number']} ")
        house.warehouse.purchases.receive(number, {"1": 1})

        await house.poll("returns")
        house.tick(60)
        await house.poll("returns")

        assert (len(posted(house)), pieces(house, order)) == (1, 1)
        (confirmed,) = [call for call in house.warehouse_calls() if call.method == "PATCH" and "/purchaseOrders/" in call.path]
        assert confirmed.body == {"reportedNumberOfItems": 1}

    async def test_the_rest_of_it_and_another_one_later(self, house: House) -> None:
        order = await delivered(house, "purchase-order")
        purchase(house, "PO-1", ("SOKK-1", 2), reference=order["number"])
        house.warehouse.purchases.receive("PO-1", {"1": 1})
        await house.poll("returns")
        house.tick(3600)
        house.warehouse.purchases.receive("PO-1", {"1": 1})
        await house.poll("returns")
        house.tick(3600)
        purchase(house, "PO-2", ("SOKK-1", 1), reference=order["number"])
        house.warehouse.purchases.receive("PO-2", {"1": 1})

        await house.poll("returns")

        assert [body["line_items"][0]["quantity"] for body in posted(house)] == [1, 1, 1]

    async def test_with_goods_that_came_back_on_the_order_it_adds_up(self, house: House) -> None:
        order = await delivered(house, "order", "purchase-order")
        purchase(house, "PO-1", ("SOKK-1", 1), reference=order["number"])
        house.warehouse.purchases.receive("PO-1", {"1": 1})
        back(house, order, 1)

        await house.poll("returns")

        assert pieces(house, order) == 2

    async def test_a_line_that_names_the_orders_line_is_that_line(self, house: House) -> None:
        """Two lines of one article: without its name the first would be taken."""
        order = await delivered(house, "purchase-order", lines=(("SOKK-1", 1), ("SOKK-1", 1)))
        purchase(house, "PO-1", ("SOKK-1", 1), reference=order["number"], externalOrderLineId=row(order, 1))
        house.warehouse.purchases.receive("PO-1", {"1": 1})

        await house.poll("returns")

        assert [line["id"] for line in posted(house)[0]["line_items"]] == [order["line_items"][1]["id"]]

    async def test_without_it_the_lines_with_the_article_are_filled_in_turn(self, house: House) -> None:
        order = await delivered(house, "purchase-order", lines=(("SOKK-1", 1), ("SOKK-1", 2)))
        purchase(house, "PO-1", ("SOKK-1", 1), reference=order["number"])
        house.warehouse.purchases.receive("PO-1", {"1": 1})
        await house.poll("returns")
        house.tick(3600)
        purchase(house, "PO-2", ("SOKK-1", 2), reference=order["number"])
        house.warehouse.purchases.receive("PO-2", {"1": 2})

        await house.poll("returns")

        lines = [(line["id"], line["quantity"]) for body in posted(house) for line in body["line_items"]]
        assert lines == [(order["line_items"][0]["id"], 1), (order["line_items"][1]["id"], 2)]

    async def test_one_that_names_no_order_is_shown_to_the_operator(self, house: House) -> None:
        order = await delivered(house, "purchase-order")
        purchase(house, "PO-1", ("SOKK-1", 1), reference="a letter from Kari")
        house.warehouse.purchases.receive("PO-1", {"1": 1})

        await house.poll("returns")

        assert posted(house) == []
        assert pieces(house, order) == 0
        (alert,) = await house.rows(select(alerts))
        assert alert.kind == "held"
        assert alert.text == (
            "Return PO-1 names no order in its references: it cannot be refunded by itself. Refund it in the shop by hand"
        )

    async def test_goods_that_the_order_never_had_are_shown_and_the_others_refunded(self, house: House) -> None:
        order = await delivered(house, "purchase-order")
        house.product("LUE")
        await in_warehouse(house, ("LUE", 1))
        purchase(house, "PO-1", ("SOKK-1", 1), ("LUE", 1), reference=order["number"])
        house.warehouse.purchases.receive("PO-1", {"1": 1, "2": 1})

        await house.poll("returns")

        assert pieces(house, order) == 1
        (alert,) = [each for each in await house.rows(select(alerts)) if each.kind == "held"]
        assert alert.text.startswith(f"Return PO-1 holds 1 of LUE, which order {order['number']} does not")

    async def test_goods_that_a_supplier_sends_are_no_return(self, house: House) -> None:
        order = await delivered(house, "purchase-order")
        purchase(house, "PO-1", ("SOKK-1", 1), reference=order["number"], is_return=False)
        house.warehouse.purchases.receive("PO-1", {"1": 1})

        await house.poll("returns")

        assert posted(house) == []
