"""A return as a caller announces it, in plain words."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.api.kit.pages import NO_NUL, Prose
from app.engine.returning.announcements import NewLine, NewReturn
from app.given import Given
from app.records.returned.listing import ReturnWay

MOST_LINES = 1_000
FIRST_YEAR, LAST_YEAR = 1990, 2200

BODY_EXAMPLE: dict[str, Any] = {
    "order": "10045",
    "lines": [{"line": "889", "quantity": 1, "cause": "SIZE", "comment": "For liten"}],
    "expected_on": "2027-02-10",
    "waybills": ["70300000000000002"],
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


Day = Annotated[date, BeforeValidator(_is_day), AfterValidator(_near)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=NO_NUL)]
Words = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)]


class LineBody(Given):
    """One line of the order of which something comes back."""

    line: Key = Field(description="The outside system's own id of the order line, as the order's record shows it.")
    quantity: Annotated[float, Field(gt=0, le=999_999_999)] = Field(description="Pieces.")
    cause: Key | None = Field(None, description="Why: a code of GET /returns/causes.")
    comment: Words | None = Field(None, description="For the warehouse. Some causes need one.")


class ReturnBody(Given):
    """The whole return, each time: what is left out is not there any more."""

    model_config = ConfigDict(json_schema_extra={"example": BODY_EXAMPLE})

    order: Key = Field(description="The order: its number in the shop, its id there, or its number in the WMS.")
    lines: list[LineBody] = Field(min_length=1, max_length=MOST_LINES)
    way: ReturnWay | None = Field(
        None,
        description=(
            "return-order, or purchase-order: a purchase order that is marked as a return. Left out: the one that the connection "
            "uses (settings.returns.by), return-order where it uses both."
        ),
    )
    comment: Words | None = None
    expected_on: Day | None = Field(None, description="When the goods are expected.")
    waybills: list[Key] = Field([], max_length=100, description="The carrier's numbers.")

    def new_return(self, number: str) -> NewReturn:
        return NewReturn(
            number,
            self.order,
            tuple(NewLine(each.line, each.quantity, each.cause, each.comment) for each in self.lines),
            self.way.value if self.way is not None else None,
            self.comment or None,
            self.expected_on.isoformat() if self.expected_on is not None else None,
            tuple(self.waybills),
        )


class SettledBody(Given):
    """A person has dealt with it."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "Refunded in the shop's own pages"}})

    reason: Prose
    way: ReturnWay | None = Field(None, description="Where several returns have the same number.")
