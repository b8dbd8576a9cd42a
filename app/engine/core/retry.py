"""How long to wait before another try."""

from __future__ import annotations

import random
from datetime import timedelta


def pause_before(tries: int, base: float, cap: float) -> timedelta:
    """Doubles each time up to `cap` seconds. Jitter over the upper half keeps records from coming back all at once."""
    seconds = min(cap, base * 2 ** min(tries, 30))
    return timedelta(seconds=seconds * (0.5 + random.random() / 2))  # noqa: S311 - jitter, not a secret
