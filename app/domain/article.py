"""An article: what the warehouse keeps on its shelves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.domain.problem import Problem


@dataclass(frozen=True)
class Category:
    code: str
    name: str


@dataclass(frozen=True)
class Article:
    """One article as the external system has it.

    `number` is None when the source has none. Weights in kilograms, measures in metres, prices in the shop's currency. `wanted`
    is False when the source's filter leaves it out (a draft, say). `extra` holds configured extra fields by their WMS path.
    Anything in `problems` keeps the article from being sent.
    """

    source_id: str
    modified_at: datetime | None
    number: str | None
    name: str
    product_code: str
    unit_code: str = "st"
    is_stock: bool = True
    wanted: bool = True
    status: str = ""
    barcode: str | None = None
    weight_kg: Decimal | None = None
    length_m: Decimal | None = None
    width_m: Decimal | None = None
    height_m: Decimal | None = None
    customer_price: Decimal | None = None
    country_of_origin: str | None = None
    tariff_number: str | None = None
    categories: tuple[Category, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    parent_id: str | None = None
    """The source's id of the product that a variation belongs to."""
    problems: tuple[Problem, ...] = ()
