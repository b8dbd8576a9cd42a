"""Mappings: a record of the shop, its record in the warehouse, and everything about the way between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from app.api.kit.auth import Caller, Reader, Syncer
from app.api.kit.pages import Cursor, Id, Limit, Page, Word, before_id, cut
from app.api.kit.responses import problems
from app.api.mappings.views import (
    AcknowledgedView,
    ClosedShort,
    ClosingShort,
    HistoryEntry,
    MappingDetail,
    MappingView,
    NextView,
    NotToldView,
    Resolution,
    RestView,
    Resynced,
    ToldView,
    TransferState,
    action_view,
    line_view,
    shipped_view,
)
from app.api.queue.events import EventView
from app.api.queue.jobs import JobView, calls_shown
from app.domain import Kind, Right
from app.engine.operations import records
from app.engine.operations.explaining.record import MOST_LINES, Explained, explain
from app.flows.outcomes import explained
from app.flows.rest import RestOrder, begun
from app.records import mappings
from app.records.mappings import Known, Mapping, StoredNote

router = APIRouter(prefix="/mappings", tags=["mappings"])


@router.get("", summary="Find mappings, newest first", responses=problems(404))
async def list_mappings(
    caller: Reader,
    number: Annotated[
        Word | None,
        Query(
            description="Any of the record's numbers: the shop's id, its order or article number, the WMS number or the WMS id, "
            "the number of a back order, a tracking number or way bill. id:412 is the gateway's own id."
        ),
    ] = None,
    connection: Annotated[Word | None, Query(description="Only this connection's (name or id).")] = None,
    kind: Annotated[Kind | None, Query()] = None,
    transfer: Annotated[TransferState | None, Query()] = None,
    wanted: Annotated[Literal["present", "absent"] | None, Query()] = None,
    delivery: Annotated[
        Literal["none", "waiting", "partly", "reported", "held"] | None,
        Query(description="How far the shop has been told of the shipment."),
    ] = None,
    reason_code: Annotated[Word | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[MappingView]:
    before = before_id(cursor)
    scope = await caller.scope(connection)
    chosen = mappings.Filter(scope, number, kind, transfer, wanted, delivery, reason_code)
    async with caller.gateway.database.read() as db:
        known = await mappings.known_connections(db, caller.connection_ids)
        found = await mappings.search(db, chosen, before=before, limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda mapping: (mapping.id,))
    return Page(items=[MappingView.of(mapping, known) for mapping in shown], next_cursor=next_cursor)


async def seen(caller: Caller, mapping_id: int) -> Mapping:
    """The mapping, if the key may see it. Raises NotFound."""
    mapping = await records.mapping_of(caller.gateway, mapping_id)
    if not caller.key.sees(mapping.connection_id):
        raise records.no_mapping(mapping_id)
    return mapping


@router.get("/{mapping_id}", summary="Explain a record", responses=problems(404))
async def read_mapping(caller: Reader, mapping_id: Id) -> MappingDetail:
    """Shows the state of the record, what came in, what was sent and answered, what happens next and why, and its history."""
    mapping = await seen(caller, mapping_id)
    return _shown(caller, await explain(caller.gateway, mapping))


def _shown(caller: Caller, found: Explained) -> MappingDetail:
    known = {found.connection.id: Known(found.connection.name, found.connection.system.noun)}
    jobs = [JobView.model_validate(each, from_attributes=True) for each in found.jobs]
    own = found.job.id if found.job is not None else None
    lines, next_cursor = cut(found.history, MOST_LINES, lambda row: (row.id,))
    detail: MappingDetail = MappingDetail.of(
        found.mapping,
        known,
        next=NextView.model_validate(found.next, from_attributes=True),
        actions=[action_view(each) for each in found.actions],
        job=next((each for each in jobs if each.id == own), None),
        reports=[each for each in jobs if each.id != own],
        came_in=[EventView.model_validate(row, from_attributes=True) for row in found.came_in],
        sent=calls_shown(caller, found.calls),
        deliveries=[shipped_view(row) for row in found.shipped],
        lines=[line_view(each) for each in found.lines],
        not_told=[NotToldView(code=each.code, text=str(each.said)) for each in found.not_told],
        told=[ToldView.model_validate(row, from_attributes=True) for row in found.told],
        acknowledged=[AcknowledgedView.model_validate(row, from_attributes=True) for row in found.confirmed],
        history=Page(items=_entries(caller, lines), next_cursor=next_cursor),
    )
    return detail


@router.get("/{mapping_id}/history", summary="List a record's history, newest first", responses=problems(404))
async def list_history(caller: Reader, mapping_id: Id, limit: Limit = 50, cursor: Cursor = None) -> Page[HistoryEntry]:
    before = before_id(cursor)
    await seen(caller, mapping_id)
    async with caller.gateway.database.read() as db:
        found = await mappings.history_of(db, mapping_id, before=before, limit=limit + 1)
    lines, next_cursor = cut(found, limit, lambda row: (row.id,))
    return Page(items=_entries(caller, lines), next_cursor=next_cursor)


def _entries(caller: Caller, lines: Sequence[StoredNote]) -> list[HistoryEntry]:
    entries = [HistoryEntry.model_validate(row, from_attributes=True) for row in lines]
    if caller.key.may(Right.ADMIN):
        return entries
    return [entry.model_copy(update={"detail": None}) for entry in entries]


@router.post("/{mapping_id}/resync", summary="Read a record from the shop and send it again", responses=problems(404, 424))
async def resync(caller: Syncer, mapping_id: Id) -> Resynced:
    """Reads the record from the shop now and queues it, changed or not. Nothing is written if the warehouse already has it."""
    await seen(caller, mapping_id)
    enqueued = await records.resync(caller.gateway, mapping_id)
    return Resynced(id=mapping_id, verdict=enqueued.verdict, reason=enqueued.reason, job_id=enqueued.job_id)


@router.post("/{mapping_id}/release", summary="Release a held record", responses=problems(404, 409))
async def release(caller: Syncer, mapping_id: Id) -> MappingDetail:
    """Sends the record in spite of the reason that holds it. Examples: a cancellation after the warehouse has started, or an
    order that was cancelled in the warehouse. A record with wrong data or a wrong number cannot be released. The problem then
    says what helps."""
    await seen(caller, mapping_id)
    await records.release(caller.gateway, mapping_id)
    return await read_mapping(caller, mapping_id)


@router.post("/{mapping_id}/close-short", summary="Close a partly sent order", responses=problems(404, 409))
async def close_short(caller: Syncer, mapping_id: Id, body: ClosingShort | None = None) -> ClosedShort:
    """The rest will not come: the order is set to completed in the shop with what was sent. What the warehouse sends all the same
    is told as usual. Nothing is changed in the warehouse, unless `cancel_rest` is set: then its back orders are cancelled there
    first. An order that is held as short-shipment is closed in the same way. A rest that the WMS cannot cancel is answered with
    what to do there (409 when there is no other)."""
    await seen(caller, mapping_id)
    rest = await records.close_short(caller.gateway, mapping_id, cancel_rest=body is not None and body.cancel_rest)
    detail = await read_mapping(caller, mapping_id)
    return ClosedShort.model_validate({**dict(detail), "rest": [_rest_view(each) for each in rest]})


def _rest_view(rest: RestOrder) -> RestView:
    return RestView(
        wms_order_id=rest.wms_order_id,
        number=rest.number,
        status=rest.status,
        is_being_cancelled=rest.can_be_cancelled,
        fix=None if rest.can_be_cancelled else explained(begun(rest.number, rest.status)),
    )


@router.post("/{mapping_id}/resolve", summary="Declare a record settled", responses=problems(404, 409))
async def resolve(caller: Syncer, mapping_id: Id, body: Resolution) -> MappingDetail:
    """Nothing is sent. The next change in the shop is transferred as usual."""
    await seen(caller, mapping_id)
    await records.resolve(caller.gateway, mapping_id, body.reason)
    return await read_mapping(caller, mapping_id)
