"""How an article reads back: every member of the vendor's read model, null where there is nothing."""

from __future__ import annotations

from typing import Any

from app.sandbox.ongoing.model.kits import sellable
from app.sandbox.ongoing.model.records import Article
from app.sandbox.ongoing.model.warehouse import Warehouse
from app.sandbox.ongoing.wire.values import zulu

ECHOED = (
    "articleNumber",
    "articleName",
    "productCode",
    "unitCode",
    "description",
    "isStockArticle",
    "isActive",
    "quantityPerPackage",
    "quantityPerPallet",
    "weight",
    "length",
    "width",
    "height",
    "volume",
    "purchasePrice",
    "stockValuationPrice",
    "customerPrice",
    "purcaseCurrencyCode",
    "countryOfOriginCode",
    "statisticsNumber",
    "articleGroup",
    "articleCategory",
    "stockLimit",
    "minimumReorderQuantity",
    "netWeight",
    "subQuantityPerItem",
    "customsDescription",
    "taricNumbersInfo",
    "linkToPicture",
    "minDaysToExpiryDateAllowedOnDelivery",
    "articleColor",
    "articleSize",
    "additionalStatisticsNumber",
    "customsExportConditions",
    "articleNameTranslations",
    "storageClass",
    "barCodeInfo",
)
HANDLING_COMMENTS = ("articleInboundHandlingComment", "articlePickingHandlingComment", "articleReturnHandlingComment")
BOOLEANS = ("freeBoolean1", "freeBoolean2", "freeBoolean3")


def article_answer(article: Article, warehouse: Warehouse) -> dict[str, Any]:
    """`GET /articles` gives a list of these. What can be written but is not in the read model does not come back."""
    body = article.body.model_dump(by_alias=True)
    structure = body["structureDefinition"]
    return {
        "goodsOwner": {"id": article.goods_owner_id, "name": f"Goods owner {article.goods_owner_id}"},
        "articleSystemId": article.id,
        **{name: body[name] for name in ECHOED},
        "supplierInfo": _supplier(body["supplierInfo"], body["alternativeSuppliersInfo"]),
        "inventoryInfo": _inventory(article, sellable(article, warehouse.articles)),
        "articleDataLastUpdated": zulu(article.updated),
        "articleKind": structure["articleKind"] if structure else None,
        "freeValues": _free_values(body["freeValues"]),
        "classes": _classes(body["articleClassesInfo"], article.goods_owner_id, warehouse),
        "defaultLocationMaxNumberOfItems": None,
        "defaultLocationStockLimit": None,
        "defaultLocation": None,
        "storageProperties": _all_booleans(body["storageProperties"]),
        "articleHandlingComments": _handling_comments(body),
    }


def _supplier(main: dict[str, Any] | None, others: dict[str, Any] | None) -> dict[str, Any] | None:
    names = ("supplierArticleNumber", "supplierNumber", "supplierName")
    if main is None and others is None:
        return None
    alternatives = (others or {}).get("alternativeSuppliers")
    return {
        **{name: (main or {}).get(name) for name in names},
        "alternativeSuppliers": [{name: one[name] for name in (*names, "leadTime")} for one in alternatives]
        if alternatives
        else None,
    }


def _inventory(article: Article, can_be_sold: float) -> dict[str, Any]:
    stock = article.stock
    present = max(stock.present, 0.0)
    return {
        "numberOfItems": present,
        "numberOfBookedItems": stock.booked,
        "numberOfLockedItems": stock.locked,
        "toReceiveNumberOfItems": stock.to_receive,
        "allocatedNumberOfItems": stock.allocated,
        "lockedForSaleNumberOfItems": stock.locked_for_sale,
        "pickedToBeCollectedNumberOfItems": stock.to_be_collected,
        "receivedToBeFinishedNumberOfItems": 0.0,
        "lastInDate": zulu(stock.last_in),
        "sellableNumberOfItems": can_be_sold,
        "totalStockValue": present * (article.body.purchase_price or 0.0),
        "reported": None,
    }


def _free_values(given: dict[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    return {name: bool(value) if name in BOOLEANS else value for name, value in given.items() if name != "freeDateTime1"}


def _classes(given: dict[str, Any] | None, goods_owner_id: int, warehouse: Warehouse) -> list[dict[str, Any]] | None:
    classes = (given or {}).get("classes")
    if not classes:
        return None
    return [{"id": warehouse.classes[goods_owner_id, one["code"]], "code": one["code"], "name": one["name"]} for one in classes]


def _all_booleans(given: dict[str, Any] | None) -> dict[str, bool] | None:
    return None if given is None else {name: bool(value) for name, value in given.items()}


def _handling_comments(body: dict[str, Any]) -> dict[str, Any] | None:
    comments = {name: body[name] for name in HANDLING_COMMENTS}
    return comments if any(comments.values()) else None
