"""The warehouse's people in the live demo. They put goods on the shelves, pick, pack and send, and take returns back."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from app.demo.world import World

OPEN = 300
ON_THE_SHELVES = 40
FEW = 15
PICKING_SECONDS = (3.0, 8.0)
LOOK_SECONDS = 1.0
FIRST_WAYBILL = 70730259915000001


@dataclass
class Floor:
    """What the people know: which orders were sent, for a label or a return that comes later."""

    world: World
    sent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=20))
    waybills: int = FIRST_WAYBILL

    async def work(self, numbers: Iterable[str]) -> None:
        """Until cancelled. `numbers`: the articles that get a place on the shelves."""
        await self._fill_shelves(set(numbers))
        while True:
            await self._restock()
            await asyncio.sleep(random.uniform(*PICKING_SECONDS))  # noqa: S311 - how fast people work is no secret
            if self.sent and random.random() < 0.25:  # noqa: S311
                await self._think_of_an_old_one()
            else:
                await self._send_next()

    async def _fill_shelves(self, missing: set[str]) -> None:
        """As soon as the warehouse knows the articles."""
        while missing:
            for article in await self.world.warehouse.articles():
                number = article["articleNumber"]
                if number in missing:
                    missing.remove(number)
                    await self.world.warehouse.put_in_stock(number, ON_THE_SHELVES)
            await asyncio.sleep(LOOK_SECONDS)

    async def _restock(self) -> None:
        for article in await self.world.warehouse.articles():
            if 0 < article["inventoryInfo"]["sellableNumberOfItems"] < FEW:
                await self.world.warehouse.put_in_stock(article["articleNumber"], ON_THE_SHELVES)

    async def _send_next(self) -> None:
        """The oldest order that waits."""
        orders = [order for order in await self.world.warehouse.orders() if order["orderInfo"]["orderStatus"]["number"] == OPEN]
        if not orders:
            return
        await self.world.warehouse.ship(orders[0]["orderInfo"]["orderNumber"], self._waybill())
        self.sent.append(orders[0])

    async def _think_of_an_old_one(self) -> None:
        """A second parcel's number, or something that was sent comes back."""
        order = self.sent.popleft()
        number = order["orderInfo"]["orderNumber"]
        if random.random() < 0.5:  # noqa: S311
            await self.world.warehouse.label(number, self._waybill())
        else:
            line = order["orderLines"][0]
            await self.world.warehouse.bring_back(number, {line["rowNumber"]: 1})

    def _waybill(self) -> str:
        self.waybills += 1
        return str(self.waybills)
