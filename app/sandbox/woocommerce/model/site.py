"""A site is what all parts of a shop share: its settings, its clock, its counters of ids, and the way to tell of an event."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.sandbox.woocommerce.config import Clock, ShopConfig
from app.sandbox.woocommerce.wire import times

Fire = Callable[[str, int], None]


def counter(first: int) -> Callable[[], int]:
    """Gives `first`, then one more at each call."""
    numbers = itertools.count(first)
    return lambda: next(numbers)


class Site:
    """`fire` queues the deliveries of an event: its topic and the record's id."""

    def __init__(self, config: ShopConfig, clock: Clock, fire: Fire) -> None:
        self.config = config
        self.zone = ZoneInfo(config.time_zone)
        self.fire = fire
        self._clock = clock
        self.following_id = config.first_id
        self.next_item_id = counter(1)
        self.next_meta_id = counter(1)
        self.next_note_id = counter(1)
        self.next_tracking_number = counter(1)

    def now(self) -> datetime:
        """The shop's clock, UTC, in whole seconds."""
        return self._clock().replace(microsecond=0)

    def stamp(self, resource: dict[str, Any], *names: str) -> None:
        """Sets the named times of a resource, local and UTC, to now."""
        for name in names:
            times.stamp(resource, name, self.now(), self.zone)

    def next_id(self) -> int:
        """Products, variations, orders and refunds share one counter, which goes on from `following_id`."""
        self.following_id += 1
        return self.following_id - 1

    def skip_id(self, record_id: int) -> None:
        """A record was put in with its own id: the counter goes on behind it."""
        self.following_id = max(self.following_id, record_id + 1)
