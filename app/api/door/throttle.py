"""Slows down whoever tries wrong keys. A pure count, by caller; how long a pause is depends on nothing but the wrong tries."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

WINDOW = 60.0
"""Seconds in which wrong tries are counted together."""
FIRST_PAUSE = 5.0
"""Seconds. The pause doubles with each wrong try after it."""
FORGOTTEN = 300.0
"""Seconds without a wrong try after which a caller is like any other."""
MOST_CALLERS = 10_000


@dataclass(slots=True)
class _Tries:
    count: int
    began: float
    last: float
    until: float = 0.0
    pause: float = 0.0


@dataclass
class Throttle:
    """`now` is a clock in seconds that only goes on. Of MOST_CALLERS the one that tried longest ago is forgotten first."""

    now: Callable[[], float] = time.monotonic
    _callers: dict[str, _Tries] = field(default_factory=dict)

    def wait(self, caller: str) -> float:
        """Seconds until the caller may try again; 0 for nearly everybody."""
        tries = self._callers.get(caller)
        return 0.0 if tries is None else max(0.0, tries.until - self.now())

    def wrong(self, caller: str, allowed: int, longest: float) -> bool:
        """Counts a wrong try. True when a pause begins with it, which takes at most `longest` seconds."""
        now = self.now()
        tries = self._callers.pop(caller, None)
        if tries is None or now - tries.last > FORGOTTEN:
            tries = _Tries(0, now, now)
        elif not tries.pause and now - tries.began > WINDOW:
            tries.count, tries.began = 0, now
        self._callers[caller] = tries
        if len(self._callers) > MOST_CALLERS:
            del self._callers[next(iter(self._callers))]
        tries.count += 1
        tries.last = now
        if tries.count < allowed or now < tries.until:
            return False
        tries.pause = min(longest, max(FIRST_PAUSE, 2 * tries.pause))
        tries.until = now + tries.pause
        return True
