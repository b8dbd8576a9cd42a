"""A cache with an age and a size, for what is read again and again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class TtlCache(Generic[K, V]):
    """Keeps each value for `seconds`, and at most `most` of them: the one put first goes first. None cannot be kept.

    `now` is a clock in seconds. The default is the process's own, which nobody sets.
    """

    __slots__ = ("_kept", "_most", "_now", "_reading", "_seconds")

    def __init__(self, seconds: float, most: int, now: Callable[[], float] = time.monotonic) -> None:
        self._kept: dict[K, tuple[float, V]] = {}
        self._seconds = seconds
        self._most = most
        self._now = now
        self._reading: dict[K, asyncio.Lock] = {}

    def get(self, key: K) -> V | None:
        """The value, unless it is too old."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and self._now() < kept[0] else None

    def last(self, key: K) -> V | None:
        """The value, however old: better than nothing while its source cannot be asked."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None else None

    def put(self, key: K, value: V) -> V:
        """Keeps the value from now on, and gives it back."""
        self._kept.pop(key, None)
        while len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (self._now() + self._seconds, value)
        return value

    async def get_or_read(self, key: K, read: Callable[[], Awaitable[V]]) -> V:
        """The value, read now unless it is there. Whoever asks while it is being read waits for that."""
        found = self.get(key)
        if found is not None:
            return found
        try:
            async with self._reading.setdefault(key, asyncio.Lock()):
                found = self.get(key)
                return found if found is not None else self.put(key, await read())
        finally:
            self._reading.pop(key, None)

    def forget(self, key: K) -> None:
        self._kept.pop(key, None)

    def clear(self) -> None:
        self._kept.clear()
