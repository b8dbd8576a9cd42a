"""The vendor's limit on consecutive failures: it locks a user out of a method until the window is over."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime, timedelta


class Lockout:
    """Counts refusals in a row per key (method and path template, user) inside a sliding window. A success resets the count."""

    def __init__(self, failures: int, window: timedelta, clock: Callable[[], datetime]) -> None:
        self._failures = failures
        self._window = window
        self._clock = clock
        self._seen: defaultdict[tuple[str, str], deque[datetime]] = defaultdict(deque)

    def seconds_left(self, key: tuple[str, str]) -> float:
        """How long the key is still locked out; 0 when it is not."""
        seen = self._seen[key]
        now = self._clock()
        while seen and now - seen[0] >= self._window:
            seen.popleft()
        if len(seen) < self._failures:
            return 0.0
        return (seen[0] + self._window - now).total_seconds()

    def record(self, key: tuple[str, str], status: int) -> None:
        if status < 400:
            self._seen.pop(key, None)
        else:
            self._seen[key].append(self._clock())
