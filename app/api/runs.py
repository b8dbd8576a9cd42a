"""Runs: progress and result of syncs and polls."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.auth import Caller, Reader, Syncer
from app.api.kit.pages import Cursor, Limit, Name, Page, Word, cut, place_of
from app.api.kit.responses import problems
from app.domain import PartState, Process, Right, RunState
from app.engine.jobs import brake
from app.engine.operations import syncs
from app.records import runs
from app.records.runs import Run

router = APIRouter(prefix="/runs", tags=["runs"])

_COUNTS: dict[str, Any] = {
    "read": 41, "created": 2, "updated": 1, "cancelled": 0, "unchanged": 36, "skipped": 1, "held": 1, "failed": 0, "waiting": 0,
}  # fmt: skip
_HELD: dict[str, Any] = {
    "connection": "nettbutikk",
    "process": "orders",
    "record": "5093",
    "outcome": "held",
    "code": "street-missing",
    "reason": "The delivery address has no street. Complete the address in the shop",
    "count": 1,
}


RUN_EXAMPLE: dict[str, Any] = {
    "id": "run_6vJ2kQx1TzYa8WbC",
    "trigger": "api",
    "target": "nettbutikk",
    "state": "done",
    "full": False,
    "dry_run": False,
    "created_at": "2026-11-21T09:30:00Z",
    "finished_at": "2026-11-21T09:30:04Z",
    "counts": _COUNTS,
    "drift": 4,
    "held_now": 1,
    "reasons": [_HELD],
    "parts": [
        {
            "connection": "nettbutikk",
            "process": "orders",
            "state": "done",
            "counts": _COUNTS,
            "drift": 4,
            "calls": 2,
            "error": None,
            "started_at": "2026-11-21T09:30:00Z",
            "finished_at": "2026-11-21T09:30:04Z",
            "left": None,
            "seconds_left": None,
            "goes_on_at": None,
        }
    ],
    "preview": [],
}


class Counts(BaseModel):
    """Number of records read, and of each outcome. Each record counts once. `waiting` are not settled yet."""

    read: int
    created: int
    updated: int
    cancelled: int
    unchanged: int
    skipped: int
    held: int
    failed: int
    waiting: int


class Reason(BaseModel):
    """Why a record (or `count` records) did not simply go through."""

    connection: str
    process: str
    record: str | None = Field(None, description="The shop's id of the record. Null for a sum over several records.")
    outcome: str
    code: str | None = None
    reason: str | None = None
    count: int = 1


class PartView(BaseModel):
    """One connection and process of a run."""

    connection: str
    process: str
    state: PartState = Field(description="waiting, reading, working, done, failed, or braked: it waits for your confirmation.")
    counts: Counts
    drift: int = Field(description="Records with a change that no webhook had announced.")
    calls: int = Field(description="Calls to the shop.")
    error: str | None
    started_at: datetime | None
    finished_at: datetime | None
    left: int | None = Field(
        None, description="While it reads: records that the system lists behind those that are read. Null where it does not say."
    )
    seconds_left: float | None = Field(
        None, description="How long reading them takes, in seconds, at the speed since the first page."
    )
    goes_on_at: datetime | None = Field(
        None,
        description="The system wants no more calls for now: reading goes on then, where it stopped. Null when it is not so.",
    )


class FieldChange(BaseModel):
    """One field that would be written: its value when it was last sent, and the value now. Both null for an order, without the
    right admin: an order's values hold names and addresses."""

    field: str
    before: Any = None
    after: Any = None


class Previewed(BaseModel):
    """One record of a dry run."""

    connection: str
    process: str
    record: str
    number: str | None
    outcome: str
    code: str | None
    reason: str | None
    fields: list[FieldChange]


class RunView(BaseModel):
    """One execution over many records."""

    model_config = ConfigDict(json_schema_extra={"example": RUN_EXAMPLE})

    id: str
    trigger: str = Field(description="schedule or api.")
    target: str
    state: RunState = Field(description="waiting, running, done, failed (a part could not be read), or braked.")
    full: bool
    dry_run: bool
    created_at: datetime
    finished_at: datetime | None
    counts: Counts
    drift: int
    held_now: int | None = Field(
        None,
        description="Records of these connections and processes that are held now, whoever came upon them. Null in lists.",
    )
    reasons: list[Reason]
    parts: list[PartView]
    preview: list[Previewed] = Field(description="For a dry run: the first records, field by field, as they would be written.")

    @classmethod
    def of(cls, caller: Caller, run: Run, held_now: int | None = None) -> RunView:
        return cls(
            id=run.id,
            trigger=run.trigger,
            target=run.target,
            state=run.state,
            full=any(part.full for part in run.parts),
            dry_run=any(part.dry_run for part in run.parts),
            created_at=run.created_at,
            finished_at=run.finished_at,
            counts=Counts(**run.counts),
            drift=run.drift,
            held_now=held_now,
            reasons=[
                Reason(connection=part.connection, process=part.process, **each) for part in run.parts for each in part.reasons
            ],
            parts=[PartView.model_validate(part, from_attributes=True) for part in run.parts],
            preview=[
                _previewed(caller, Previewed(connection=part.connection, process=part.process, **each))
                for part in run.parts
                for each in part.preview
            ],
        )


def _previewed(caller: Caller, record: Previewed) -> Previewed:
    """An order's values hold names and addresses: they are for the right admin, as the bodies of events are."""
    if record.process != Process.ORDERS or caller.key.may(Right.ADMIN):
        return record
    return record.model_copy(update={"fields": [FieldChange(field=each.field) for each in record.fields]})


class Confirmed(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"id": "run_6vJ2kQx1TzYa8WbC", "released": 27}})

    id: str
    released: int = Field(description="Number of cancellations that go through now.")


@router.get("", summary="List runs, newest first", responses=problems(404))
async def list_runs(
    caller: Reader,
    connection: Annotated[Word | None, Query(description="Only runs about this connection (name or id).")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RunView]:
    place = place_of(cursor, datetime, str)
    scope = await caller.scope(connection)
    async with caller.gateway.database.read() as db:
        before = (place[0], place[1]) if place else None
        found = await runs.latest(db, connection_ids=scope, before=before, limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda run: (run.created_at, run.id))
    return Page(items=[RunView.of(caller, run.of(scope)) for run in shown], next_cursor=next_cursor)


@router.get("/{run_id}", summary="Read a run", responses=problems(404))
async def read_run(caller: Reader, run_id: Name) -> RunView:
    run = await syncs.find(caller.gateway, run_id, caller.connection_ids)
    return RunView.of(caller, run, (await syncs.held_now(caller.gateway, run)).count)


@router.post("/{run_id}/confirm", summary="Confirm a braked run", responses=problems(404, 409))
async def confirm_run(caller: Syncer, run_id: Name) -> Confirmed:
    """The gateway holds a run that would cancel more orders than the connection's brake allows. Confirming lets all its
    cancellations through."""
    run = await syncs.find(caller.gateway, run_id, caller.connection_ids)
    return Confirmed(id=run.id, released=await brake.confirm(caller.gateway, run, caller.connection_ids))
