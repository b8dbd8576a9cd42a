"""How return orders and purchase orders read back: every member of the vendor's read models, null where there is nothing."""

from __future__ import annotations

from app.sandbox.kit.answers import answer, each, echoed, nulls, one
from app.sandbox.ongoing.answers.members import at, at_text, cause, goods_owner, status_member, warehouse_member

# ---- returns

RETURNED = answer(
    {
        **nulls("batch", "serial", "expiryDate", "container", "weight", "volume", "comment", "returnComment"),
        **nulls("articleItemStatus", "articleItemCategory"),
        "numberOfItems": "quantity",
        "returnTime": at("at"),
        "isReturnRemovedByInventory": "removed",
        "returnCause": cause("cause"),
    }
)
RETURN_LINE = answer(
    {
        "returnOrderLineId": "id",
        "returnOrderRowNumber": "body.return_order_row_number",
        "customerOrderLine": {"orderLineId": "sold.id", "customerOrderRowNumber": "sold.row_number"},
        "article": {"articleSystemId": "sold.article.id", **echoed("sold.article.body", "articleNumber", "articleName")},
        "returnCause": "body.return_cause",
        "returnedNumberOfItems": "returned",
        "pickedNumberOfItems": "sold.picked",
        "toBeReturnedNumberOfItems": "body.to_be_returned_number_of_items",
        "returnedRemovedByInventoryNumberOfItems": "removed",
        "returnedArticleItems": each("goods", RETURNED),
    }
)
return_order_answer = answer(
    {
        "returnOrderInfo": {
            "returnOrderId": "id",
            **echoed("body", "returnOrderNumber", "comment", "returnOrderHandlingComment"),
            "inDate": at_text("body.in_date"),
            "returnOrderStatus": status_member("return_order_statuses"),
            "warehouse": warehouse_member,
            "freeValues": one("body.free_values", {"freeDateTime1": at_text("free_date_time1")}),
            "createdDate": at("created"),
            "returnOrderArrivalTime": at("arrived"),
        },
        "customerOrderInfo": {"orderId": "order.id", "orderNumber": "order.number"},
        "returnOrderLines": each("lines", RETURN_LINE, or_null=False),
    }
)

# ---- purchase orders

RECEIVED = answer(
    {
        **nulls("caseNumber", "container", "comment", "weight", "location"),
        **nulls("receivedByUser", "articleItemFreeText1"),
        "originalArticleItemId": "id",
        "numberOfItems": "number_of_items",
        "inDate": at("at"),
        "serial": "marks.serial",
        "batchNumber": "marks.batch_number",
        "expiryDate": at_text("marks.expiry_date"),
        "articleItemStatus": cause("marks.status"),
        "isLocked": lambda item, warehouse: False,
        "isLockedForSale": "marks.is_locked_for_sale",
    }
)
PURCHASE_LINE = answer(
    {
        "id": "id",
        **echoed("body", "rowNumber", "comment", "rowPrice", "externalOrderLineId", "lineType", "textLines"),
        "article": {"articleSystemId": "article.id", **echoed("article.body", "articleNumber", "articleName", "productCode")},
        "advisedNumberOfItems": "advised",
        "receivedNumberOfItems": "received",
        "reportedNumberOfItems": "reported",
        "articleItems": each("items", RECEIVED),
        "freeValues": one("body.line_free_values", echoed("", "freeText1", "freeText2")),
        "inDate": at_text("body.in_date"),
        **nulls("subPurchaseOrderLines"),
    }
)
PURCHASE_INFO = {
    "purchaseOrderId": "id",
    **echoed("body", "purchaseOrderNumber", "supplierOrderNumber", "goodsOwnerReference", "referenceNumber"),
    **echoed("body", "purchaseOrderType", "purchaseOrderRemark", "invoiceNumber"),
    "purchaseOrderStatus": status_member("purchase_order_statuses"),
    "inDate": at_text("body.in_date"),
    "warehouse": warehouse_member,
    "createdDate": at("created"),
    "advanced": {
        "orderDate": at_text("body.advanced.order_date"),
        "container": "body.advanced.container",
        "purchaseOrderIsReturnType": "is_return",
        "advisedDate": at_text("body.advanced.advised_date"),
        **nulls("arrivalDate"),
    },
    "freeValues": one(
        "body.free_values",
        {
            **echoed("", "freeText1", "freeText2", "freeText3", "freeText4", "freeText5", "freeDecimal1", "freeDecimal2"),
            # The read model's flags have shorter names than the written ones.
            "freeBool1": "free_boolean1",
            "freeBool2": "free_boolean2",
        },
    ),
    **nulls("createdByUser"),
}
purchase_order_answer = answer(
    {
        "goodsOwner": goods_owner,
        "supplierInfo": echoed("body.supplier_info", "supplierNumber", "supplierName"),
        "purchaseOrderInfo": PURCHASE_INFO,
        "purchaseOrderLines": each("lines", PURCHASE_LINE, or_null=False),
        "sellerInfo": one("body.seller_info", echoed("", "sellerNumber", "sellerName")),
        "classes": each("body.classes", echoed("", "code", "name")),
        "textLines": "body.text_lines",
    }
)
