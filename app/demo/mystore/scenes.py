"""What the scenes with mystore share."""

from __future__ import annotations

from app.demo.mystore.shop import MystoreShop
from app.demo.scenes import Day


def shop_of(day: Day) -> MystoreShop:
    return MystoreShop(day.world.mystore_url, day.world.http)


async def settled(day: Day) -> bool:
    """Waits until the shop has delivered and the gateway has settled everything that came in."""
    await shop_of(day).deliver_now()
    return await day.quiet()
