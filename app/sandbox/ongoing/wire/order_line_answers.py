"""How an order's line reads back, with what was picked for it."""

from __future__ import annotations

from typing import Any

from app.sandbox.ongoing.model.records import Article, OrderLine, PickedItem
from app.sandbox.ongoing.wire.values import zulu, zulu_text

ECHOED = (
    "rowNumber",
    "comment",
    "serialNumber",
    "lineTotalCustomsValue",
    "batchNumber",
    "lineType",
    "customerArticleNumber",
    "externalId",
    "minDaysToExpiryDate",
    "maxDaysToExpiryDate",
    "warehouseInstruction",
    "vat",
)
PRICES = ("linePrice", "customerLinePrice", "currencyCode", "discountPercentage")
NOT_KEPT = (
    "secondNumberOfItems",
    "serial",
    "caseNumber",
    "batchNumber",
    "container",
    "comment",
    "weight",
    "volume",
    "expiryDate",
    "location",
    "locationTypeCode",
    "articleItemStatus",
    "freeText1",
    "packedTime",
    "handling",
    "parcel",
    "zoneName",
    "purchaseOrderInfo",
    "productionDateDate",
)


def line_answer(line: OrderLine) -> dict[str, Any]:
    body = line.body.model_dump(by_alias=True)
    return {
        "id": line.id,
        **{name: body[name] for name in ECHOED},
        "article": _article(line.article),
        "orderedNumberOfItems": line.ordered,
        "allocatedNumberOfItems": line.allocated,
        "pickedNumberOfItems": line.picked,
        "packedNumberOfItems": line.packed,
        "returnedNumberOfItems": line.returned,
        "reportedNumberOfItems": line.reported,
        "reportedReturnedNumberOfItems": line.reported_returned,
        "shouldBePicked": body["shouldBePicked"] is not False,
        "pickedArticleItems": [_picked(item) for item in line.picked_items] or None,
        "subOrderLines": None,
        "prices": None if body["prices"] is None else {name: body["prices"][name] for name in PRICES},
        "freeValues": body["lineFreeValues"],
        "deliveryDate": zulu_text(body["deliveryDate"]),
        "pickOrderInfo": None,
    }


def _article(article: Article) -> dict[str, Any]:
    structure = article.body.structure_definition
    return {
        "articleSystemId": article.id,
        "articleNumber": article.number,
        "articleName": article.body.article_name,
        "productCode": article.body.product_code,
        "articleKind": structure.article_kind if structure else None,
    }


def _picked(item: PickedItem) -> dict[str, Any]:
    cause = item.return_cause
    return {
        **dict.fromkeys(NOT_KEPT),
        "articleItemId": item.id,
        "originalArticleItemId": item.original_id or item.id,
        "numberOfItems": item.number_of_items,
        "inDate": zulu(item.picked),
        "isPicked": True,
        "isReturned": item.returned is not None,
        "returnDate": zulu(item.returned),
        "returnCause": None if cause is None else {"code": cause[0], "name": cause[1]},
        "pickedTime": zulu(item.picked),
    }
