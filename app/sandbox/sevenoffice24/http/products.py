"""ProductService."""

from __future__ import annotations

from collections.abc import Mapping

from app.sandbox.sevenoffice24.http.calls import Call, Handler, Result, chosen, searched
from app.sandbox.sevenoffice24.wire.envelopes import unprocessable
from app.sandbox.sevenoffice24.wire.product import CATEGORY, PRODUCT
from app.sandbox.sevenoffice24.wire.tables import ListOf


def get_products(call: Call) -> Result:
    """All of them when nothing is searched for."""
    names = chosen(call.values.get("returnProperties"), PRODUCT, call.config)
    found = call.tenant.catalogue.search(searched(call))
    return Result(found, ListOf("Product", PRODUCT.only(names)))


def set_stock_quantity(call: Call) -> Result:
    """True when the quantity was taken."""
    try:
        return Result(call.tenant.catalogue.set_stock(call.values["productId"], call.values["stockQuantity"]))
    except ValueError as error:
        raise unprocessable(str(error)) from error


def get_categories(call: Call) -> Result:
    names = chosen(call.values.get("returnProperties"), CATEGORY, call.config)
    return Result(list(call.tenant.catalogue.categories.values()), ListOf("Category", CATEGORY.only(names)))


HANDLERS: Mapping[str, Handler] = {
    "GetProducts": get_products,
    "SetStockQuantity": set_stock_quantity,
    "GetCategories": get_categories,
}
