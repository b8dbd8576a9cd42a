"""The figures of a product or variant: what can be sold, what is on the shelf, and what is reserved for orders."""

from __future__ import annotations

from app.sandbox.mystore.config import MystoreConfig
from app.sandbox.mystore.model.tables import Tables
from app.sandbox.mystore.wire.resource import Resource

SELLABLE, PHYSICAL, RESERVED = "quantity", "quantity_physical", "quantity_reserved"


class Stock:
    """An order takes goods off the sellable figure at once; they leave the shelf when it is completed."""

    def __init__(self, config: MystoreConfig, tables: Tables) -> None:
        self._config = config
        self._tables = tables

    def holder(self, line: Resource) -> Resource | None:
        """Whose stock a line takes from: its variant's, else its product's."""
        variant = self._tables["product-variants"].get(line.one("variant"))
        return variant or self._tables["products"].get(line.one("product"))

    def take(self, line: Resource, pieces: int) -> None:
        """Reserves pieces; a negative number gives some back."""
        if holder := self.holder(line):
            _add(holder, {SELLABLE: -pieces, RESERVED: pieces})

    def ship(self, line: Resource) -> None:
        if holder := self.holder(line):
            _add(holder, {PHYSICAL: -line["quantity"], RESERVED: -line["quantity"]})

    def write(self, holder: Resource, quantity: int) -> None:
        """A quantity that was written over the API. The shop's stock app has its own idea of it (A22)."""
        app, reserved = self._config.stock_app, holder[RESERVED] or 0
        if app == "off":
            holder.attributes.update({SELLABLE: quantity, PHYSICAL: quantity + reserved})
        elif app == "reserves":
            holder.attributes.update({SELLABLE: quantity - reserved, PHYSICAL: quantity})


def counted(quantity: int) -> dict[str, int]:
    """The figures of a product that nobody has ordered yet."""
    return {SELLABLE: quantity, PHYSICAL: quantity, RESERVED: 0}


def _add(holder: Resource, changes: dict[str, int]) -> None:
    for name, change in changes.items():
        holder.attributes[name] = (holder[name] or 0) + change
