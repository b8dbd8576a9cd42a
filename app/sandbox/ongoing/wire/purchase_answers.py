"""How purchase orders read back: every member of the vendor's read model, null where there is nothing."""

from __future__ import annotations

from typing import Any

from app.sandbox.ongoing.model.inbound.purchase_records import PurchaseLine, PurchaseOrder, ReceivedItem
from app.sandbox.ongoing.model.warehouse import Warehouse
from app.sandbox.ongoing.wire.return_answers import short_article, status_answer, warehouse_answer
from app.sandbox.ongoing.wire.values import zulu, zulu_text

RECEIVED_NOT_KEPT = (
    "serial",
    "caseNumber",
    "batchNumber",
    "container",
    "comment",
    "weight",
    "expiryDate",
    "location",
    "articleItemStatus",
    "receivedByUser",
    "articleItemFreeText1",
)
PURCHASE_ECHOED = ("purchaseOrderNumber", "supplierOrderNumber", "goodsOwnerReference", "referenceNumber", "purchaseOrderType")
PURCHASE_FREE = ("freeText1", "freeText2", "freeText3", "freeText4", "freeText5", "freeDecimal1", "freeDecimal2")


def purchase_order_answer(order: PurchaseOrder, warehouse: Warehouse) -> dict[str, Any]:
    body = order.body.model_dump(by_alias=True)
    supplier, seller = body["supplierInfo"] or {}, body["sellerInfo"] or {}
    return {
        "goodsOwner": {"id": order.goods_owner_id, "name": f"Goods owner {order.goods_owner_id}"},
        "supplierInfo": {name: supplier.get(name) for name in ("supplierNumber", "supplierName")},
        "purchaseOrderInfo": {
            "purchaseOrderId": order.id,
            **{name: body[name] for name in PURCHASE_ECHOED},
            "purchaseOrderStatus": status_answer(order.status, warehouse.config.purchase_order_statuses),
            "inDate": zulu_text(body["inDate"]),
            "purchaseOrderRemark": body["purchaseOrderRemark"],
            "warehouse": warehouse_answer(warehouse),
            "createdDate": zulu(order.created),
            "advanced": _purchase_advanced(order, body["advanced"] or {}),
            "freeValues": _purchase_free(body["freeValues"]),
            "invoiceNumber": body["invoiceNumber"],
            "createdByUser": None,
        },
        "purchaseOrderLines": [_purchase_line(line) for line in order.lines],
        "sellerInfo": {name: seller.get(name) for name in ("sellerNumber", "sellerName")} if seller else None,
        "classes": [{"code": one["code"], "name": one["name"]} for one in body["classes"] or []] or None,
        "textLines": body["textLines"],
    }


def _purchase_advanced(order: PurchaseOrder, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "arrivalDate": None,
        "orderDate": zulu_text(given.get("orderDate")),
        "container": given.get("container"),
        "purchaseOrderIsReturnType": order.is_return,
        "advisedDate": zulu_text(given.get("advisedDate")),
    }


def _purchase_free(given: dict[str, Any] | None) -> dict[str, Any] | None:
    """The read model's flags have shorter names than the written ones."""
    if given is None:
        return None
    flags = {"freeBool1": given["freeBoolean1"], "freeBool2": given["freeBoolean2"]}
    return {**{name: given[name] for name in PURCHASE_FREE}, **flags}


def _purchase_line(line: PurchaseLine) -> dict[str, Any]:
    body = line.body.model_dump(by_alias=True)
    free = body["lineFreeValues"]
    return {
        "id": line.id,
        **{name: body[name] for name in ("rowNumber", "comment", "rowPrice", "externalOrderLineId", "lineType", "textLines")},
        "article": {**short_article(line.article), "productCode": line.article.body.product_code},
        "advisedNumberOfItems": line.advised,
        "receivedNumberOfItems": line.received,
        "reportedNumberOfItems": line.reported,
        "articleItems": [_received(item) for item in line.items] or None,
        "subPurchaseOrderLines": None,
        "freeValues": None if free is None else {name: free[name] for name in ("freeText1", "freeText2")},
        "inDate": zulu_text(body["inDate"]),
    }


def _received(item: ReceivedItem) -> dict[str, Any]:
    return {
        **dict.fromkeys(RECEIVED_NOT_KEPT),
        "originalArticleItemId": item.id,
        "numberOfItems": item.number_of_items,
        "inDate": zulu(item.at),
        "isLocked": False,
        "isLockedForSale": False,
    }
