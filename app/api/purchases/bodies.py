"""A purchase order as a caller gives it, in plain words; and what the gateway makes of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints
from pydantic_core import PydanticCustomError

from app.api.kit.pages import NO_NUL
from app.domain import PurchaseLine, PurchaseOrder, Supplier
from app.domain.countries import country_codes
from app.given import Flag, Given

MOST_LINES = 5_000
MOST = Decimal(999_999_999_999)
FIRST_YEAR, LAST_YEAR = 1990, 2200

BODY_EXAMPLE: dict[str, Any] = {
    "expected_on": "2027-03-10",
    "supplier": {"number": "S-4", "name": "Textil Lda", "city": "Porto", "country_code": "PT"},
    "supplier_order_number": "99812",
    "lines": [
        {
            "row_number": "1",
            "article_number": "TEE-NAVY-M",
            "quantity": 100,
            "price": 48.5,
            "currency": "NOK",
            "external_id": "A-1",
        }
    ],
}


def _is_day(value: Any) -> Any:
    """Refuses numbers, which may count seconds, and times of day, which would be cut off."""
    if not isinstance(value, str | date) or (isinstance(value, str) and len(value) != len("2027-03-10")):
        raise PydanticCustomError("date_type", "give a day like 2027-03-10")
    return value


def _near(day: date) -> date:
    if not FIRST_YEAR <= day.year < LAST_YEAR:
        raise PydanticCustomError("date_out_of_range", f"give a day from {FIRST_YEAR} to {LAST_YEAR - 1}")
    return day


def _known_country(code: str) -> str:
    if code and code not in country_codes():
        raise PydanticCustomError("country_code", "give two capital letters, like NO")
    return code


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


Amount = Annotated[Decimal, PlainSerializer(_plain, when_used="json")]
Day = Annotated[date, BeforeValidator(_is_day), AfterValidator(_near)]
"""A day, without a time."""
Name = Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=NO_NUL)]
Country = Annotated[str, StringConstraints(max_length=2), AfterValidator(_known_country)]
Currency = Annotated[str, StringConstraints(pattern=r"^([A-Z]{3})?$")]


Extra = Annotated[str, StringConstraints(max_length=2000, pattern=NO_NUL)] | bool | Annotated[Amount, Field(ge=-MOST, le=MOST)]


class SupplierBody(Given):
    """Who sends the goods. The WMS makes the supplier when it does not know it."""

    number: Key
    name: Name = Field(
        "",
        description="Left out, with all of the address: as the gateway keeps the supplier of this number (process suppliers).",
    )
    address: Name = ""
    post_code: Name = ""
    city: Name = ""
    country_code: Country = Field("", description="ISO 3166-1 alpha-2, like PT.")


class LineBody(Given):
    """One article that is to come."""

    row_number: Key = Field(description="The line's own id, which stays the same when the purchase order is put again.")
    article_number: Key = Field(description="An article of the warehouse, or one that waits here to be sent to it.")
    quantity: Amount = Field(gt=0, le=MOST, max_digits=16, decimal_places=4, description="Pieces.")
    external_id: Name = Field("", description="Your own id of the line. It comes back with what was received.")
    comment: Name = ""
    price: Annotated[Amount, Field(ge=0, le=MOST, max_digits=18, decimal_places=6)] | None = Field(
        None, description="Per piece, without tax."
    )
    currency: Currency = Field("", description="ISO 4217, like NOK.")
    expected_on: Day | None = Field(None, description="Where it differs from that of the purchase order.")
    batch: Name = ""
    serial: Name = ""
    expires_on: Day | None = None
    produced_on: Day | None = None
    return_cause: Name = Field("", description="Of goods that a customer sends back: the WMS's code of the cause.")


class PurchaseOrderBody(Given):
    """The whole purchase order, each time: what is left out is not there any more."""

    model_config = ConfigDict(json_schema_extra={"example": BODY_EXAMPLE})

    lines: list[LineBody] = Field(min_length=1, max_length=MOST_LINES)
    supplier: SupplierBody | None = None
    supplier_order_number: Name = ""
    reference: Name = ""
    goods_owner_reference: Name = ""
    ordered_on: Day | None = None
    expected_on: Day | None = Field(None, description="When the goods are expected.")
    advised_on: Day | None = Field(None, description="When the supplier or the carrier has announced them for.")
    container: Name = ""
    remark: Annotated[str, StringConstraints(max_length=2000, pattern=NO_NUL)] = ""
    type_code: Name = Field("", description="The WMS's code of the type of purchase order.")
    warehouse_id: int | None = Field(None, ge=1, le=2_147_483_647, description="The WMS's id of the warehouse.")
    invoice_number: Name = ""
    waybills: list[Key] = Field([], max_length=100)
    is_return: Flag = Field(False, description="Goods that a customer sends back, not a purchase.")
    extra: dict[Key, Extra] = Field(
        {}, max_length=50, description="Further fields of the WMS by their path, like freeValues.freeText1."
    )

    def purchase_order(self, number: str) -> PurchaseOrder:
        given = {name: getattr(self, name) for name in PurchaseOrderBody.model_fields if name not in ("lines", "supplier")}
        lines = tuple(PurchaseLine(**dict(line)) for line in self.lines)
        supplier = Supplier(self.supplier.number, None, **dict(self.supplier)) if self.supplier is not None else None
        given["waybills"] = tuple(self.waybills)
        return PurchaseOrder(source_id=number, number=number, lines=lines, supplier=supplier, **given)

    @classmethod
    def of(cls, order: PurchaseOrder) -> PurchaseOrderBody | None:
        """What was put last; None when a person's data in it was erased, and with it all else."""
        if not order.lines:
            return None
        given: dict[str, Any] = {name: getattr(order, name) for name in cls.model_fields if name not in ("lines", "supplier")}
        lines = [{name: getattr(line, name) for name in LineBody.model_fields} for line in order.lines]
        kept = order.supplier
        supplier = None if kept is None else {name: getattr(kept, name) for name in SupplierBody.model_fields}
        return cls.model_validate({**given, "waybills": list(order.waybills), "lines": lines, "supplier": supplier})
