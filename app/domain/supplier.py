"""A supplier: whom goods are bought from. The WMS has none of its own: it comes with the articles that name it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.domain.problem import Problem
from app.domain.process import Kind


@dataclass(frozen=True)
class Supplier:
    """One supplier as the external system has it. Empty texts are left out.

    Anything in `problems` keeps it from being sent along. `notes` are for people: what of it is not sent, and why.
    """

    kind: ClassVar[Kind] = Kind.SUPPLIER

    source_id: str
    modified_at: datetime | None
    number: str | None
    name: str
    address: str = ""
    post_code: str = ""
    city: str = ""
    country_code: str = ""
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def source_number(self) -> str | None:
        return self.number

    @property
    def parent_id(self) -> str | None:
        return None

    @property
    def status(self) -> str:
        return ""

    @property
    def created_at(self) -> datetime | None:
        """Suppliers are kept however old they are."""
        return None

    @property
    def wanted(self) -> bool:
        return True

    @property
    def is_withdrawn(self) -> bool:
        return False

    @property
    def priority(self) -> int:
        """That of the articles: one that was read before them goes before them."""
        return 2
