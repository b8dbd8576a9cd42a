"""How fast a shop may be called, and how many calls it is busy with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from app.sandbox.nettbutikk24.config import Clock, NettbutikkConfig

JITTER = 0.05
"""Seconds that a call may come too early: the network does not keep time."""


class Pace:
    """`most_at_once` is the highest number of calls that were in progress together."""

    def __init__(self, config: NettbutikkConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._next = 0.0
        self.in_progress = 0
        self.most_at_once = 0

    @contextlib.contextmanager
    def busy(self) -> Iterator[bool]:
        """One more call is in progress; the value is whether it must be refused, as there is another."""
        self.in_progress += 1
        self.most_at_once = max(self.most_at_once, self.in_progress)
        try:
            yield self._config.one_at_a_time and self.in_progress > 1
        finally:
            self.in_progress -= 1

    def takes(self) -> bool:
        """Whether a call may come now. One that may not does not count."""
        rate, now = self._config.requests_per_second, self._clock().timestamp()
        if rate is None:
            return True
        if now < self._next - JITTER - (self._config.burst - 1) / rate:
            return False
        self._next = max(self._next, now) + 1 / rate
        return True
