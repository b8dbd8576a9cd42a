"""What is known of each order of a history, from the shop's side and from the warehouse's alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.sandbox.ongoing.model.records import Order

Content = tuple[tuple[tuple[str, str, float], ...], str, str, str]
"""The lines (row, article, pieces) in order of their rows, street, post code and city."""

WANTED = "processing"
WAITING = ("pending", "on-hold")
STARTED = 320
SENT = 450
CANCELLED = 1000


@dataclass(frozen=True)
class Version:
    """The order as the shop had it from `at` on. `status` None: it was deleted for good."""

    at: float
    what: str
    status: str | None
    number: str
    content: Content

    @property
    def is_good(self) -> bool:
        """Whether its address is one that a parcel can be sent to."""
        return bool(self.content[1].strip() and self.content[3].strip())

    @property
    def is_sendable(self) -> bool:
        return self.status == WANTED and self.is_good

    def described(self) -> str:
        lines = ", ".join(f"{pieces:g} × {article}" for _, article, pieces in self.content[0])
        where = f"{self.content[1] or '(no street)'}, {self.content[2]} {self.content[3] or '(no city)'}"
        return f"{self.at:7.2f} s  {self.what}: {self.status or 'deleted'}, number {self.number}, {lines}, {where}"


@dataclass
class Story:
    """One order: its versions, and when people in the warehouse did something with it. Times are seconds of the history."""

    order: int
    id: int
    versions: list[Version] = field(default_factory=list)
    picked_at: float | None = None
    shipped_at: float | None = None
    waybills: list[str] = field(default_factory=list)
    returned: dict[str, float] = field(default_factory=dict)

    @property
    def newest(self) -> Version:
        return self.versions[-1]

    @property
    def was_cancelled(self) -> bool:
        return any(is_withdrawn(each.status) for each in self.versions)


def is_withdrawn(status: str | None) -> bool:
    return status in (None, "cancelled", "refunded", "failed", "trash")


def content_in_shop(order: Mapping[str, Any]) -> Content:
    lines = sorted((str(line["id"]), str(line["sku"]), float(line["quantity"])) for line in order["line_items"])
    to = order["shipping"]
    return tuple(lines), to["address_1"], to["postcode"], to["city"]


def content_in_warehouse(order: Order) -> Content:
    lines = sorted((line.row_number, line.article.number, line.ordered) for line in order.lines)
    to = order.body.consignee
    return tuple(lines), to.address1 or "", to.post_code or "", to.city or ""
