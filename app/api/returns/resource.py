"""`/returns`: what came back in any of the three ways, and returns that callers announce."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from app.api.kit.auth import Caller, Reader, Syncer
from app.api.kit.pages import NO_NUL, Cursor, Limit, Name, Page, Word, before_id, cut
from app.api.kit.responses import problems
from app.api.returns.bodies import ReturnBody, SettledBody
from app.api.returns.views import CausesView, CauseView, ReturnView
from app.engine.returning import announcements
from app.engine.returning.causes import causes_of
from app.records.returned import keeping, listing
from app.records.returned.keeping import Refund, ReturnRecord
from app.records.returned.listing import Filter, ReturnWay

router = APIRouter(prefix="/returns", tags=["returns"])

Number = Annotated[str, Path(min_length=1, max_length=50, pattern=NO_NUL)]


@router.get("", summary="List returns, newest first", responses=problems(404))
async def list_returns(
    caller: Reader,
    connection: Annotated[Word | None, Query(description="Only this connection's (name or id).")] = None,
    number: Annotated[Word | None, Query(description="Exactly this number of a return.")] = None,
    order: Annotated[Word | None, Query(description="Only of the order with this number, the WMS's or the shop's.")] = None,
    way: Annotated[ReturnWay | None, Query(description="Only what came back, or is announced, this way.")] = None,
    refund: Annotated[Refund | None, Query(description="by-hand: what a person has to refund.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ReturnView]:
    """Everything that came back in any of the three ways, and what was announced. Each piece stands in one return only."""
    before = before_id(cursor)
    chosen = Filter(await caller.scope(connection), number, order, way, refund)
    async with caller.gateway.database.read() as db:
        found = await listing.search(db, chosen, before=before, limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda each: (each.record.id,))
    return Page(items=[ReturnView.of(each) for each in shown], next_cursor=next_cursor)


@router.get("/causes", summary="List the warehouse's causes of returns", responses=problems(404, 424))
async def list_causes(
    caller: Reader, connection: Annotated[Word, Query(description="The connection (name or id) whose warehouse is asked.")]
) -> CausesView:
    of = await caller.connection(connection)
    return CausesView(items=[CauseView.of(each) for each in await causes_of(caller.gateway, of)])


@router.get("/{connection}/{return_number}", summary="Read a return", responses=problems(404))
async def read_return(
    caller: Reader,
    connection: Name,
    return_number: Number,
    way: Annotated[ReturnWay | None, Query(description="Where several returns have the same number.")] = None,
) -> ReturnView:
    of = await caller.connection(connection)
    async with caller.gateway.database.read() as db:
        found = await keeping.find(db, of.id, return_number, way)
    if found is None:
        raise announcements.no_return(of, return_number)
    return await _shown(caller, found)


@router.put(
    "/{connection}/{return_number}",
    summary="Announce a return",
    responses={**problems(404, 409, 424), 201: {"model": ReturnView, "description": "It is new."}},
)
async def put_return(caller: Syncer, response: Response, connection: Name, return_number: Number, body: ReturnBody) -> ReturnView:
    """Announces a return to the warehouse, or takes the place of what was announced under this number. The same twice is done
    once.

    It is sent when its turn comes. While nothing of one of its lines was picked it is held, and goes on by itself. A cause that
    the warehouse does not list is refused. Once something came back it cannot be changed."""
    of = await caller.connection(connection)
    stored, is_new = await announcements.put(caller.gateway, of, body.new_return(return_number))
    if is_new:
        response.status_code = 201
    return await _shown(caller, stored)


@router.delete("/{connection}/{return_number}", summary="Withdraw an announced return", responses=problems(404, 409))
async def withdraw_return(caller: Syncer, connection: Name, return_number: Number) -> ReturnView:
    """Stops the return while it waits, or has it cancelled in the warehouse. The same twice is done once.

    Answers 409 when something came back already."""
    of = await caller.connection(connection)
    return await _shown(caller, await announcements.withdraw(caller.gateway, of, return_number))


@router.post("/{connection}/{return_number}/settle", summary="Declare a return refunded by hand", responses=problems(404, 409))
async def settle_return(caller: Syncer, connection: Name, return_number: Number, body: SettledBody) -> ReturnView:
    """For a return whose `refund` is by-hand: a person has refunded it. It leaves the list of what is to be done."""
    of = await caller.connection(connection)
    return await _shown(caller, await announcements.settle(caller.gateway, of, return_number, body.way, body.reason))


async def _shown(caller: Caller, record: ReturnRecord) -> ReturnView:
    async with caller.gateway.database.read() as db:
        return ReturnView.of(await listing.one(db, record.id))
