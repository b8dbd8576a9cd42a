"""How an article reads back: every member of the vendor's read model, null where there is nothing."""

from __future__ import annotations

from typing import Any

from app.sandbox.kit.answers import answer, each, echoed, nulls, one, via
from app.sandbox.kit.fields import python_name
from app.sandbox.ongoing.answers.members import at, goods_owner
from app.sandbox.ongoing.model.kits import sellable
from app.sandbox.ongoing.model.records import Article
from app.sandbox.ongoing.model.warehouse import Warehouse

SUPPLIER = ("supplierArticleNumber", "supplierNumber", "supplierName")


def _present(article: Article, _: Warehouse) -> float:
    return max(article.stock.present, 0.0)


def _class_ids(article: Article, warehouse: Warehouse) -> list[dict[str, Any]] | None:
    info = article.body.article_classes_info
    classes = (info.classes if info else None) or []
    owner = article.goods_owner_id
    return [{"id": warehouse.classes[owner, one.code], "code": one.code, "name": one.name} for one in classes] or None


def _handling_comments(article: Article, _: Warehouse) -> dict[str, Any] | None:
    names = ("articleInboundHandlingComment", "articlePickingHandlingComment", "articleReturnHandlingComment")
    comments = {name: getattr(article.body, python_name(name)) for name in names}
    return comments if any(comments.values()) else None


_supplier = answer(
    {
        **echoed("body.supplier_info", *SUPPLIER),
        "alternativeSuppliers": each("body.alternative_suppliers_info.alternative_suppliers", echoed("", *SUPPLIER, "leadTime")),
    }
)


def _supplier_info(article: Article, _: Warehouse) -> dict[str, Any] | None:
    body = article.body
    return None if body.supplier_info is None and body.alternative_suppliers_info is None else _supplier(article)


article_answer = answer(
    {
        "goodsOwner": goods_owner,
        "articleSystemId": "id",
        **echoed("body", "articleNumber", "articleName", "productCode", "unitCode", "description", "isStockArticle", "isActive"),
        **echoed("body", "quantityPerPackage", "quantityPerPallet", "weight", "length", "width", "height", "volume"),
        **echoed("body", "purchasePrice", "stockValuationPrice", "customerPrice", "purcaseCurrencyCode", "countryOfOriginCode"),
        **echoed("body", "statisticsNumber", "articleGroup", "articleCategory", "stockLimit", "minimumReorderQuantity"),
        **echoed("body", "netWeight", "subQuantityPerItem", "customsDescription", "taricNumbersInfo", "linkToPicture"),
        **echoed("body", "minDaysToExpiryDateAllowedOnDelivery", "articleColor", "articleSize", "additionalStatisticsNumber"),
        **echoed("body", "customsExportConditions", "articleNameTranslations", "storageClass", "barCodeInfo"),
        "supplierInfo": _supplier_info,
        "inventoryInfo": {
            "numberOfItems": _present,
            "numberOfBookedItems": "stock.booked",
            "numberOfLockedItems": "stock.locked",
            "toReceiveNumberOfItems": "stock.to_receive",
            "allocatedNumberOfItems": "stock.allocated",
            "lockedForSaleNumberOfItems": "stock.locked_for_sale",
            "pickedToBeCollectedNumberOfItems": "stock.to_be_collected",
            "receivedToBeFinishedNumberOfItems": lambda article, warehouse: 0.0,
            "lastInDate": at("stock.last_in"),
            "sellableNumberOfItems": lambda article, warehouse: sellable(article, warehouse.articles),
            "totalStockValue": lambda article, warehouse: _present(article, warehouse) * (article.body.purchase_price or 0.0),
            **nulls("reported"),
        },
        "articleDataLastUpdated": at("updated"),
        "articleKind": "body.structure_definition.article_kind",
        "freeValues": one(
            "body.free_values",
            {
                **echoed("", *(f"freeText{number}" for number in range(1, 9)), "freeDecimal1", "freeDecimal2", "freeDecimal3"),
                **{f"freeBoolean{number}": via(f"free_boolean{number}", bool) for number in (1, 2, 3)},
            },
        ),
        "classes": _class_ids,
        **nulls("defaultLocationMaxNumberOfItems", "defaultLocationStockLimit", "defaultLocation"),
        "storageProperties": one(
            "body.storage_properties",
            {
                name: via(python_name(name), bool)
                for name in ("isObsolete", "isSerialNumberArticle", "isBatchArticle", "isExpiryDateArticle")
            },
        ),
        "articleHandlingComments": _handling_comments,
    }
)
"""`GET /articles` gives a list of these. What can be written but is not in the read model does not come back."""


def _structure_rows(article: Article, warehouse: Warehouse) -> list[dict[str, Any]] | None:
    """A part that the warehouse does not know has no id (INF)."""
    structure = article.body.structure_definition
    rows = [] if structure is None else structure.rows or []
    known = ((row, warehouse.articles.get((article.goods_owner_id, row.article_number))) for row in rows)
    return [
        {"articleSystemId": part.id if part else None, "articleNumber": row.article_number, "numberOfItems": row.number_of_items}
        for row, part in known
    ] or None


structure_answer = answer(
    {
        "articleSystemId": "id",
        **echoed("body", "articleNumber"),
        "articleKind": "body.structure_definition.article_kind",
        "rows": _structure_rows,
    }
)
"""What a kit is made of; of a plain article kind and rows are null."""
