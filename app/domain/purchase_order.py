"""A purchase order: goods that somebody has bought, and that the warehouse is to receive."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from app.domain.problem import Problem
from app.domain.process import Kind
from app.domain.supplier import Supplier


@dataclass(frozen=True)
class PurchaseLine:
    """One article that is to come. `price` is per piece, without tax, in `currency` (ISO 4217). Empty texts are left out.

    `external_id` is the caller's own id of the line; it comes back with what was received.
    """

    row_number: str
    article_number: str
    quantity: Decimal
    external_id: str = ""
    comment: str = ""
    price: Decimal | None = None
    currency: str = ""
    expected_on: date | None = None
    batch: str = ""
    serial: str = ""
    expires_on: date | None = None
    produced_on: date | None = None
    return_cause: str = ""


@dataclass(frozen=True)
class PurchaseOrder:
    """One purchase order as a caller has put it. `number` is its number in the WMS too.

    `is_cancelled`: the caller has taken it back. `is_return`: a customer's goods that come back. `extra` holds further fields by
    their WMS path. Dates have no time of day. Empty texts are left out. Anything in `problems` holds it.
    """

    kind: ClassVar[Kind] = Kind.PURCHASE

    source_id: str
    number: str
    lines: tuple[PurchaseLine, ...]
    is_cancelled: bool = False
    is_return: bool = False
    supplier: Supplier | None = None
    supplier_order_number: str = ""
    reference: str = ""
    goods_owner_reference: str = ""
    ordered_on: date | None = None
    expected_on: date | None = None
    advised_on: date | None = None
    container: str = ""
    remark: str = ""
    type_code: str = ""
    warehouse_id: int | None = None
    invoice_number: str = ""
    waybills: tuple[str, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def source_number(self) -> str:
        return self.number

    @property
    def parent_id(self) -> None:
        return None

    @property
    def status(self) -> str:
        return "cancelled" if self.is_cancelled else "open"

    @property
    def created_at(self) -> datetime | None:
        """Purchase orders are transferred however old they are."""
        return None

    @property
    def modified_at(self) -> datetime | None:
        """The one that comes last is the newest: callers give no times."""
        return None

    @property
    def wanted(self) -> bool:
        return not self.is_cancelled

    @property
    def is_withdrawn(self) -> bool:
        return self.is_cancelled

    @property
    def priority(self) -> int:
        """That of orders: a cancellation goes before everything else."""
        return 0 if self.is_cancelled else 1
