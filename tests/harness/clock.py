"""The clock that the gateway, the shop and the warehouse share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass
class Clock:
    """The machine's time, moved forward by what a test adds."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def tick(self, seconds: float = 2) -> None:
        """Time passes."""
        self.ahead += timedelta(seconds=seconds)
