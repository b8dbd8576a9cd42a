"""`/purchase-orders`: what a caller has bought, into the warehouse. Any ERP may call, whichever system the connection has."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from app.api.kit.auth import Reader, Syncer
from app.api.kit.pages import NO_NUL, Cursor, Limit, Name, Page, Word, before_id, cut
from app.api.kit.responses import problems
from app.api.purchases.bodies import PurchaseOrderBody
from app.api.purchases.views import PurchaseOrderDetail, PurchaseOrderView, PutPurchaseOrder
from app.engine.operations.purchases import orders as operations
from app.records import mappings
from app.records.purchases import orders
from app.records.purchases.orders import PurchaseState

router = APIRouter(prefix="/purchase-orders", tags=["purchase orders"])

Number = Annotated[str, Path(min_length=1, max_length=80, pattern=NO_NUL)]


@router.get("", summary="List purchase orders, newest first", responses=problems(404))
async def list_purchase_orders(
    caller: Reader,
    connection: Annotated[Word | None, Query(description="Only this connection's (name or id).")] = None,
    state: Annotated[PurchaseState | None, Query(description="Only what has come so far.")] = None,
    number: Annotated[Word | None, Query(description="Exactly this number.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[PurchaseOrderView]:
    before = before_id(cursor)
    chosen = orders.Filter(await caller.scope(connection), state, number)
    async with caller.gateway.database.read() as db:
        known = await mappings.known_connections(db, caller.connection_ids)
        found = await orders.search(db, chosen, before=before, limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda each: (each.job.id,))
    items = [PurchaseOrderView.of(each, known[each.mapping.connection_id].name) for each in shown]
    return Page(items=items, next_cursor=next_cursor)


@router.get("/{connection}/{number:path}", summary="Read a purchase order", responses=problems(404))
async def read_purchase_order(caller: Reader, connection: Name, number: Number) -> PurchaseOrderDetail:
    """Shows what was put last and how far it has come. GET /mappings/{id} explains the record: each call, and what happens
    next."""
    of = await caller.connection(connection)
    found = await operations.find(caller.gateway, of, number)
    detail: PurchaseOrderDetail = PurchaseOrderDetail.of(found, of.name, content=PurchaseOrderBody.of(found.content))
    return detail


@router.put(
    "/{connection}/{number:path}",
    summary="Put a purchase order",
    responses={**problems(404, 409), 201: {"model": PutPurchaseOrder, "description": "It is new."}},
)
async def put_purchase_order(
    caller: Syncer, response: Response, connection: Name, number: Number, body: PurchaseOrderBody
) -> PutPurchaseOrder:
    """Makes the purchase order, or takes the place of what was put before under this number. The same body twice is done once.

    It is sent to the warehouse when its turn comes, and answered at once. Articles that wait to be sent go before it. If an
    article is nowhere, it is held until it has come. Once the warehouse has begun to receive it, a change is held."""
    of = await caller.connection(connection)
    stored = await operations.put(caller.gateway, of, body.purchase_order(number))
    if stored.is_new:
        response.status_code = 201
    return _put(stored, of.name)


@router.delete("/{connection}/{number:path}", summary="Take back a purchase order", responses=problems(404, 409))
async def take_back_purchase_order(caller: Syncer, connection: Name, number: Number) -> PutPurchaseOrder:
    """Stops the purchase order while it waits, or has it cancelled in the warehouse. The same twice is done once.

    Answers 409 when it is known that the warehouse has begun to receive it. When that is seen only in the warehouse, it is held:
    `reason` then says so."""
    of = await caller.connection(connection)
    return _put(await operations.take_back(caller.gateway, of, number), of.name)


def _put(stored: operations.Stored, connection: str) -> PutPurchaseOrder:
    content = PurchaseOrderBody.of(stored.listed.content)
    shown: PutPurchaseOrder = PutPurchaseOrder.of(stored.listed, connection, content=content, verdict=stored.verdict)
    return shown
