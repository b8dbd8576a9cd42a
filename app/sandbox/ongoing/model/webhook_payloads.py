"""The payloads of the warehouse's own webhooks. They are small: a receiver reads the object by API (upstream: webhooks).

They have the members that the vendor's pages name, no others. That the goods of "picking, packing and returns" name no order is
INF.
"""

from __future__ import annotations

from typing import Any

from app.sandbox.ongoing.model.records import Article, Order


def order_payload(order: Order) -> dict[str, Any]:
    return {
        "webhookOrdersId": 1,
        "orderId": order.id,
        "orderNumber": order.number,
        "goodsOwnerOrderId": order.body.goods_owner_order_id,
        "consigneeOrderNumber": order.body.consignee_order_number or "",
        "path": f"/api/v1/orders/{order.id}",
        "orderStatus": {"number": order.status},
        "currentShipmentId": order.shipment_id,
        "goodsOwnerClasses": None,
        "tracking": [{"trackingUrl": one.url, "waybill": one.waybill, "isReturn": one.is_return} for one in order.tracking],
        "parcels": [
            {
                "id": parcel.id,
                "parcelNumber": parcel.number,
                "isReturnParcel": parcel.is_return,
                "tracking": None if parcel.url is None else {"trackingUrl": parcel.url},
            }
            for parcel in order.parcels
        ],
    }


def handling_payload(article: Article, action: str, quantity: float, cause: tuple[str, str] | None = None) -> dict[str, Any]:
    """`action`: picked, returned."""
    return {
        **_article(article),
        "action": action,
        "articleItem": {
            "numberOfItems": quantity,
            "returnCause": None if cause is None else {"code": cause[0], "name": cause[1]},
        },
    }


def adjustment_payload(article: Article, quantity: float, cause: str) -> dict[str, Any]:
    return {
        **_article(article),
        "transaction": {"transactionNumberOfItems": quantity},
        "cause": {"code": cause, "name": cause},
    }


def received_payload(article: Article, quantity: float) -> dict[str, Any]:
    return {**_article(article), "movement": {"numberOfItems": quantity}, "articleItem": {"numberOfItems": quantity}}


def article_payload(article: Article) -> dict[str, Any]:
    return {
        "articleSystemId": article.id,
        "articleNumber": article.number,
        "path": f"/api/v1/articles/{article.id}",
    }


def _article(article: Article) -> dict[str, Any]:
    return {
        "article": {"articleSystemId": article.id, "articleNumber": article.number},
        "path": f"/api/v1/articles/{article.id}",
    }
