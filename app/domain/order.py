"""An order: what a shop has sold and the warehouse is to send."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from app.domain.problem import Problem
from app.domain.process import Kind


class ShopState(StrEnum):
    """What the shop's status means to the warehouse, whatever the shop calls it."""

    WANTED = "wanted"
    """To be sent (in the connection's status filter)."""
    WAITING = "waiting"
    """Not yet, or not now: pending, on hold, a draft, a plugin's own status."""
    COMPLETED = "completed"
    """The shop says it is done."""
    CANCELLED = "cancelled"
    """Cancelled, refunded in full, failed or in the trash."""
    GONE = "gone"
    """Deleted for good: the shop itself says that there is no such order."""


@dataclass(frozen=True)
class Notification:
    """Contact data and whether the carrier is to use it; None leaves that to the warehouse (the flag is not sent)."""

    value: str
    to_be_notified: bool | None


@dataclass(frozen=True)
class Coded:
    code: str
    name: str


@dataclass(frozen=True)
class Transporter:
    """A carrier's service in the WMS's own codes."""

    code: str
    service_code: str


@dataclass(frozen=True)
class ByWeight:
    """A carrier's service for orders of more than `over_kg` and at most `up_to_kg` kilograms. None: no limit on that side."""

    transporter: Transporter
    over_kg: Decimal | None = None
    up_to_kg: Decimal | None = None
    return_transporter: Transporter | None = None


@dataclass(frozen=True)
class Address:
    """An address with contact data. `country_code` is ISO 3166-1 alpha-2, upper case. Empty text means not given."""

    name: str = ""
    address1: str = ""
    address2: str = ""
    post_code: str = ""
    city: str = ""
    country_code: str = ""
    email: Notification | None = None
    mobile: Notification | None = None


@dataclass(frozen=True)
class OrderLine:
    """`line_price` is per piece, `customer_line_price` for the whole line; both without tax, in `currency` (ISO 4217).

    `extra` holds further fields by their path in the WMS's order line.
    """

    row_number: str
    article_number: str | None
    article_name: str
    quantity: Decimal
    line_price: Decimal | None
    customer_line_price: Decimal | None
    currency: str
    product_code: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Refunded:
    """Pieces of a line that were refunded before they were sent. `sold` is the line's quantity without the refund."""

    row_number: str
    article_number: str | None
    pieces: Decimal
    sold: Decimal


@dataclass(frozen=True)
class Order:
    """One order as the external system has it; times in UTC.

    `number` is the WMS order number: the connection's prefix and `source_number`. `extra` holds configured extra fields by their
    WMS path. `is_carried` is False for an order that nobody carries anywhere: it is picked up, or holds virtual goods only.
    Anything in `problems` holds the order. `lines` are without the pieces in `refunded`; a line that was refunded wholly is left
    out. `asks_about_refunds`: a person is to decide before the refunded pieces are taken off the order in the WMS.
    `by_weight`: carriers that go before `transporter`, the first that fits the order's weight. `service_point` is the code of the
    pick-up point. `asks_for_customs`: it goes abroad, and its articles must have what customs papers need.
    """

    kind: ClassVar[Kind] = Kind.ORDER

    source_id: str
    source_number: str
    number: str
    state: ShopState
    status: str
    modified_at: datetime | None
    created_at: datetime | None
    delivery_date: datetime | None
    currency: str
    consignee: Address
    invoice_address: Address | None
    lines: tuple[OrderLine, ...]
    way_of_delivery: Coded | None = None
    way_of_delivery_text: str = ""
    transporter: Transporter | None = None
    remark: str = ""
    sales_code: str = ""
    email: Notification | None = None
    sms: Notification | None = None
    telephone: Notification | None = None
    customer_number: str | None = None
    is_carried: bool = True
    refunded: tuple[Refunded, ...] = ()
    asks_about_refunds: bool = False
    extra: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    return_transporter: Transporter | None = None
    by_weight: tuple[ByWeight, ...] = ()
    service_point: str = ""
    delivery_instruction: str = ""
    asks_for_customs: bool = False

    @property
    def parent_id(self) -> None:
        return None

    @property
    def wanted(self) -> bool:
        return self.state is ShopState.WANTED

    @property
    def is_withdrawn(self) -> bool:
        return self.state in (ShopState.CANCELLED, ShopState.GONE)

    @property
    def priority(self) -> int:
        """A cancellation goes before everything else: the warehouse may be about to start."""
        return 0 if self.is_withdrawn else 1
