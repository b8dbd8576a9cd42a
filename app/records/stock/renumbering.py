"""A product whose number has changed: its stock level is that of another article from now on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.records import reservations
from app.records.stock import rules
from app.storage.outbound_tables import stock_levels


@dataclass(frozen=True)
class Renumbering:
    """`sellable`: the WMS's figure of the new number; None when it is not known."""

    source_id: str
    number: str
    sellable: float | None


async def renumber(
    db: AsyncConnection, connection_id: str, lane: str, change: Renumbering, read_at: datetime | None, now: datetime
) -> None:
    """The former number's figure ends here, and what became of its last write is forgotten. `read_at` (UTC): when the WMS was
    read. The caller has locked the levels."""
    mine = (stock_levels.c.connection_id == connection_id, stock_levels.c.source_id == change.source_id)
    row = (await db.execute(select(stock_levels.c.id, stock_levels.c.number).where(*mine))).first()
    if row is None or row.number == change.number:
        return
    sold = await reservations.of_connection(db, connection_id, [change.number])
    values: dict[str, Any] = {"number": change.number, "sellable": change.sellable, "wms_read_at": read_at}
    values |= dict.fromkeys(("written_quantity", "shown_after", "shown_before"))
    await db.execute(
        update(stock_levels)
        .where(stock_levels.c.id == row.id)
        .values(**values, sold=sold.get(change.number, 0.0), shop_quantity=None, state="unknown", updated_at=now)
    )
    await rules.decide_state(db, connection_id, lane, [row.id], now)
