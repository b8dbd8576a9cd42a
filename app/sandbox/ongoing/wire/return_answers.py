"""How return orders read back: every member of the vendor's read model, null where there is nothing."""

from __future__ import annotations

from typing import Any

from app.sandbox.ongoing.model.inbound.return_orders import ReturnedGoods, ReturnLine, ReturnOrder
from app.sandbox.ongoing.model.records import Article
from app.sandbox.ongoing.model.warehouse import Warehouse
from app.sandbox.ongoing.wire.rules import WAREHOUSE_ID
from app.sandbox.ongoing.wire.values import zulu, zulu_text

RETURNED_NOT_KEPT = (
    "batch",
    "serial",
    "expiryDate",
    "container",
    "weight",
    "volume",
    "comment",
    "returnComment",
    "articleItemStatus",
    "articleItemCategory",
)


def return_order_answer(order: ReturnOrder, warehouse: Warehouse) -> dict[str, Any]:
    body = order.body.model_dump(by_alias=True)
    return {
        "returnOrderInfo": {
            "returnOrderId": order.id,
            "returnOrderNumber": order.number,
            "comment": body["comment"],
            "inDate": zulu_text(body["inDate"]),
            "returnOrderStatus": status_answer(order.status, warehouse.config.return_order_statuses),
            "warehouse": warehouse_answer(warehouse),
            "returnOrderHandlingComment": body["returnOrderHandlingComment"],
            "freeValues": body["freeValues"] and {"freeDateTime1": zulu_text(body["freeValues"]["freeDateTime1"])},
            "createdDate": zulu(order.created),
            "returnOrderArrivalTime": zulu(order.arrived),
        },
        "customerOrderInfo": {"orderId": order.order.id, "orderNumber": order.order.number},
        "returnOrderLines": [_return_line(line) for line in order.lines],
    }


def _return_line(line: ReturnLine) -> dict[str, Any]:
    return {
        "returnOrderLineId": line.id,
        "returnOrderRowNumber": line.body.return_order_row_number,
        "customerOrderLine": {"orderLineId": line.sold.id, "customerOrderRowNumber": line.sold.row_number},
        "article": short_article(line.sold.article),
        "returnCause": line.body.return_cause and line.body.return_cause.model_dump(by_alias=True),
        "returnedNumberOfItems": line.returned,
        "pickedNumberOfItems": line.sold.picked,
        "toBeReturnedNumberOfItems": line.body.to_be_returned_number_of_items,
        "returnedRemovedByInventoryNumberOfItems": line.removed,
        "returnedArticleItems": [_returned(goods) for goods in line.goods] or None,
    }


def _returned(goods: ReturnedGoods) -> dict[str, Any]:
    return {
        **dict.fromkeys(RETURNED_NOT_KEPT),
        "numberOfItems": goods.quantity,
        "returnTime": zulu(goods.at),
        "isReturnRemovedByInventory": goods.removed,
        "returnCause": None if goods.cause is None else {"code": goods.cause[0], "name": goods.cause[1]},
    }


def short_article(article: Article) -> dict[str, Any]:
    return {
        "articleSystemId": article.id,
        "articleNumber": article.number,
        "articleName": article.body.article_name,
    }


def status_answer(number: int, statuses: tuple[tuple[int, str], ...]) -> dict[str, Any]:
    return {"number": number, "text": dict(statuses).get(number)}


def warehouse_answer(warehouse: Warehouse) -> dict[str, Any]:
    return {"id": WAREHOUSE_ID, "code": warehouse.config.warehouse, "name": warehouse.config.warehouse}
