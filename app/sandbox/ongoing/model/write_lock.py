"""One write at a time per goods owner, and how many callers wanted to write at the same time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class WriteLock:
    """The server runs the writes of one goods owner one after the other. Callers that send them side by side only wait.

    `most` is the largest number of writes per goods owner that were ever waiting or running at the same time: never above 1 for a
    caller that keeps to the vendor's advice.
    """

    def __init__(self) -> None:
        self.most: dict[int, int] = {}
        self._inside: defaultdict[int, int] = defaultdict(int)
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def held(self, goods_owner_id: int) -> AsyncIterator[None]:
        """Waits for the goods owner's lock and holds it until the answer is on its way."""
        self._inside[goods_owner_id] += 1
        self.most[goods_owner_id] = max(self.most.get(goods_owner_id, 0), self._inside[goods_owner_id])
        try:
            async with self._locks[goods_owner_id]:
                yield
        finally:
            self._inside[goods_owner_id] -= 1
