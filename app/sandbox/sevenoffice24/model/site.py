"""What all parts share: the settings, the time, and the ids of one tenant."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.sandbox.sevenoffice24.config import Clock, SevenOfficeConfig
from app.sandbox.sevenoffice24.wire.tables import Sequence, Values

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
        return self.config.first_ids.get(kind, FIRST_IDS[kind]) + self._made[kind] - 1

    def is_after(self, changed: datetime, moment: datetime | None) -> bool:
        """Whether a search for what was changed after this moment finds it; without a moment it does."""
        if moment is None:
            return True
        return changed >= moment if self.config.changed_after == "from" else changed > moment

    def day(self, ahead: int = 0) -> datetime:
        """Midnight in the configured zone, so many days from today."""
        zone = ZoneInfo(self.config.time_zone)
        at = self.clock().astimezone(zone).date() + timedelta(days=ahead)
        return datetime(at.year, at.month, at.day, tzinfo=zone).astimezone(UTC)

    def kept(self, table: Sequence, given: Mapping[str, Any]) -> Values:
        """As it is kept. Raises TypeError for an element that there is not, ValueError for a wrong value."""
        return table.keep(given, self.config)

    def update(self, table: Sequence, values: Values, given: Mapping[str, Any]) -> None:
        """None, and an empty text, take a value away. Raises as `kept` does."""
        kept = self.kept(table, given)
        for name in given:
            values.pop(name, None)
        values.update(kept)


def copied(values: Mapping[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(dict(values))
