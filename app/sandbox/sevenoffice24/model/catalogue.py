"""The products of one tenant, their categories, and their stock."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.sandbox.sevenoffice24.model.site import Site
from app.sandbox.sevenoffice24.wire.product import CATEGORY, PRODUCT
from app.sandbox.sevenoffice24.wire.tables import Values

_DEFAULTS = {"StatusId": 1, "Stock": 0, "Price": "129", "InPrice": "55", "Weight": "0.12", "StockControlled": True, "TaxRate": 25}
_EXACT = ("Id", "CategoryId", "No", "EAN1", "Name", "Price")
"""What a search compares as it is."""


class Catalogue:
    """Products and categories by id."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.products: dict[int, Values] = {}
        self.categories: dict[int, Values] = {}
        self._last_seen: dict[str, int] = {}  # number to id, to be checked: numbers need not be unique, and may change

    def add(self, no: str | None, name: str, **fields: Any) -> Values:
        """Raises TypeError for a field that there is not, ValueError for a wrong value."""
        values = self._site.kept(PRODUCT, {**_DEFAULTS, "CategoryId": self._some_category(), "No": no, "Name": name, **fields})
        values.setdefault("Id", self._site.next_id("products"))
        values.setdefault("DateChanged", self._site.now())
        self.products[values["Id"]] = values
        self._last_seen.setdefault(values.get("No", ""), values["Id"])
        return values

    def add_category(self, name: str, **fields: Any) -> Values:
        values = self._site.kept(CATEGORY, {"Id": self._site.next_id("categories"), "Name": name, **fields})
        self.categories[values["Id"]] = values
        return values

    def change(self, product_id: int, **fields: Any) -> Values:
        """None takes a value away. Raises KeyError, TypeError or ValueError."""
        values = self.products[product_id]
        self._site.update(PRODUCT, values, fields)
        values["DateChanged"] = self._site.now()
        return values

    def set_stock(self, product_id: int, quantity: Decimal) -> bool:
        """Whether it was taken. Raises ValueError for a quantity that is not."""
        values = self.products.get(product_id)
        config = self._site.config
        if values is None or (config.stock_wants_control and not values.get("StockControlled")):
            return False
        if quantity < 0 and config.negative_stock == "refused":
            raise ValueError("The stock quantity cannot be negative")
        self._put_stock(values, quantity)
        return True

    def move_stock(self, product_id: int, change: Decimal) -> Decimal:
        """Goods come or go. Answers what was moved: nothing for a product whose stock is not kept, or that is gone."""
        values = self.products.get(product_id)
        if values is None or not values.get("StockControlled"):
            return Decimal(0)
        self._put_stock(values, values.get("Stock", Decimal(0)) + change)
        return change

    def search(self, wanted: Mapping[str, Any]) -> list[Values]:
        """Those that fit all that is given, by id."""
        exact = {name: wanted[name] for name in _EXACT if name in wanted}
        ids, moment = wanted.get("ProductIds"), wanted.get("DateChanged")
        if "Id" in exact:
            ids = [exact["Id"]]
        among = (
            list(self.products.values())
            if not ids
            else [self.products[one] for one in dict.fromkeys(ids) if one in self.products]
        )
        if moment is not None:
            among = [one for one in among if self._site.is_after(one["DateChanged"], moment)]
        if exact:
            among = [one for one in among if all(one.get(name) == value for name, value in exact.items())]
        return sorted(among, key=lambda one: int(one["Id"]))

    def with_no(self, no: str) -> Values | None:
        """The first with this number."""
        seen = self.products.get(self._last_seen.get(no, 0))
        if seen is None or seen.get("No") != no:
            seen = next((one for one in self.products.values() if one.get("No") == no), None)
        if seen is not None:
            self._last_seen[no] = seen["Id"]
        return seen

    def _put_stock(self, values: Values, quantity: Decimal) -> None:
        values["Stock"] = quantity
        if self._site.config.stock_touches_product:
            values["DateChanged"] = self._site.now()

    def _some_category(self) -> int:
        if not self.categories:
            self.add_category("Varer")
        return next(iter(self.categories))
