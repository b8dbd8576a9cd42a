"""An article: what the warehouse keeps on its shelves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from app.domain.problem import Problem
from app.domain.process import Kind
from app.domain.supplier import Supplier


@dataclass(frozen=True)
class Category:
    code: str
    name: str


@dataclass(frozen=True)
class BarCode:
    """A further code that the warehouse may scan. `quantity`: how many pieces it stands for; None leaves that to the WMS."""

    code: str
    quantity: Decimal | None = None


@dataclass(frozen=True)
class Part:
    """What one piece of a kit is made of: so many pieces of the article with this number."""

    number: str
    quantity: Decimal


@dataclass(frozen=True)
class Article:
    """One article as the external system has it.

    `number` is None when the source has none. Weights in kilograms, measures in metres, prices in the shop's currency. `wanted`
    is False when the source's filter leaves it out (a draft, say). `extra` holds configured extra fields by their WMS path.
    Anything in `problems` keeps the article from being sent.
    """

    kind: ClassVar[Kind] = Kind.ARTICLE

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
    has_variations: bool = False
    """Whether it has variations, which may be articles of their own: then its quantity in the shop may be theirs."""
    own_number: str | None = None
    """Its number in the source, where it is not sent under that one."""
    supplier_id: str | None = None
    """The source's id of its supplier."""
    supplier: Supplier | None = None
    """That supplier as the gateway keeps it, put in right before the article is sent."""
    package_barcode: str | None = None
    """The code of the package that several pieces come in."""
    more_barcodes: tuple[BarCode, ...] = ()
    picture: str | None = None
    """Address of its picture."""
    parts: tuple[Part, ...] = ()
    """A kit's: the warehouse picks them for it. Empty for what is no kit."""
    lacks_barcode: bool = False
    """The warehouse is to scan it, and it has no code: a person is told."""
    said: tuple[str, ...] = ()
    """What was left out of it, and why."""
    problems: tuple[Problem, ...] = ()

    @property
    def source_number(self) -> str | None:
        return self.own_number or self.number

    @property
    def created_at(self) -> datetime | None:
        """Articles are transferred however old they are."""
        return None

    @property
    def is_withdrawn(self) -> bool:
        return not self.wanted

    @property
    def priority(self) -> int:
        return 2
