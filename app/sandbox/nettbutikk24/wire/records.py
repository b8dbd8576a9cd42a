"""The records that a shop keeps. `values` are by the wire's names, kept as `wire.values.kept` makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

Values = dict[str, Any]


@dataclass
class Record:
    """`key` is the order number or the id; `modified` is to the second, with a zone."""

    key: int
    values: Values
    modified: datetime


@dataclass
class Line:
    id: int
    values: Values

    @property
    def quantity(self) -> Decimal:
        found: Decimal = self.values["quantity"]
        return found


@dataclass
class Order(Record):
    lines: list[Line] = field(default_factory=list)

    @property
    def is_deleted(self) -> bool:
        return bool(self.values["deleted"])


@dataclass
class Variant(Record):
    """One thing to sell; `key` is its unique product id. `values` are those it has of its own, `stock` among them."""

    product: Product
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def merged(self) -> Values:
        """Its own values on top of its product's."""
        return {**self.product.values, **self.values}

    @property
    def text(self) -> str | None:
        """`Størrelse: M, Farge: Rød`; None for a product without variants."""
        return ", ".join(f"{name}: {value}" for name, value in self.options.items()) or None


@dataclass
class Product(Record):
    """A product without variants has one without options. `last_variant` counts those that it ever had."""

    variants: list[Variant] = field(default_factory=list)
    last_variant: int = 0

    @property
    def is_simple(self) -> bool:
        return all(not one.options for one in self.variants)

    @property
    def options(self) -> dict[str, list[str]]:
        """Each name with the values that there are."""
        found: dict[str, list[str]] = {}
        for variant in self.variants:
            for name, value in variant.options.items():
                found.setdefault(name, [])
                found[name] += [] if value in found[name] else [value]
        return found
