"""One article's stock as the WMS has it now, on demand: by warehouse, and piece by piece with batches and serial numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from app.engine.core import circuit
from app.engine.core.runtime import Gateway
from app.errors import NotFound, Resting
from app.records.connections import Connection
from app.warehouse.reads.pieces import StoredPieces
from app.warehouse.rest.failures import SYSTEM


@dataclass(frozen=True)
class Place:
    """What one warehouse has of it; a figure is None when the WMS does not state it. `counts`: for this connection."""

    id: int
    name: str
    counts: bool
    sellable: Decimal | None
    on_shelf: Decimal | None
    locked: Decimal | None
    allocated: Decimal | None


@dataclass(frozen=True)
class ArticleStock:
    """`sellable` and `on_shelf` are of all warehouses together; None when the WMS does not state them."""

    number: str
    article_system_id: int
    sellable: Decimal | None
    on_shelf: Decimal | None
    is_stock: bool
    places: tuple[Place, ...]
    pieces: tuple[StoredPieces, ...]


async def look(gateway: Gateway, connection: Connection, number: str) -> ArticleStock:
    """Asks the WMS, four calls. Raises NotFound where it has no such article, and RemoteError."""
    key = circuit.key_for(circuit.of_warehouse(connection), circuit.READS)
    async with gateway.database.read() as db:
        until = await circuit.blocked_until(db, [key], gateway.clock())
    if until is not None:
        left = max(1.0, (until - gateway.clock()).total_seconds())
        raise Resting(
            f"reads of the WMS are paused until {until:%H:%M:%S} UTC", system=SYSTEM, call="GET articles", retry_after=left
        )
    warehouse = gateway.warehouse(connection)
    level = (await warehouse.stock_of([number])).get(number)
    if level is None:
        words = f"the WMS has no article {number!r} of this goods owner, or does not state its stock"
        raise NotFound(words, field="number", fix="give the article's number as it is in the WMS")
    names = {each.id: each.name or each.code for each in await warehouse.warehouses()}
    wanted = connection.settings.stock.warehouses
    by_place = [each for each in await warehouse.stock_by_place([number]) if each.number == number]
    pieces = [each for each in await warehouse.pieces_of([number]) if each.number == number]
    places = tuple(
        Place(
            row.warehouse_id,
            names.get(row.warehouse_id) or str(row.warehouse_id),
            not wanted or row.warehouse_id in wanted,
            row.sellable,
            row.on_shelf,
            row.locked,
            row.allocated,
        )
        for each in by_place
        for row in each.places
        if row.warehouse_id is not None
    )
    items = tuple(item for each in pieces for item in each.items)
    is_stock = level.is_stock is not False
    return ArticleStock(number, level.article_system_id, level.sellable, level.on_shelf, is_stock, places, items)
