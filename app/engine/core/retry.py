"""How long to wait before another try."""

from __future__ import annotations

import random
from datetime import timedelta


def pause_before(tries: int, base: float, cap: float) -> timedelta:
    """Doubled each time up to `cap` seconds, with jitter over its upper half so that records do not come back all at once."""
    seconds = min(cap, base * 2 ** min(tries, 30))
    return timedelta(seconds=seconds * (0.5 + random.random() / 2))  # noqa: S311 - jitter, not a secret
