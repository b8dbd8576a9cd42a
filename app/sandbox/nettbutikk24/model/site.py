"""What all parts of a shop share: its settings, its time and its ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.sandbox.nettbutikk24.config import Clock, NettbutikkConfig
from app.sandbox.nettbutikk24.wire.kinds import Fields
from app.sandbox.nettbutikk24.wire.values import kept

FIRST_IDS: Mapping[str, int] = {"orders": 1001, "lines": 5001, "products": 501, "customers": 71}


class Site:
    """The common ground of one shop's parts."""

    def __init__(self, config: NettbutikkConfig, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self._made: Counter[str] = Counter()

    def now(self) -> datetime:
        """To the second."""
        return self.clock().replace(microsecond=0)

    def today(self) -> str:
        """The day in the shop, `YYYY-MM-DD`."""
        return self.now().astimezone(ZoneInfo(self.config.timezone)).date().isoformat()

    def time(self) -> str:
        """The time of day in the shop, `HH:MM:SS`."""
        return self.now().astimezone(ZoneInfo(self.config.timezone)).strftime("%H:%M:%S")

    def next_id(self, kind: str) -> int:
        self._made[kind] += 1
        return self.config.first_ids.get(kind, FIRST_IDS[kind]) + self._made[kind] - 1


def entered(given: Mapping[str, Any], fields: Fields, without: Iterable[str] = ()) -> dict[str, Any]:
    """What a person enters, as it is kept. Raises TypeError for a field that there is not, ValueError for a wrong value."""
    if unknown := sorted(set(given) - (set(fields) - set(without))):
        raise TypeError(f"there is no field {unknown[0]}")
    return {name: kept(fields[name], value) for name, value in given.items()}
