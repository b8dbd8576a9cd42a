"""One simulated mystore: its shops, its authorization server, and the limit on calls."""

from __future__ import annotations

import math
import threading
from typing import Any

from app.sandbox.kit.faults import Faults
from app.sandbox.kit.journal import Journal
from app.sandbox.mystore.config import Clock, MystoreConfig
from app.sandbox.mystore.model.authority import Authority
from app.sandbox.mystore.model.shop import Shop
from app.sandbox.mystore.model.tokens import Grant

MINUTE = 60.0


class Mystore:
    """`shops` by name. `config` is shared by all parts: `change(…)` holds from the next call on."""

    def __init__(self, config: MystoreConfig, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.lock = threading.RLock()
        self.journal = Journal()
        self.faults = Faults()
        self.authority = Authority(config, clock)
        self.shops = {name: Shop(name, config, clock, self.lock) for name in config.shops}

    @property
    def shop(self) -> Shop:
        """The first one."""
        return next(iter(self.shops.values()))

    def change(self, **settings: Any) -> None:
        """It behaves so from now on. Raises KeyError for a setting that does not exist, ValueError for a wrong value."""
        with self.lock:
            self.config.change(**settings)
            for shop in self.shops.values():
                shop.site.load_statuses()

    def wait_for_call(self, grant: Grant, count: int) -> int | None:
        """Seconds until a token may make so many calls more; None when it may now, and they are counted."""
        limit, now = self.config.calls_per_minute, self.clock().timestamp()
        if limit is None or count == 0:
            return None
        _forget(grant, now, is_fixed=self.config.limit_window == "fixed")
        if len(grant.calls) + count <= limit:
            grant.calls.extend([now] * count)
            return None
        return _seconds(grant, len(grant.calls) + count - limit, now, is_fixed=self.config.limit_window == "fixed")


def _seconds(grant: Grant, too_many: int, now: float, *, is_fixed: bool) -> int:
    """Until so many of the last calls no longer count."""
    if not grant.calls:
        return int(MINUTE)
    last = grant.calls[0 if is_fixed else min(too_many, len(grant.calls)) - 1]
    return max(1, math.ceil(last + MINUTE - now))


def _forget(grant: Grant, now: float, *, is_fixed: bool) -> None:
    """A fixed window begins with its first call and ends all at once; a sliding one forgets call by call."""
    if is_fixed and grant.calls and grant.calls[0] <= now - MINUTE:
        grant.calls.clear()
    while grant.calls and grant.calls[0] <= now - MINUTE:
        grant.calls.popleft()
