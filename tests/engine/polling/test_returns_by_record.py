"""Returns that are records of their own: return orders that were announced, and purchase orders marked as returns."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.sandbox.ongoing.bodies.inbound import PurchaseOrderBody, ReturnOrderBody
from app.storage.callers.tables import outgoing_webhooks
from app.storage.tables import alerts
from tests.engine.polling.shipment_steps import BOTH, in_warehouse, row, status
from tests.engine.polling.test_returns import back, pieces, posted
from tests.harness import GOODS_OWNER, Harness


async def delivered(harness: Harness, *by: str, lines: tuple[tuple[str, int], ...] = (("SOKK-1", 3),)) -> dict[str, Any]:
    await harness.connect(processes=BOTH, returns={"by": list(by)})
    order = await in_warehouse(harness, *lines)
    harness.warehouse.model.ship(order["number"], "70300001")
    await harness.poll("shipments")
    assert status(harness, order) == "completed"
    await harness.poll("returns")
    harness.tick(3600)
    return order


def announce(harness: Harness, order: dict[str, Any], number: str, *, line: int = 0, quantity: float = 1) -> None:
    """As the gateway's own API or the warehouse would."""
    found = harness.warehouse.order(order["number"])
    assert found is not None
    sold = {"orderLineId": found.lines[line].id}
    body = {
        "goodsOwnerId": GOODS_OWNER,
        "returnOrderNumber": number,
        "customerOrder": {"orderId": found.id},
        "returnOrderLines": [{"returnOrderRowNumber": "1", "customerOrderLine": sold, "toBeReturnedNumberOfItems": quantity}],
    }
    harness.warehouse.model.returns.put(ReturnOrderBody.model_validate(body))


def purchase(
    harness: Harness, number: str, *rows: tuple[str, float], reference: str | None = None, is_return: bool = True, **line: Any
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
    harness.warehouse.model.purchases.put(PurchaseOrderBody.model_validate(body))


class TestReturnOrders:
    async def test_what_came_back_is_refunded_once(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, "return-order")
        announce(bare_harness, order, "R-1", quantity=2)
        bare_harness.warehouse.model.returns.receive("R-1", {"1": 1})

        await bare_harness.poll("returns")
        bare_harness.tick(60)
        await bare_harness.poll("returns")

        assert (len(posted(bare_harness)), pieces(bare_harness, order)) == (1, 1)

    async def test_the_rest_of_it_later(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, "return-order")
        announce(bare_harness, order, "R-1", quantity=2)
        bare_harness.warehouse.model.returns.receive("R-1", {"1": 1})
        await bare_harness.poll("returns")
        bare_harness.tick(3600)
        bare_harness.warehouse.model.returns.receive("R-1", {"1": 1})

        await bare_harness.poll("returns")

        assert [body["line_items"][0]["quantity"] for body in posted(bare_harness)] == [1, 1]

    async def test_two_of_them_for_one_line_add_up(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, "return-order")
        announce(bare_harness, order, "R-1")
        announce(bare_harness, order, "R-2")
        bare_harness.warehouse.model.returns.receive("R-1", {"1": 1})
        await bare_harness.poll("returns")
        bare_harness.tick(3600)
        bare_harness.warehouse.model.returns.receive("R-2", {"1": 1})

        await bare_harness.poll("returns")

        assert pieces(bare_harness, order) == 2

    async def test_what_stands_on_the_order_as_well_is_counted_once(self, bare_harness: Harness) -> None:
        """The warehouse books a return order's goods on the order's line too."""
        order = await delivered(bare_harness, "order", "return-order")
        announce(bare_harness, order, "R-1", quantity=2)
        bare_harness.warehouse.model.returns.receive("R-1", {"1": 2})

        await bare_harness.poll("returns")
        bare_harness.tick(60)
        await bare_harness.poll("returns")

        assert pieces(bare_harness, order) == 2

    async def test_one_that_was_only_announced_is_no_return(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, "return-order")
        announce(bare_harness, order, "R-1")

        await bare_harness.poll("returns")

        assert posted(bare_harness) == []

    async def test_they_are_not_read_where_the_connection_does_not_use_them(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, "order")
        announce(bare_harness, order, "R-1")
        bare_harness.warehouse.model.returns.receive("R-1", {"1": 1})

        await bare_harness.poll("returns")

        assert not [call for call in bare_harness.warehouse.calls() if call.path.endswith("/returnOrders")]
        assert pieces(bare_harness, order) == 1  # as it stands on the order


class TestPurchaseOrders:
    @pytest.mark.parametrize("named", ["reference", "number"])
    async def test_one_that_names_the_order_is_refunded_and_confirmed(self, bare_harness: Harness, named: str) -> None:
        order = await delivered(bare_harness, "purchase-order")
        number = order["number"] if named == "number" else "PO-1"
        purchase(bare_harness, number, ("SOKK-1", 2), reference=None if named == "number" else f" {order['number']} ")
        bare_harness.warehouse.model.purchases.receive(number, {"1": 1})

        await bare_harness.poll("returns")
        bare_harness.tick(60)
        await bare_harness.poll("returns")

        assert (len(posted(bare_harness)), pieces(bare_harness, order)) == (1, 1)
        (confirmed,) = [
            call for call in bare_harness.warehouse.calls() if call.method == "PATCH" and "/purchaseOrders/" in call.path
        ]
        assert confirmed.body == {"reportedNumberOfItems": 1}

    async def test_the_rest_of_it_and_another_one_later(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, "purchase-order")
        purchase(bare_harness, "PO-1", ("SOKK-1", 2), reference=order["number"])
        bare_harness.warehouse.model.purchases.receive("PO-1", {"1": 1})
        await bare_harness.poll("returns")
        bare_harness.tick(3600)
        bare_harness.warehouse.model.purchases.receive("PO-1", {"1": 1})
        await bare_harness.poll("returns")
        bare_harness.tick(3600)
        purchase(bare_harness, "PO-2", ("SOKK-1", 1), reference=order["number"])
        bare_harness.warehouse.model.purchases.receive("PO-2", {"1": 1})

        await bare_harness.poll("returns")

        assert [body["line_items"][0]["quantity"] for body in posted(bare_harness)] == [1, 1, 1]

    async def test_with_goods_that_came_back_on_the_order_it_adds_up(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, "order", "purchase-order")
        purchase(bare_harness, "PO-1", ("SOKK-1", 1), reference=order["number"])
        bare_harness.warehouse.model.purchases.receive("PO-1", {"1": 1})
        back(bare_harness, order, 1)

        await bare_harness.poll("returns")

        assert pieces(bare_harness, order) == 2

    async def test_a_line_that_names_the_orders_line_is_that_line(self, bare_harness: Harness) -> None:
        """Two lines of one article: without its name the first would be taken."""
        order = await delivered(bare_harness, "purchase-order", lines=(("SOKK-1", 1), ("SOKK-1", 1)))
        purchase(bare_harness, "PO-1", ("SOKK-1", 1), reference=order["number"], externalOrderLineId=row(order, 1))
        bare_harness.warehouse.model.purchases.receive("PO-1", {"1": 1})

        await bare_harness.poll("returns")

        assert [line["id"] for line in posted(bare_harness)[0]["line_items"]] == [order["line_items"][1]["id"]]

    async def test_without_it_the_lines_with_the_article_are_filled_in_turn(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, "purchase-order", lines=(("SOKK-1", 1), ("SOKK-1", 2)))
        purchase(bare_harness, "PO-1", ("SOKK-1", 1), reference=order["number"])
        bare_harness.warehouse.model.purchases.receive("PO-1", {"1": 1})
        await bare_harness.poll("returns")
        bare_harness.tick(3600)
        purchase(bare_harness, "PO-2", ("SOKK-1", 2), reference=order["number"])
        bare_harness.warehouse.model.purchases.receive("PO-2", {"1": 2})

        await bare_harness.poll("returns")

        lines = [(line["id"], line["quantity"]) for body in posted(bare_harness) for line in body["line_items"]]
        assert lines == [(order["line_items"][0]["id"], 1), (order["line_items"][1]["id"], 2)]

    async def test_one_that_names_no_order_is_shown_to_the_operator(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, "purchase-order")
        purchase(bare_harness, "PO-1", ("SOKK-1", 1), reference="a letter from Kari")
        bare_harness.warehouse.model.purchases.receive("PO-1", {"1": 1})

        await bare_harness.poll("returns")

        assert posted(bare_harness) == []
        assert pieces(bare_harness, order) == 0
        (alert,) = await bare_harness.stored.rows(select(alerts))
        assert alert.kind == "held"
        assert alert.text == (
            "Return PO-1 names no order in its references: it cannot be refunded by itself. Refund it in the shop by hand"
        )

    async def test_its_pieces_are_told_to_the_connections_address_once(self, bare_harness: Harness) -> None:
        await delivered(bare_harness, "purchase-order")
        await bare_harness.change_settings(bare_harness.connection, outgoing_webhooks={"url": "http://127.0.0.1:9/"})
        purchase(bare_harness, "PO-1", ("SOKK-1", 2), reference="a letter from Kari")
        for _ in range(2):
            bare_harness.warehouse.model.purchases.receive("PO-1", {"1": 1})
            for _ in range(2):
                await bare_harness.poll("returns")
                bare_harness.tick(60)

        told = [each.data for each in await bare_harness.stored.rows(select(outgoing_webhooks).order_by(outgoing_webhooks.c.id))]
        assert [each["lines"] for each in told] == [[{"line": None, "article_number": "SOKK-1", "quantity": 1.0}]] * 2
        assert [(each["order"], each["refund"]["state"]) for each in told] == [(None, "by-hand")] * 2
        assert [each["returns"][0]["number"] for each in told] == ["PO-1", "PO-1"]

    async def test_goods_that_the_order_never_had_are_shown_and_the_others_refunded(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, "purchase-order")
        bare_harness.shop.product("LUE")
        await in_warehouse(bare_harness, ("LUE", 1))
        purchase(bare_harness, "PO-1", ("SOKK-1", 1), ("LUE", 1), reference=order["number"])
        bare_harness.warehouse.model.purchases.receive("PO-1", {"1": 1, "2": 1})

        await bare_harness.poll("returns")

        assert pieces(bare_harness, order) == 1
        (alert,) = [each for each in await bare_harness.stored.rows(select(alerts)) if each.kind == "held"]
        assert alert.text.startswith(f"Return PO-1 holds 1 of LUE, which order {order['number']} does not")

    async def test_goods_that_a_supplier_sends_are_no_return(self, bare_harness: Harness) -> None:
        order = await delivered(bare_harness, "purchase-order")
        purchase(bare_harness, "PO-1", ("SOKK-1", 1), reference=order["number"], is_return=False)
        bare_harness.warehouse.model.purchases.receive("PO-1", {"1": 1})

        await bare_harness.poll("returns")

        assert posted(bare_harness) == []
