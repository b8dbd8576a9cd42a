"""Receipts over the REST API: what came in on purchase orders, line by line."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.auth import Caller, Reader
from app.api.kit.pages import LARGEST_ID, Cursor, Id, Limit, Page, Word, before_id, cut
from app.api.kit.responses import problems
from app.errors import BadInput
from app.records.receipts import reading
from app.records.receipts.reading import Receipt, Which

router = APIRouter(prefix="/receipts", tags=["receipts"])

_ITEM: dict[str, Any] = {
    "quantity": 60,
    "batch": "L-2211",
    "serial": None,
    "expires_on": "2027-06-30",
    "status": {"code": "OK", "name": "Fine"},
    "is_locked": False,
    "is_locked_for_sale": False,
    "container": None,
    "location": "A-01-02",
    "comment": None,
    "received_at": "2026-11-21T09:12:00Z",
}
_RECEIPT: dict[str, Any] = {
    "id": 17,
    "connection": "fjell",
    "purchase_order_number": "PO-1001",
    "purchase_order_id": 70001,
    "goods_owner_reference": None,
    "reference_number": None,
    "supplier_number": "S-4",
    "supplier_name": "Textil Lda",
    "status": {"number": 400, "text": "Deviation"},
    "is_complete": False,
    "received_at": "2026-11-21T09:12:00Z",
    "lines": [
        {
            "line_id": 710001,
            "row_number": "1",
            "external_line_id": "ERP-55-1",
            "article_number": "TEE-NAVY-M",
            "quantity": 60,
            "received": 60,
            "advised": 100,
            "difference": -40,
            "items": [_ITEM],
        }
    ],
    "created_at": "2026-11-21T09:15:00Z",
    "acknowledged_at": "2026-11-21T09:15:01Z",
    "acknowledgement_error": None,
}


class StatusView(BaseModel):
    """The purchase order's status in the WMS."""

    number: int | None
    text: str | None


class ItemStatusView(BaseModel):
    """What the warehouse has found out about goods: damaged, blocked. The codes are the warehouse's own."""

    code: str | None
    name: str | None


class ReceivedItemView(BaseModel):
    """Pieces of a line that the WMS keeps apart."""

    quantity: float
    batch: str | None
    serial: str | None
    expires_on: str | None = Field(description="A date.")
    status: ItemStatusView | None = Field(description="Null: the WMS says nothing special of them.")
    is_locked: bool
    is_locked_for_sale: bool = Field(description="They are there, and may not be sold.")
    container: str | None
    location: str | None
    comment: str | None
    received_at: datetime | None


class ReceiptLineView(BaseModel):
    """What came in on one line."""

    line_id: int = Field(description="The WMS's id of the line.")
    row_number: str | None
    external_line_id: str | None = Field(description="The line's code that came with the purchase order.")
    article_number: str | None
    quantity: float = Field(description="Pieces of this receipt. Negative: the warehouse has corrected what it had received.")
    received: float = Field(description="Pieces received in all.")
    advised: float = Field(description="Pieces ordered.")
    difference: float = Field(description="`received` without `advised`: below 0, some are missing; above 0, there are too many.")
    items: list[ReceivedItemView] = Field(description="Batch, serial number, expiry date, damage, as the WMS keeps them.")


class ReceiptView(BaseModel):
    """What came in on one purchase order since it was read before."""

    model_config = ConfigDict(json_schema_extra={"example": _RECEIPT})

    id: int
    connection: str
    purchase_order_number: str
    purchase_order_id: int = Field(description="The WMS's id.")
    goods_owner_reference: str | None
    reference_number: str | None
    supplier_number: str | None
    supplier_name: str | None
    status: StatusView
    is_complete: bool = Field(description="All that was ordered has come.")
    received_at: datetime = Field(description="When the last of it came in.")
    lines: list[ReceiptLineView]
    created_at: datetime = Field(description="When the gateway read it.")
    acknowledged_at: datetime | None = Field(description="When the WMS was told that it is here. Null: not yet.")
    acknowledgement_error: str | None = Field(description="Why the WMS refused that. It is tried again once a day.")

    @classmethod
    def of(cls, receipt: Receipt) -> ReceiptView:
        own = ("id", "connection", "created_at", "acknowledged_at", "acknowledgement_error")
        return cls.model_validate({**receipt.content, **{name: getattr(receipt, name) for name in own}})


@router.get("", summary="List receipts", responses=problems(404))
async def list_receipts(
    caller: Reader,
    connection: Annotated[Word | None, Query(description="Only this connection's (name or id).")] = None,
    purchase_order: Annotated[Word | None, Query(description="Only of the purchase order with this number.")] = None,
    acknowledged: Annotated[bool | None, Query(description="Only those that the WMS was, or was not, told of.")] = None,
    after: Annotated[
        int | None,
        Query(ge=0, le=LARGEST_ID, description="Only those behind this id, the oldest first: for programs that poll."),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ReceiptView]:
    """The newest first. A program that polls keeps the largest `id` that it has seen, and gives it as `after`: the pages then
    come oldest first, and `next_cursor` stays null; the next page is the one after the last id."""
    before = before_id(cursor)
    if before is not None and after is not None:
        raise BadInput("after and cursor are two ways through the list", field="cursor", fix="give one of them")
    which = Which(await caller.scope(connection), purchase_order, acknowledged)
    async with caller.gateway.database.read() as db:
        found = await reading.search(db, which, before=before, after=after, limit=limit + (after is None))
    shown, next_cursor = cut(found, limit, lambda row: (row.id,))
    return Page(items=[ReceiptView.of(each) for each in shown], next_cursor=next_cursor)


@router.get("/{receipt_id}", summary="Show one receipt", responses=problems(404))
async def read_receipt(caller: Reader, receipt_id: Id) -> ReceiptView:
    return ReceiptView.of(await seen(caller, receipt_id))


async def seen(caller: Caller, receipt_id: int) -> Receipt:
    """Raises NotFound, also for one that the key may not see."""
    async with caller.gateway.database.read() as db:
        found = await reading.find(db, receipt_id)
    if not caller.key.sees(found.connection_id):
        raise reading.no_receipt(receipt_id)
    return found
