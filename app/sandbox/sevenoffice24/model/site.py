"""What all parts share: the settings, the time, and the ids of one tenant."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.sandbox.sevenoffice24.config import Clock, SevenOfficeConfig

FIRST_IDS: Mapping[str, int] = {
    "categories": 11, "products": 1042, "companies": 2200, "orders": 5501, "rows": 9001, "invoices": 30001,
}  # fmt: skip


class Site:
    """The common ground of one tenant's parts."""

    def __init__(self, config: SevenOfficeConfig, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self._made: Counter[str] = Counter()

    def now(self) -> datetime:
        """Rounded to the second, or to what the configuration says: a time of change may lie ahead of the clock."""
        step = self.config.change_rounding_seconds
        seconds = (self.clock().timestamp() + step / 2) // step * step
        return datetime.fromtimestamp(seconds, UTC)

    def next_id(self, kind: str) -> int:
        self._made[kind] += 1
        return FIRST_IDS[kind] + self._made[kind] - 1

    def is_after(self, changed: datetime, moment: datetime | None) -> bool:
        """Whether a search for what was changed after this moment finds it; without a moment it does."""
        if moment is None:
            return True
        return changed >= moment if self.config.changed_after == "from" else changed > moment


def today(site: Site, days: int = 0) -> datetime:
    """Midnight of a day, UTC."""
    return site.now().replace(hour=0, minute=0, second=0) + timedelta(days=days)


def copied(values: Mapping[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(dict(values))
