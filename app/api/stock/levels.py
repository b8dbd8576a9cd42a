"""Stock over the REST API: what the warehouse can sell, what the shop shows, what is to be written."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.auth import Caller, Reader
from app.api.kit.pages import Cursor, Limit, Page, Word, before_id, cut
from app.api.kit.responses import problems
from app.integrations.protocol.capabilities import Capability
from app.integrations.protocol.integration import refuse
from app.records.stock import listing
from app.records.stock.listing import Figures, Listed

router = APIRouter(prefix="/stock", tags=["stock"])

StockState = Literal["same", "waiting", "parked", "problem", "none", "unknown"]

_LEVEL: dict[str, Any] = {
    "id": 88,
    "connection": "nettbutikk",
    "number": "JAKKE-M",
    "shop": {"id": "4711", "parent_id": "4700", "quantity": 12, "read_at": "2026-11-21T09:30:02Z"},
    "warehouse": {"sellable": 14.0, "read_at": "2026-11-21T09:30:00Z"},
    "deducted": 2.0,
    "wanted": 12,
    "state": "same",
    "problem_code": None,
    "problem": None,
    "due_at": None,
    "updated_at": "2026-11-21T09:30:02Z",
}
_FIGURES: dict[str, Any] = {
    "connection": "nettbutikk",
    "is_on": True,
    "looks_only": False,
    "states": {"same": 1240, "waiting": 0, "parked": 0, "problem": 3, "none": 12, "unknown": 0},
    "problems": {"stock-not-managed": 3},
    "read_at": "2026-11-21T09:30:00Z",
    "compared_at": "2026-11-21T03:00:00Z",
    "next_read_at": "2026-11-21T09:45:00Z",
    "next_compared_at": "2026-11-21T15:00:00Z",
    "last_error": None,
    "written_at": "2026-11-21T09:30:02Z",
}


class InShop(BaseModel):
    """The article as the shop has it."""

    id: str
    parent_id: str | None = Field(description="For a variation: the id of its product.")
    quantity: int | float | None = Field(
        description="The quantity that the shop gave last, as it gave it. Null when it keeps none of its own, or is not known."
    )
    read_at: datetime | None


class InWarehouse(BaseModel):
    """The article as the WMS has it."""

    sellable: float | None = Field(
        description="The figure that counts (`stock.figure`). May be negative. Null until it has been read."
    )
    read_at: datetime | None = Field(description="When the read of this quantity began.")


class LevelView(BaseModel):
    """One article's stock on both sides."""

    model_config = ConfigDict(json_schema_extra={"example": _LEVEL})

    id: int
    connection: str
    number: str
    shop: InShop
    warehouse: InWarehouse
    deducted: float = Field(description="Sold by the shop and not yet in the WMS's figure.")
    wanted: int | None = Field(description="The quantity that the shop should show, in whole pieces, after deductions.")
    state: StockState = Field(
        description=(
            "same. waiting: goes with the next batch. parked: tried again at `due_at`. problem: the shop does not take "
            "it. none: it has no quantity of its own there, like a variable product. unknown: one side has not been seen yet."
        )
    )
    problem_code: str | None
    problem: str | None
    due_at: datetime | None
    updated_at: datetime

    @classmethod
    def of(cls, listed: Listed) -> LevelView:
        row = listed.row
        return cls(
            id=row.id,
            connection=row.connection,
            number=row.number,
            shop=InShop(
                id=row.source_id, parent_id=row.parent_id or None, quantity=_shown(row.shop_quantity), read_at=row.shop_read_at
            ),
            warehouse=InWarehouse(sellable=row.sellable, read_at=row.wms_read_at),
            deducted=listed.deducted,
            wanted=listed.wanted,
            state=row.state,
            problem_code=row.problem_code,
            problem=row.problem,
            due_at=row.due_at,
            updated_at=row.updated_at,
        )


def _shown(quantity: float | None) -> int | float | None:
    return int(quantity) if quantity is not None and quantity == int(quantity) else quantity


class FiguresView(BaseModel):
    """One connection's stock in figures."""

    model_config = ConfigDict(json_schema_extra={"example": _FIGURES})

    connection: str
    is_on: bool = Field(description="Whether the connection's process stock is switched on.")
    looks_only: bool = Field(description="Whether quantities are only compared and nothing is written (stock.look_only).")
    states: dict[str, int] = Field(description="Number of articles by state.")
    problems: dict[str, int] = Field(description="Number of articles by problem.")
    read_at: datetime | None = Field(description="When the WMS was last asked what has changed.")
    compared_at: datetime | None = Field(description="When all quantities of both sides were last compared.")
    next_read_at: datetime | None
    next_compared_at: datetime | None
    last_error: str | None
    written_at: datetime | None = Field(description="When quantities were last written to the shop.")

    @classmethod
    def of(cls, figures: Figures) -> FiguresView:
        return cls.model_validate(figures, from_attributes=True)


@router.get("", summary="List stock levels", responses=problems(404))
async def list_stock(
    caller: Reader,
    connection: Annotated[Word | None, Query(description="Only this connection's (name or id).")] = None,
    state: Annotated[StockState | None, Query()] = None,
    number: Annotated[Word | None, Query(description="The article number.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[LevelView]:
    """Sorted by when the gateway first saw the article. A new quantity is in `wanted` before it is in the shop."""
    after = before_id(cursor)
    scope = await _scope(caller, connection)
    async with caller.gateway.database.read() as db:
        found = await listing.search(db, connection_ids=scope, state=state, number=number, after=after, limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda listed: (listed.row.id,))
    return Page(items=[LevelView.of(each) for each in shown], next_cursor=next_cursor)


@router.get("/summary", summary="Stock in figures, by connection", responses=problems(404))
async def read_stock_summary(
    caller: Reader,
    connection: Annotated[Word | None, Query(description="Only this connection's (name or id).")] = None,
) -> Page[FiguresView]:
    scope = await _scope(caller, connection)
    async with caller.gateway.database.read() as db:
        found = await listing.figures(db, scope)
    return Page(items=[FiguresView.of(each) for each in found])


async def _scope(caller: Caller, name: str | None) -> list[str] | None:
    """Raises NotFound, and BadInput for a connection whose system takes no quantities."""
    if name is not None:
        asked = await caller.connection(name)
        if Capability.WRITE_STOCK not in asked.system.capabilities:
            raise refuse(asked.system, Capability.WRITE_STOCK, "connection")
    return await caller.scope(name)
