"""How returned goods are refunded in a shop, and how a refund of ours is known again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable

from app.domain import Problem
from app.integrations.protocol.shipments import RefundLine, RefundSeen, ShopOrderState


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
