"""Outgoing webhooks over the REST API: the events that a connection's address is told of, and their replay."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.auth import Caller, Reader, Syncer
from app.api.kit.pages import Cursor, Id, Limit, Page, Word, before_id, cut
from app.api.kit.responses import problems
from app.domain import OutgoingType
from app.engine.outgoing import asking
from app.given import Flag
from app.records.outgoing_webhooks import events
from app.records.outgoing_webhooks.events import OutgoingEvent, OutgoingState, Which

router = APIRouter(prefix="/outgoing-webhooks", tags=["outgoing webhooks"])

_EVENT: dict[str, Any] = {
    "id": 31,
    "connection": "nettbutikk",
    "message_id": "msg_3vJ2kqYp0aXc9bTn4dLr7sWm1eZf6hGu",
    "type": "receipt.created",
    "key": "PO-1001:7",
    "state": "sent",
    "tries": 1,
    "replays": 0,
    "due_at": None,
    "created_at": "2026-11-21T09:30:00Z",
    "settled_at": "2026-11-21T09:30:02Z",
    "status": 204,
    "error": None,
}


class OutgoingWebhookView(BaseModel):
    """One event for a connection's address."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _EVENT})

    id: int
    connection: str
    message_id: str = Field(description="The header `webhook-id`: the same at every try and replay.")
    type: OutgoingType | str
    key: str = Field(description="What happened. The gateway keeps one event for each type and key.")
    state: OutgoingState = Field(
        description="waiting: it is sent at `due_at`. sent: the address took it. dead: its schedule is over; replay it."
    )
    tries: int = Field(description="Of the running schedule. A replay begins a new one.")
    replays: int
    due_at: datetime | None = Field(description="When it is sent next. Null: it is settled.")
    created_at: datetime = Field(description="When it happened.")
    settled_at: datetime | None
    status: int | None = Field(description="HTTP status of the last answer. Null: there was none.")
    error: str | None


class TryView(BaseModel):
    """One try. `error` is null when the address took the event."""

    at: datetime
    status: int | None
    error: str | None
    ms: int = Field(description="How long it took, in milliseconds.")


class OutgoingWebhookDetail(OutgoingWebhookView):
    """One event, with its data and its tries."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                **_EVENT,
                "data": {"purchase_order_number": "PO-1001"},
                "attempts": [{"at": "2026-11-21T09:30:02Z", "status": 204, "error": None, "ms": 84}],
            }
        },
    )

    data: dict[str, Any] | None = Field(description="`data` of what is sent. Null: retention has emptied it.")
    attempts: list[TryView] = Field(description="The newest tries, the last one last.")


class OutgoingReplay(BaseModel):
    """Chooses events that are sent or dead. A member that is left out does not narrow the choice. Without `dry_run: false`
    nothing is sent."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"connection": "nettbutikk", "state": "dead", "dry_run": True}}
    )

    connection: Word | None = None
    type: OutgoingType | None = None
    state: OutgoingState = Field(OutgoingState.DEAD, description="dead, or sent: these are sent again. waiting: none.")
    dry_run: Flag = True


class OutgoingReplayed(BaseModel):
    """How many matched, of the newest thousand, and how many wait to be sent now."""

    model_config = ConfigDict(json_schema_extra={"example": {"dry_run": True, "matched": 12, "replayed": 0}})

    dry_run: bool
    matched: int
    replayed: int


@router.get("", summary="List outgoing webhooks, newest first", responses=problems(404))
async def list_outgoing_webhooks(
    caller: Reader,
    connection: Annotated[Word | None, Query(description="Only this connection's (name or id).")] = None,
    event_type: Annotated[OutgoingType | None, Query(alias="type", description="Only of this type.")] = None,
    state: Annotated[OutgoingState | None, Query(description="waiting, sent or dead.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[OutgoingWebhookView]:
    before = before_id(cursor)
    which = Which(await caller.scope(connection), event_type.value if event_type is not None else None, state)
    async with caller.gateway.database.read() as db:
        found = await events.search(db, which, before=before, limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda row: (row.id,))
    return Page(items=[OutgoingWebhookView.model_validate(each) for each in shown], next_cursor=next_cursor)


@router.post("/replay", summary="Replay outgoing webhooks", responses=problems(404))
async def replay_outgoing_webhooks(caller: Syncer, body: OutgoingReplay) -> OutgoingReplayed:
    """Sends them again, each with its own `webhook-id`: a reader that has seen one knows it. A thousand at most; call it again
    for the rest. With `dry_run` (the default) it only counts."""
    which = Which(await caller.scope(body.connection), body.type.value if body.type is not None else None, body.state)
    async with caller.gateway.database.read() as db:
        found = await events.search(db, which, limit=asking.MOST_REPLAYED)
    replayed = 0 if body.dry_run else await asking.replay_all(caller.gateway, found)
    return OutgoingReplayed(dry_run=body.dry_run, matched=len(found), replayed=replayed)


@router.get("/{outgoing_id}", summary="Show one outgoing webhook", responses=problems(404))
async def read_outgoing_webhook(caller: Reader, outgoing_id: Id) -> OutgoingWebhookDetail:
    return OutgoingWebhookDetail.model_validate(await seen(caller, outgoing_id))


@router.post("/{outgoing_id}/replay", summary="Replay one outgoing webhook", responses=problems(404, 409))
async def replay_outgoing_webhook(caller: Syncer, outgoing_id: Id) -> OutgoingWebhookDetail:
    """Sends it again, with the same `webhook-id` and a whole schedule before it."""
    await asking.replay(caller.gateway, await seen(caller, outgoing_id))
    return OutgoingWebhookDetail.model_validate(await seen(caller, outgoing_id))


async def seen(caller: Caller, event_id: int) -> OutgoingEvent:
    """Raises NotFound, also for one that the key may not see."""
    async with caller.gateway.database.read() as db:
        found = await events.find(db, event_id)
    if not caller.key.sees(found.connection_id):
        raise events.no_event(event_id)
    return found
