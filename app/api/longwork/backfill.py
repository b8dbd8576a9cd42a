"""`/backfill`: the orders that a shop has taken since a date, transferred when the lane has nothing else to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from app.api.kit.auth import Caller, Reader, Syncer
from app.api.kit.pages import Cursor, Limit, Page, Word, before_id, cut
from app.api.kit.responses import problems
from app.api.longwork.views import PROGRESS, LineView, WorkId, WorkView, common
from app.engine.longwork import asking
from app.engine.longwork.progress import transferred
from app.given import Flag, Given, Instant
from app.records.longwork import lines, works
from app.records.longwork.works import Work, WorkKind

router = APIRouter(prefix="/backfill", tags=["backfill"])

EXAMPLE: dict[str, Any] = {
    "id": 13,
    "connection": "nettbutikk",
    "state": "running",
    "since": "2026-10-01T00:00:00Z",
    "dry_run": False,
    "progress": PROGRESS,
    "outcomes": {"created": 380, "updated": 0, "unchanged": 0, "held": 3, "failed": 0, "skipped": 12},
    "waiting": 25,
    "known": 0,
    "earlier": 0,
    "unread": 0,
    "reasons": {"not-wanted": 12, "street-missing": 3},
    "notes": [],
    "error": None,
    "goes_on_at": None,
    "created_at": "2026-11-21T09:30:00Z",
    "started_at": "2026-11-21T09:30:00Z",
    "finished_at": None,
}


class BackfillRequest(Given):
    """What to transfer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"connection": "nettbutikk", "since": "2026-10-01T00:00:00Z", "dry_run": True}},
    )

    connection: Word
    since: Instant = Field(description="Orders made from then on, also those from before the connection went live.")
    dry_run: Flag = Field(False, description="Show what would be transferred. Write nothing.")


class BackfillView(WorkView):
    """A shop's history on its way into the warehouse."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    dry_run: bool
    outcomes: dict[str, int] = Field(description="Orders by what became of them; in a dry run, by what would.")
    waiting: int = Field(description="Orders on their way.")
    known: int = Field(description="Orders that were transferred before, or were on their way already. They are left alone.")
    earlier: int = Field(description="Orders changed since that time, and made before it.")
    unread: int = Field(description="Orders that could not be read. `notes` names them.")
    reasons: dict[str, int] = Field(description="Why orders were skipped, held or refused.")

    @classmethod
    async def each(cls, caller: Caller, found: Sequence[Work]) -> list[BackfillView]:
        async with caller.gateway.database.read() as db:
            came_to = await transferred(db, found)
        return [
            cls(**common(work), dry_run=work.options["dry_run"], **vars(one)) for work, one in zip(found, came_to, strict=True)
        ]

    @classmethod
    async def of(cls, caller: Caller, work: Work) -> BackfillView:
        (shown,) = await cls.each(caller, [work])
        return shown


@router.post("", summary="Transfer a shop's history", status_code=202, responses=problems(404, 409))
async def backfill(caller: Syncer, body: BackfillRequest) -> BackfillView:
    """Reads the orders made since a time, and transfers those of which the warehouse has nothing. Today's orders go first. With
    `dry_run` it shows what would be transferred, and writes nothing."""
    connection = await caller.connection(body.connection)
    begun = await asking.start_backfill(caller.gateway, connection, body.since, dry_run=bool(body.dry_run))
    return await BackfillView.of(caller, begun)


@router.get("", summary="List backfills, newest first", responses=problems(404))
async def list_backfills(
    caller: Reader,
    connection: Annotated[Word | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[BackfillView]:
    scope = await caller.scope(connection)
    async with caller.gateway.database.read() as db:
        found = await works.latest(db, WorkKind.BACKFILL, scope, before=before_id(cursor), limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda work: (work.id,))
    return Page(items=await BackfillView.each(caller, shown), next_cursor=next_cursor)


@router.get("/{work_id}", summary="Read a backfill", responses=problems(404))
async def read_backfill(caller: Reader, work_id: WorkId) -> BackfillView:
    return await BackfillView.of(caller, await _find(caller, work_id))


@router.get("/{work_id}/lines", summary="List the first orders of a dry run", responses=problems(404))
async def list_backfill_lines(caller: Reader, work_id: WorkId, limit: Limit = 50, cursor: Cursor = None) -> Page[LineView]:
    """The first 100, field by field, as they would be written."""
    work = await _find(caller, work_id)
    async with caller.gateway.database.read() as db:
        found = await lines.listed(db, work.id, after=before_id(cursor), limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda line: (line.id,))
    return Page(items=[LineView.of(caller, line, work.connection) for line in shown], next_cursor=next_cursor)


@router.post("/{work_id}/pause", summary="Pause a backfill", responses=problems(404, 409))
async def pause_backfill(caller: Syncer, work_id: WorkId) -> BackfillView:
    """It reads no further. The few orders that are queued already still go."""
    return await BackfillView.of(caller, await asking.pause(caller.gateway, await _find(caller, work_id)))


@router.post("/{work_id}/resume", summary="Let a backfill go on", responses=problems(404, 409))
async def resume_backfill(caller: Syncer, work_id: WorkId) -> BackfillView:
    """It goes on where it was."""
    return await BackfillView.of(caller, await asking.resume(caller.gateway, await _find(caller, work_id)))


@router.post("/{work_id}/stop", summary="Stop a backfill", responses=problems(404, 409))
async def stop_backfill(caller: Syncer, work_id: WorkId) -> BackfillView:
    """It ends where it is. What it has transferred stays in the warehouse."""
    return await BackfillView.of(caller, await asking.stop(caller.gateway, await _find(caller, work_id)))


async def _find(caller: Caller, work_id: int) -> Work:
    return await asking.find(caller.gateway, WorkKind.BACKFILL, work_id, caller.connection_ids)
