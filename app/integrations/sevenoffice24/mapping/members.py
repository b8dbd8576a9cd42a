"""Names of what the gateway adds to the ERP's records, and what their own members mean. Pure and total."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.characters import is_blank
from app.domain import ShopState
from app.integrations.kit.values.local_times import local_moment
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.json_reading import Body, identity, number, objects, plain_at, section, text

COMPANY = "_gateway_company"
"""Added to an order: phones and e-mail addresses of the company that it goes to; `refused`: why the ERP does not give them."""
ARTICLES = "_gateway_articles"
"""Added to an order: product number by product id; empty text for a product without one."""
SHARED = "_gateway_shared"
"""Added to a product: the ids of all products that have its number. To an order: the same by product id."""
TODAY = "_gateway_today"
"""Added to an order without dates: the day on which it was read, in the connection's time zone."""
REFUSED = "refused"

_LEAST = Decimal(-(2**31))
"""An int or decimal so small or smaller is the wire's way to say that it is not set."""


def state_of(order: Body, settings: SevenOfficeAdapterSettings) -> ShopState:
    """What an order's status means to the warehouse. A word that nobody knows proves nothing. Requirement: sales orders."""
    status = text(order, "OrderStatus")
    if status in settings.transferred_states:
        return ShopState.WANTED
    if status in settings.completed_states:
        return ShopState.COMPLETED
    if status in settings.leaving_states:
        return ShopState.CANCELLED
    return ShopState.WAITING


def company_id(order: Body) -> str | None:
    """The delivery customer if there is one, else the customer. Requirement: sales orders, footnote 2."""
    return identity(order.get("CustomerDeliveryId")) or identity(order.get("CustomerId"))


def product_rows(order: Body) -> list[tuple[int, Body]]:
    """The rows that may be sent, in the order of SequenceNumber, then RowId; each with its place in the ERP's own list."""
    rows = [(place, row) for place, row in enumerate(objects(order, "InvoiceRows")) if product_id(row) is not None]
    return sorted(rows, key=lambda each: (_place(each[1], "SequenceNumber"), _place(each[1], "RowId"), each[0]))


def other_rows(order: Body) -> list[Body]:
    """The rows that only say something."""
    return [row for row in objects(order, "InvoiceRows") if product_id(row) is None]


def product_id(row: Body) -> str | None:
    """The product of a row that sells one; None for a text row, and for a row without a product."""
    return identity(row.get("ProductId")) if text(row, "Type") in ("", "Normal") else None


def has_dates(order: Body, settings: SevenOfficeAdapterSettings) -> bool:
    """Whether it says itself when it is to be delivered, or when it was made."""
    return any(local_moment(order.get(name), settings.time_zone) for name in ("DeliveryDate", "DateOrdered"))


def words(body: Body, name: str) -> str:
    """A text without blanks around it; empty when nothing of it can be seen."""
    found = text(body, name).strip()
    return "" if is_blank(found) else found


def amount(body: Body, name: str) -> Decimal | None:
    """A number; None where it is not set."""
    found = number(body.get(name))
    return None if found is None or found <= _LEAST else found


def first_value(company: Body, group: str, names: Sequence[str]) -> str:
    """The first of these phone numbers or e-mail addresses that is there."""
    found = (words(section(section(company, group), name), "Value") for name in names)
    return next((value for value in found if value), "")


def extra_of(body: Body, mapped: dict[str, str]) -> dict[str, Any]:
    """Configured extra fields. A user-defined dimension is found by its name."""
    named = [{"key": text(each, "Name"), "value": text(each, "Value")} for each in objects(body, "UserDefinedDimensions")]
    readable = {**body, "UserDefinedDimensions": named} if named else body
    found = {target: plain_at(readable, path) for target, path in mapped.items()}
    return {target: value for target, value in found.items() if value not in (None, "")}


def _place(row: Body, name: str) -> Decimal:
    """A row without a place comes last."""
    found = number(row.get(name))
    return Decimal("Infinity") if found is None or found < 0 else found
