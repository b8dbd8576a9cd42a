"""Which carrier an order gets: a table by shipping method, and rules by method, country and weight that go before it.

Requirement: Ongoing WMS, orders (transporter and service). The codes are the WMS's own, and are checked when they are saved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Protocol

from pydantic import Field, StringConstraints, model_validator

from app.given import Given

MOST_RULES = 200
MOST_KG = 100_000
ANY = "*"

Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]


class TransporterChoice(Given):
    """A carrier's service in the WMS's codes; must be listed by GET /transporterContracts."""

    transporter_code: str = Field(min_length=1)
    transporter_service_code: str = Field(min_length=1)


class TransporterRule(Given):
    """The carrier of the orders that it fits. An order fits when its method, its country and its weight do."""

    method: str = Field(
        ANY, min_length=1, max_length=200, description="Shipping method, by id or by what people read. * is any text, also none."
    )
    countries: list[Country] = Field(
        default_factory=list, max_length=250, description="Countries that it goes to (ISO 3166-1 alpha-2). Empty: every country."
    )
    over_kg: float | None = Field(None, ge=0, le=MOST_KG, description="Only orders that weigh more, in kilograms.")
    up_to_kg: float | None = Field(None, gt=0, le=MOST_KG, description="Only orders that weigh at most so much, in kilograms.")
    transporter_code: str = Field(min_length=1, description="The carrier's code in the WMS.")
    transporter_service_code: str = Field(min_length=1, description="The code of the carrier's service in the WMS.")
    return_transporter_code: str | None = Field(None, description="The carrier of the return label. Null: the WMS's own choice.")
    return_transporter_service_code: str | None = Field(None, description="The service of the return label.")

    @model_validator(mode="after")
    def _limits(self) -> TransporterRule:
        if self.over_kg is not None and self.up_to_kg is not None and self.over_kg >= self.up_to_kg:
            raise ValueError(f"no order weighs more than {self.over_kg:g} kg and at most {self.up_to_kg:g} kg")
        if bool(self.return_transporter_code) != bool(self.return_transporter_service_code):
            raise ValueError("a return label needs both codes, or none")
        return self

    @property
    def has_weight(self) -> bool:
        return self.over_kg is not None or self.up_to_kg is not None

    @property
    def return_choice(self) -> TransporterChoice | None:
        """The carrier of the return label, in the same form as the carrier itself."""
        if not (self.return_transporter_code and self.return_transporter_service_code):
            return None
        return TransporterChoice(
            transporter_code=self.return_transporter_code, transporter_service_code=self.return_transporter_service_code
        )

    def is_for(self, method: str) -> bool:
        """Whether the pattern is of this method. Upper and lower case are the same, and so are blanks around it."""
        return _pattern(self.method).fullmatch(method.strip()) is not None

    def fits(self, method: str, country: str, weight_kg: Decimal | None) -> bool:
        """Whether an order of this method, country and weight (in kilograms) gets its carrier. None: its weight is not known."""
        if not self.is_for(method) or (self.countries and country not in self.countries):
            return False
        if weight_kg is None:
            return not self.has_weight
        over = self.over_kg is None or weight_kg > Decimal(str(self.over_kg))
        return over and (self.up_to_kg is None or weight_kg <= Decimal(str(self.up_to_kg)))


@lru_cache(maxsize=1024)
def _pattern(method: str) -> re.Pattern[str]:
    """Each text between two stars is looked for once, from where the one before it ended: however many stars there are, a method
    that fits none of them is soon done with."""
    first, *rest = (re.escape(part) for part in method.strip().split(ANY))
    between = "".join(f"(?>.*?{part})" for part in rest[:-1] if part)
    return re.compile(first + between + (f".*{rest[-1]}" if rest else ""), re.IGNORECASE | re.DOTALL)


class PickUpPoints(StrEnum):
    """Where the WMS is told of the pick-up point that the customer chose."""

    CODE = "service-point-code"
    """Its code as `servicePointCode`. What cannot be a code goes to the delivery instruction."""
    INSTRUCTION = "delivery-instruction"
    """Its name and code as `deliveryInstruction`."""
    BOTH = "both"
    NONE = "none"


class NamesCarriers(Protocol):
    """Settings that name carriers."""

    @property
    def transporters(self) -> Mapping[str, TransporterChoice]: ...

    @property
    def transporter_rules(self) -> Sequence[TransporterRule]: ...


def carrier_choices(settings: NamesCarriers) -> dict[str, TransporterChoice]:
    """Every carrier that the settings name, by the setting that names it."""
    found = {f"transporters.{method}": choice for method, choice in settings.transporters.items()}
    for number, rule in enumerate(settings.transporter_rules):
        found[f"transporter_rules.{number}"] = TransporterChoice(
            transporter_code=rule.transporter_code, transporter_service_code=rule.transporter_service_code
        )
        if (returned := rule.return_choice) is not None:
            found[f"transporter_rules.{number}.return_transporter_code"] = returned
    return found
