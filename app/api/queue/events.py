"""Events: webhooks as they were received, and what became of each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.api.kit.auth import Caller, Reader, Syncer
from app.api.kit.examples import HEADERS
from app.api.kit.pages import Cursor, Id, Limit, Moment, Page, Word, before_id, cut
from app.api.kit.responses import problems
from app.domain import EventState, Right
from app.engine.operations import replay
from app.errors import NotFound
from app.records import events

router = APIRouter(prefix="/events", tags=["events"])

EVENT_EXAMPLE: dict[str, Any] = {
    "id": 20417,
    "connection": "nettbutikk",
    "received_at": "2026-11-21T09:30:00.118Z",
    "topic": "order.updated",
    "state": "done",
    "process": "orders",
    "record": "5093",
    "job_id": 3120,
    "reason_code": None,
    "reason": None,
    "tries": 0,
    "due_at": None,
    "settled_at": "2026-11-21T09:30:00.402Z",
    "size": 4127,
    "request_id": "req_6vJ2mQx8Rk1wTz0a",
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
}


class EventView(BaseModel):
    """One webhook."""

    model_config = ConfigDict(json_schema_extra={"example": EVENT_EXAMPLE})

    id: int
    connection: str
    received_at: datetime
    topic: str | None
    state: EventState = Field(
        description=(
            "received → (parked until the next try →) queued → done, held or dead. merged: a newer event replaced it. "
            "ignored: nothing to do."
        )
    )
    process: str | None
    record: str | None = Field(
        None, validation_alias=AliasChoices("record", "source_id"), description="The shop's id of the record."
    )
    job_id: int | None
    reason_code: str | None
    reason: str | None
    tries: int
    due_at: datetime | None
    settled_at: datetime | None
    size: int = Field(description="Size of the body, in bytes.")
    request_id: str | None = Field(None, description="The id that the webhook was answered with (X-Request-Id).")
    trace_id: str | None = Field(None, description="In every line of the log about it, and in its calls.")


class EventDetail(EventView):
    """One webhook with its headers. Keys with the right admin also see the body until the retention time is over."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                **EVENT_EXAMPLE,
                "headers": {**HEADERS},
                "body": '{"id": 5093, "status": "processing"}',
            }
        }
    )

    headers: dict[str, Any]
    body: str | None = Field(None, description="The body as text. Null without the right admin, or after it was deleted.")


@router.get("", summary="List events, newest first", responses=problems(404))
async def list_events(
    caller: Reader,
    connection: Annotated[Word | None, Query(description="Only this connection's (name or id).")] = None,
    state: Annotated[EventState | None, Query()] = None,
    process: Annotated[Word | None, Query()] = None,
    record: Annotated[Word | None, Query(description="The shop's id of the record.")] = None,
    reason_code: Annotated[Word | None, Query()] = None,
    since: Annotated[Moment | None, Query(description="Only those received at or after this moment.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[EventView]:
    before = before_id(cursor)
    scope = await caller.scope(connection)
    chosen = events.Filter(scope, state, process, source_id=record, reason_code=reason_code, since=since)
    async with caller.gateway.database.read() as db:
        found = await events.search(db, chosen, before=before, limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda event: (event.id,))
    return Page(items=[EventView.model_validate(event, from_attributes=True) for event in shown], next_cursor=next_cursor)


@router.get("/{event_id}", summary="Read an event", responses=problems(404))
async def read_event(caller: Reader, event_id: Id) -> EventDetail:
    return await _detail(caller, event_id)


async def _detail(caller: Caller, event_id: int) -> EventDetail:
    async with caller.gateway.database.read() as db:
        row = await events.find(db, event_id)
        body = await events.body(db, event_id) if row and caller.key.may(Right.ADMIN) else None
    if row is None or not caller.key.sees(row.connection_id):
        raise NotFound(f"there is no event {event_id}", field="event_id", fix="list them with GET /events")
    detail = EventDetail.model_validate(row, from_attributes=True)
    return detail.model_copy(update={"body": body.decode("utf-8", errors="replace") if body is not None else None})


@router.post("/{event_id}/replay", summary="Replay an event", responses=problems(404, 409))
async def replay_event(caller: Syncer, event_id: Id) -> EventDetail:
    """Works on the event again. If what is stored is newer or the same, nothing is sent, so nothing is doubled.
    An event in the dead letters is taken up again."""
    await _detail(caller, event_id)
    await replay.replay_event(caller.gateway, event_id)
    return await _detail(caller, event_id)
