"""What a connection can set about cancellations, and about pieces that are refunded before they are sent."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from app.given import Given


class BrakeSettings(Given):
    """Limits of cancellations. A poll that would cancel more is held until an operator confirms it."""

    max_count: int = Field(
        20, ge=0, le=1_000_000, description="Most cancellations that one run may make without your confirmation."
    )
    max_share: float = Field(
        0.2,
        ge=0,
        le=1,
        description=(
            "Largest share of a connection's open orders that one run may cancel without your confirmation. Counts from 5 "
            "cancellations on."
        ),
    )


class PartRefund(StrEnum):
    """What is done about pieces that the shop has refunded before the warehouse has sent them."""

    REDUCE = "reduce"
    HOLD = "hold"
    IGNORE = "ignore"
