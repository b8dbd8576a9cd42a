"""Which stock levels are to be written: what may be sold, less what is sold already, against what the shop shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.integrations.protocol import StockSettings
from app.records import reservations
from app.storage.outbound_tables import stock_levels
from app.storage.tables import connections

CHUNK = 500


def sellable_in_shop(sellable: float, reserved: float, floor: int = 0) -> int:
    """Whole pieces that a shop may sell: never below `floor`, fractions rounded down (requirement: stock values)."""
    return max(floor, math.floor(sellable - reserved))


async def settings_of(db: AsyncConnection, connection_id: str) -> StockSettings:
    stored = await db.scalar(select(connections.c.settings).where(connections.c.id == connection_id))
    return StockSettings.model_validate((stored or {}).get("stock", {}))


async def decide_state(db: AsyncConnection, connection_id: str, lane: str, ids: Sequence[int], now: datetime) -> int:
    """Decides for each row whether it is to be written. Returns how many are."""
    if not ids:
        return 0
    settings = await settings_of(db, connection_id)
    waiting = 0
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        rows = list(await db.execute(select(stock_levels).where(stock_levels.c.id.in_(chunk))))
        held_back = await held_back_of(db, connection_id, lane, [row.number for row in rows], settings)
        moved = []
        for row in rows:
            state = _state(row, held_back.get(row.number, 0.0), settings.floor)
            waiting += state in ("waiting", "parked")
            if state != row.state:
                moved.append({"row": row.id, "new_state": state})
        if moved:
            await db.execute(
                update(stock_levels)
                .where(stock_levels.c.id == bindparam("row"))
                .values(state=bindparam("new_state"), tries=0, due_at=None, updated_at=now),
                moved,
            )
    return waiting


async def held_back_of(
    db: AsyncConnection, connection_id: str, lane: str, numbers: Sequence[str], settings: StockSettings
) -> dict[str, float]:
    """Pieces by article number that are sold and not yet in the WMS's figure. Empty where the connection does not deduct them."""
    if not settings.deduct_waiting_orders:
        return {}
    return await reservations.reserved(db, connection_id, lane, numbers)


def _state(row: Row[Any], reserved: float, floor: int) -> str:
    """A parked row stays parked while it differs: another read is no reason to ask a failing shop sooner."""
    if row.problem_code is not None:
        return "problem"
    if row.sellable is None:
        return "unknown"
    if row.shop_quantity == sellable_in_shop(row.sellable, reserved, floor):
        return "same"
    return "parked" if row.state == "parked" else "waiting"
