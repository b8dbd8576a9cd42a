"""What the WMS's stock is made of, over the REST API: its corrections, and one article by warehouse and piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.auth import Reader
from app.api.kit.pages import Cursor, Limit, Page, Word, before_id, cut
from app.api.kit.responses import problems
from app.engine.stock.look import ArticleStock, look
from app.records.stock import adjustments
from app.records.stock.adjustments import KeptAdjustment, Wanted
from app.warehouse.reads.pieces import StoredPieces

router = APIRouter(prefix="/stock", tags=["stock"])

_ADJUSTMENT: dict[str, Any] = {
    "id": 31,
    "connections": ["nettbutikk"],
    "number": "JAKKE-M",
    "article_name": "Jakke, M",
    "pieces": -2.0,
    "made_at": "2026-11-21T08:12:00Z",
    "cause_code": "SCRAP",
    "cause": "Scrapped",
    "scrapped": True,
    "batch": "L-2026-11",
    "serial": None,
    "expires_at": None,
    "location": "A-12",
    "status": None,
    "warehouse_id": 1,
    "warehouse": "Oslo",
    "comment": "water damage",
    "inventory_id": 90014,
    "read_at": "2026-11-21T08:30:00Z",
    "confirmed_at": "2026-11-21T08:30:01Z",
    "problem": None,
}
_PLACE: dict[str, Any] = {
    "id": 1,
    "name": "Oslo",
    "counts": True,
    "sellable": 14.0,
    "on_shelf": 16.0,
    "locked": 0.0,
    "allocated": 2.0,
}
_PIECES: dict[str, Any] = {
    "pieces": 16.0,
    "batch": "L-2026-11",
    "serial": None,
    "expires_at": "2027-05-31T00:00:00Z",
    "location": "A-12",
    "status": None,
    "warehouse": "Oslo",
    "locked": False,
    "locked_for_sale": False,
    "comment": None,
    "came_in_at": "2026-11-01T09:00:00Z",
}
_ARTICLE: dict[str, Any] = {
    "connection": "nettbutikk",
    "number": "JAKKE-M",
    "article_system_id": 18301,
    "is_stock": True,
    "sellable": 14.0,
    "on_shelf": 16.0,
    "warehouses": [_PLACE],
    "items": [_PIECES],
}


class AdjustmentView(BaseModel):
    """A correction of the WMS's stock."""

    model_config = ConfigDict(json_schema_extra={"example": _ADJUSTMENT})

    id: int
    connections: list[str] = Field(description="Those of its goods owner that you may see.")
    number: str
    article_name: str | None
    pieces: float = Field(description="So many more; negative: fewer.")
    made_at: datetime | None
    cause_code: str | None
    cause: str | None
    scrapped: bool = Field(
        description="The goods were thrown away: the WMS says so, or its cause is one of `stock.scrapped_causes`."
    )
    batch: str | None
    serial: str | None
    expires_at: datetime | None
    location: str | None
    status: str | None
    warehouse_id: int | None
    warehouse: str | None
    comment: str | None
    inventory_id: int = Field(description="The WMS's id of the stock-taking.")
    read_at: datetime
    confirmed_at: datetime | None = Field(description="When the WMS was told that it is known here. Null: not yet.")
    problem: str | None = Field(description="Why the WMS would not be told. It is not tried again.")

    @classmethod
    def of(cls, kept: KeptAdjustment, names: Sequence[str]) -> AdjustmentView:
        texts = ("article_name", "cause_code", "batch", "serial", "location", "status", "warehouse", "comment")
        same = ("id", "number", "pieces", "made_at", "expires_at", "warehouse_id", "inventory_id", "read_at", "confirmed_at")
        values: dict[str, Any] = {name: getattr(kept, name) or None for name in texts}
        values |= {name: getattr(kept, name) for name in same}
        return cls(
            **values, connections=list(names), cause=kept.cause_name or None, scrapped=kept.is_scrapped, problem=kept.problem
        )


class PlaceView(BaseModel):
    """What one warehouse has of an article. A figure is null when the WMS does not state it."""

    model_config = ConfigDict(json_schema_extra={"example": _PLACE})

    id: int
    name: str
    counts: bool = Field(description="Whether its stock counts for the connection (`stock.warehouses`).")
    sellable: float | None
    on_shelf: float | None
    locked: float | None
    allocated: float | None


class PiecesView(BaseModel):
    """Pieces that lie together."""

    model_config = ConfigDict(json_schema_extra={"example": _PIECES})

    pieces: float
    batch: str | None
    serial: str | None
    expires_at: datetime | None
    location: str | None
    status: str | None
    warehouse: str | None
    locked: bool
    locked_for_sale: bool
    comment: str | None
    came_in_at: datetime | None

    @classmethod
    def of(cls, item: StoredPieces) -> PiecesView:
        building = item.warehouse
        return cls(
            pieces=float(item.pieces),
            batch=item.batch or None,
            serial=item.serial or None,
            expires_at=item.expires,
            location=item.location or None,
            status=item.status or None,
            warehouse=(building.name or building.code or str(building.id)) if building is not None else None,
            locked=item.is_locked,
            locked_for_sale=item.is_locked_for_sale,
            comment=item.comment or None,
            came_in_at=item.came_in,
        )


class ArticleStockView(BaseModel):
    """One article's stock as the WMS has it at this moment."""

    model_config = ConfigDict(json_schema_extra={"example": _ARTICLE})

    connection: str
    number: str
    article_system_id: int
    is_stock: bool = Field(description="False: the WMS counts no pieces of it, or it is not in use.")
    sellable: float | None = Field(description="Of all warehouses together. A kit: as many as its scarcest part allows.")
    on_shelf: float | None
    warehouses: list[PlaceView]
    items: list[PiecesView] = Field(description="Piece by piece, with batches, serial numbers and expiry dates.")

    @classmethod
    def of(cls, connection: str, found: ArticleStock) -> ArticleStockView:
        return cls(
            connection=connection,
            number=found.number,
            article_system_id=found.article_system_id,
            is_stock=found.is_stock,
            sellable=_pieces(found.sellable),
            on_shelf=_pieces(found.on_shelf),
            warehouses=[PlaceView.model_validate(each, from_attributes=True) for each in found.places],
            items=[PiecesView.of(each) for each in found.pieces],
        )


def _pieces(figure: Decimal | None) -> float | None:
    return None if figure is None else float(figure)


@router.get("/adjustments", summary="List corrections of the WMS's stock", responses=problems(404))
async def list_adjustments(
    caller: Reader,
    connection: Annotated[Word | None, Query(description="Only of this connection's goods owner (name or id).")] = None,
    number: Annotated[Word | None, Query(description="The article number.")] = None,
    scrapped: Annotated[bool | None, Query(description="Only goods that were thrown away, or only others.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AdjustmentView]:
    """The newest first. Empty unless a connection of the goods owner reads them (`stock.adjustments`)."""
    wanted = Wanted(number, scrapped, before_id(cursor))
    scope = await caller.scope(connection)
    async with caller.gateway.database.read() as db:
        names = await adjustments.lanes_of(db, scope)
        found = await adjustments.search(db, list(names), wanted, limit + 1)
    shown, next_cursor = cut(found, limit, lambda each: (each.id,))
    return Page(items=[AdjustmentView.of(each, names[each.lane]) for each in shown], next_cursor=next_cursor)


@router.get("/article", summary="Show an article's stock as the WMS has it now", responses=problems(404, 424))
async def read_article_stock(
    caller: Reader,
    connection: Annotated[Word, Query(description="The connection (name or id).")],
    number: Annotated[Word, Query(description="The article number.")],
) -> ArticleStockView:
    """By warehouse, and piece by piece with batches and serial numbers. Asks the WMS each time: nothing of it is kept."""
    asked = await caller.connection(connection)
    return ArticleStockView.of(asked.name, await look(caller.gateway, asked, number))
