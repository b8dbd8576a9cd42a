"""Answers of the WMS, composed after the read models of its contract: absent members are null."""

from __future__ import annotations

from typing import Any


def order_answer(**info: Any) -> dict[str, Any]:
    """An order as `GET /orders` shows it; what is given goes into `orderInfo`."""
    return {
        "goodsOwner": {"id": 77, "name": "Shop AS"},
        "orderInfo": {
            "orderId": 50210,
            "orderNumber": "W-10045",
            "goodsOwnerOrderId": "10045",
            "referenceNumber": None,
            "salesCode": "Kari Nordmann",
            "orderRemark": "Ring på",
            "wayOfDelivery": {"code": "flat_rate", "name": "Hjemlevering"},
            "deliveryDate": "2026-11-20T09:15:22Z",
            "createdDate": "2026-11-20T09:16:00.31Z",
            "shippedTime": None,
            "orderStatus": {"number": 300, "text": "Released"},
            "emailNotification": {"toBeNotified": True, "value": "kari@kunde.example"},
            "smsNotification": None,
            "orderedNumberOfItems": 2,
            "warehouse": {"id": 1, "code": "OSL", "name": "Oslo"},
            "advanced": None,
            **info,
        },
        "consignee": {
            "customerNumber": None,
            "name": "Kari Nordmann",
            "address1": "Storgata 1",
            "address2": None,
            "postCode": "0155",
            "city": "Oslo",
            "countryCode": "NO",
            "advanced": None,
            "invoiceAddress": None,
            "id": 9001,
        },
        "transporter": None,
        "tracking": None,
        "parcels": None,
        "classes": None,
        "orderLines": [line_answer("889", "TEE-NAVY-M", 2.0)],
    }


def line_answer(row_number: str, article_number: str, ordered: float) -> dict[str, Any]:
    return {
        "id": 48901,
        "rowNumber": row_number,
        "article": {"articleSystemId": 18301, "articleNumber": article_number, "articleName": "T-shirt", "productCode": "17"},
        "comment": None,
        "orderedNumberOfItems": ordered,
        "pickedNumberOfItems": 0,
        "prices": {"linePrice": 199.2, "customerLinePrice": 398.4, "currencyCode": "NOK", "discountPercentage": None},
        "freeValues": None,
        "subOrderLines": None,
    }


def order_sent() -> dict[str, Any]:
    """A body of which `order_answer` shows everything."""
    return {
        "goodsOwnerId": 77,
        "orderNumber": "W-10045",
        "goodsOwnerOrderId": "10045",
        "deliveryDate": "2026-11-20T09:15:22Z",
        "salesCode": "Kari Nordmann",
        "orderRemark": "Ring på",
        "advanced": {"wayOfDeliveryString": "Hjemlevering, Henting"},
        "wayOfDelivery": {"code": "flat_rate", "name": "Hjemlevering"},
        "emailNotification": {"toBeNotified": True, "value": "kari@kunde.example"},
        "consignee": {"name": "Kari Nordmann", "address1": "Storgata 1", "postCode": "0155", "city": "Oslo", "countryCode": "NO"},
        "orderLines": [
            {
                "rowNumber": "889",
                "articleNumber": "TEE-NAVY-M",
                "numberOfItems": 2,
                "prices": {"linePrice": 199.2, "customerLinePrice": 398.4, "currencyCode": "NOK"},
            }
        ],
    }


def article_answer(**changes: Any) -> dict[str, Any]:
    return {
        "goodsOwner": {"id": 77, "name": "Shop AS"},
        "articleSystemId": 18301,
        "articleNumber": "TEE-NAVY-M",
        "articleName": "T-shirt navy",
        "productCode": "17",
        "unitCode": "st",
        "isStockArticle": True,
        "isActive": True,
        "barCodeInfo": {"barCode": "7038010000010", "barCodePackage": None},
        "weight": 0.21,
        "customerPrice": 249.0,
        "classes": [{"id": 4, "code": "klaer", "name": "Klær"}, {"id": 9, "code": "lager", "name": "Satt av lageret"}],
        "freeValues": None,
        "articleHandlingComments": None,
        "inventoryInfo": None,
        **changes,
    }


def article_sent() -> dict[str, Any]:
    """A body of which `article_answer` shows everything."""
    return {
        "goodsOwnerId": 77,
        "articleNumber": "TEE-NAVY-M",
        "articleName": "T-shirt navy",
        "productCode": "17",
        "unitCode": "st",
        "isStockArticle": True,
        "barCodeInfo": {"barCode": "7038010000010"},
        "weight": 0.21,
        "customerPrice": 249,
        "articleClassesInfo": {"classes": [{"code": "klaer", "name": "Klær"}]},
    }
