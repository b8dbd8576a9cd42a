"""Log lines about what strangers send: a flood of it must not fill the log."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.logs import get_logger

log = get_logger(__name__)

MOST = 20
"""Lines of a kind within WINDOW."""
WINDOW = 60.0
MOST_KINDS = 1000


@dataclass
class SparingLog:
    """Warnings. Of each kind MOST a minute are written; the next one after that says how many were not (`left_out`)."""

    now: Callable[[], float] = time.monotonic
    _kinds: dict[str, tuple[float, int]] = field(default_factory=dict)

    def warning(self, event: str, kind: str, **said: Any) -> None:
        """`kind`: what is counted together. It comes from us, never from a stranger."""
        now = self.now()
        began, count = self._kinds.get(kind, (now, 0))
        left_out = 0
        if now - began > WINDOW:
            began, left_out, count = now, max(0, count - MOST), 0
        if len(self._kinds) >= MOST_KINDS:
            self._kinds.clear()
        self._kinds[kind] = (began, count + 1)
        if count < MOST:
            log.warning(event, **said, **({"left_out": left_out} if left_out else {}))
