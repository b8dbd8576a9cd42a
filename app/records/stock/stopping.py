"""Writing of quantities that is stopped until a person has looked."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.tables import connections


async def stop_writing(db: AsyncConnection, connection_id: str) -> bool:
    """Quantities are only compared from now on (`stock.look_only`). Returns False where that was so already."""
    mine = connections.c.id == connection_id
    row = (await db.execute(select(connections.c.settings, connections.c.settings_version).where(mine).with_for_update())).one()
    stock = dict(row.settings.get("stock", {}))
    if stock.get("look_only"):
        return False
    settings = {**row.settings, "stock": {**stock, "look_only": True}}
    await db.execute(update(connections).where(mine).values(settings=settings, settings_version=row.settings_version + 1))
    return True
