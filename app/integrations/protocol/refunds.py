"""How returned goods are refunded in a shop, and how a refund of ours is known again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from pydantic import Field

from app.domain import Problem
from app.given import Flag, Given
from app.integrations.protocol.shipments import RefundLine, RefundSeen, ShopOrderState


class ReturnsBy(StrEnum):
    """How goods come back in the WMS. Requirement: Ongoing WMS, returns."""

    ORDER = "order"
    """Returned quantities on the lines of the outbound order."""
    PURCHASE_ORDER = "purchase-order"
    """A purchase order that is marked as a return."""
    RETURN_ORDER = "return-order"
    """A return order that was announced beforehand."""


class ReturnSettings(Given):
    """What becomes of returned goods in the shop."""

    by: list[ReturnsBy] = Field(
        default_factory=lambda: [ReturnsBy.ORDER], min_length=1, description="Which ways of returning the warehouse uses."
    )
    look_back_days: float = Field(
        1,
        ge=0.01,
        le=3_660,
        description=(
            "How far back each read looks for returns, in days. A warehouse may book a return with an earlier time. Nothing from "
            "before the activation is taken."
        ),
    )
    api_refund: Flag = Field(False, description="Let the shop pay the money back. Off: the refund is only recorded.")
    restock: Flag = Field(
        False, description="Let the shop raise its own stock after a return. Off: the quantity comes from the WMS."
    )
    reason: str = Field("Retur", min_length=1, max_length=200, description="The refund's reason, as the shop's staff see it.")


@dataclass(frozen=True)
class RefundRequest:
    """What is to be refunded. `reference` is ours and goes into the reason, so that the refund can be found again."""

    reference: str
    reason: str
    lines: tuple[RefundLine, ...]
    api_refund: bool = False
    restock: bool = False

    @property
    def amount(self) -> Decimal:
        """With tax."""
        return sum((line.total for line in self.lines), Decimal(0))

    @property
    def text(self) -> str:
        """The reason as the shop's staff see it, with the reference."""
        return f"{self.reason} ({self.reference})" if self.reason else self.reference


@dataclass(frozen=True)
class RefundPlan:
    """What goes back, line by line. Any entry in `problems` holds the return. Codes: return-line-unknown,
    returned-more-than-sold, refund-exceeds-order."""

    lines: tuple[RefundLine, ...]
    problems: tuple[Problem, ...] = ()


@runtime_checkable
class MakesRefunds(Protocol):
    """A shop in which returned goods can be refunded. Raises the RemoteErrors of `app.errors`.

    Making a refund twice refunds twice (not idempotent). Commit the intent first. If the outcome is unknown, look with
    `find_refund`.
    """

    async def order_state(self, source_id: str) -> ShopOrderState | None:
        """The order as it is now; None when the system itself says that there is none."""
        ...

    async def refunds(self, source_id: str) -> tuple[RefundSeen, ...]:
        """All refunds of the order, with their lines."""
        ...

    def plan_refund(self, order: ShopOrderState, returned: Mapping[str, int], already: Sequence[RefundSeen]) -> RefundPlan:
        """The lines to refund for `returned` pieces by line id, after what is refunded `already` (with lines). Pure."""
        ...

    async def refund(self, source_id: str, request: RefundRequest) -> str:
        """Makes the refund and gives its id. Refused is final: the amount is too large, or the payment cannot be refunded."""
        ...


def find_refund(refunds: Iterable[RefundSeen], reference: str) -> RefundSeen | None:
    """The refund whose reason holds our reference as a word of its own (R-1 is not R-12)."""
    wanted = re.compile(rf"(?<![\w-]){re.escape(reference)}(?![\w-])")
    return next((refund for refund in refunds if wanted.search(refund.reason)), None)
