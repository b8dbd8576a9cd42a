"""`/reconcile`: shop and warehouse compared for a period. Nothing is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import ConfigDict, Field

from app.api.kit.auth import Caller, Reader, Syncer
from app.api.kit.pages import Cursor, Limit, Page, Word, before_id, cut
from app.api.kit.responses import problems
from app.api.longwork.views import PROGRESS, LineView, WorkId, WorkView, as_csv, common
from app.engine.longwork import asking
from app.engine.longwork.progress import found_by
from app.given import Given, Instant
from app.records.longwork import lines, works
from app.records.longwork.lines import StoredLine
from app.records.longwork.works import Work, WorkKind

router = APIRouter(prefix="/reconcile", tags=["reconcile"])

LineKind = Literal["missing", "doubled", "extra", "different", "stuck", "stock"]
AT_A_TIME = 500

EXAMPLE: dict[str, Any] = {
    "id": 12,
    "connection": "nettbutikk",
    "state": "running",
    "since": "2026-11-01T00:00:00Z",
    "until": "2026-11-21T09:30:00Z",
    "late_minutes": 60,
    "progress": PROGRESS,
    "found": {"missing": 1, "doubled": 0, "extra": 0, "different": 2, "stuck": 1, "stock": 0},
    "same": 410,
    "on_their_way": 2,
    "not_wanted": {"before-go-live": 3, "not-wanted": 2},
    "no_quantity": {"stock-not-managed": 4},
    "uncompared": 0,
    "notes": [],
    "error": None,
    "goes_on_at": None,
    "created_at": "2026-11-21T09:30:00Z",
    "started_at": "2026-11-21T09:30:00Z",
    "finished_at": None,
}


class ReconcileRequest(Given):
    """What to compare."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"connection": "nettbutikk", "since": "2026-11-01T00:00:00Z"}}
    )

    connection: Word
    since: Instant = Field(description="Orders made from then on. Articles and stock are compared as they are now.")
    until: Instant | None = Field(None, description="Orders made up to then. Default: now.")
    late_minutes: int = Field(
        asking.LATE_MINUTES,
        ge=0,
        le=asking.MOST_LATE_MINUTES,
        description="An order that has been on its way for longer counts as stuck.",
    )


class ReconcileView(WorkView):
    """Shop and warehouse compared."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    until: datetime
    late_minutes: int
    found: dict[str, int] = Field(description="Lines by kind: missing, doubled, extra, different, stuck, stock.")
    same: int
    on_their_way: int
    not_wanted: dict[str, int] = Field(description="Records that are not to be in the warehouse, by reason.")
    no_quantity: dict[str, int] = Field(description="Articles without a quantity in the shop to compare, by reason.")
    uncompared: int = Field(description="Records that could not be read. `notes` names them.")

    @classmethod
    def of(cls, work: Work) -> ReconcileView:
        found = found_by(work)
        return cls(
            **common(work),
            until=work.options["until"],
            late_minutes=work.options["late_minutes"],
            found=found.lines,
            same=found.same,
            on_their_way=found.on_their_way,
            not_wanted=found.not_wanted,
            no_quantity=found.no_quantity,
            uncompared=found.uncompared,
        )


@router.post("", summary="Compare shop and warehouse", status_code=202, responses=problems(404, 409))
async def reconcile(caller: Syncer, body: ReconcileRequest) -> ReconcileView:
    """Compares the shop with the warehouse, order by order and article by article, in the background. Writes to neither."""
    connection = await caller.connection(body.connection)
    period = asking.Period(body.since, body.until)
    return ReconcileView.of(await asking.reconcile(caller.gateway, connection, period, body.late_minutes))


@router.get("", summary="List reconciles, newest first", responses=problems(404))
async def list_reconciles(
    caller: Reader,
    connection: Annotated[Word | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ReconcileView]:
    scope = await caller.scope(connection)
    async with caller.gateway.database.read() as db:
        found = await works.latest(db, WorkKind.RECONCILE, scope, before=before_id(cursor), limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda work: (work.id,))
    return Page(items=[ReconcileView.of(work) for work in shown], next_cursor=next_cursor)


@router.get("/{work_id}", summary="Read a reconcile", responses=problems(404))
async def read_reconcile(caller: Reader, work_id: WorkId) -> ReconcileView:
    return ReconcileView.of(await _find(caller, work_id))


@router.get("/{work_id}/lines", summary="List what a reconcile has found", responses=problems(404))
async def list_reconcile_lines(
    caller: Reader,
    work_id: WorkId,
    kind: Annotated[LineKind | None, Query(description="Only lines of this kind.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[LineView]:
    work = await _find(caller, work_id)
    async with caller.gateway.database.read() as db:
        found = await lines.listed(db, work.id, kind=kind, after=before_id(cursor), limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda line: (line.id,))
    return Page(items=[LineView.of(caller, line, work.connection) for line in shown], next_cursor=next_cursor)


@router.get(
    "/{work_id}/lines.csv",
    summary="Download what a reconcile has found",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"example": "kind,process,number,record,code,text\r\n"}}}, **problems(404)},
)
async def download_reconcile_lines(
    caller: Reader, work_id: WorkId, kind: Annotated[LineKind | None, Query(description="Only lines of this kind.")] = None
) -> StreamingResponse:
    work = await _find(caller, work_id)
    return csv_of(caller, work, kind)


def csv_of(caller: Caller, work: Work, kind: str | None) -> StreamingResponse:
    async def rows() -> AsyncIterator[str]:
        is_first = True
        async for some in _lots(caller, work, kind):
            for row in as_csv(caller, some, work.connection, with_head=is_first):
                yield row
            is_first = False

    name = f'attachment; filename="{work.kind.value}-{work.id}.csv"'
    return StreamingResponse(rows(), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})


async def json_of(caller: Caller, work: Work, kind: str | None) -> AsyncIterator[str]:
    """All lines as one JSON list."""
    before = "["
    async for some in _lots(caller, work, kind):
        for line in some:
            yield before + LineView.of(caller, line, work.connection).model_dump_json()
            before = ",\n"
    yield "]" if before != "[" else "[]"


async def _lots(caller: Caller, work: Work, kind: str | None) -> AsyncIterator[Sequence[StoredLine]]:
    """All lines of the work, a few hundred in memory at a time. One lot at least."""
    after: int | None = None
    while True:
        async with caller.gateway.database.read() as db:
            found = await lines.listed(db, work.id, kind=kind, after=after, limit=AT_A_TIME)
        yield found
        if len(found) < AT_A_TIME:
            return
        after = found[-1].id


@router.post("/{work_id}/stop", summary="Stop a reconcile", responses=problems(404, 409))
async def stop_reconcile(caller: Syncer, work_id: WorkId) -> ReconcileView:
    """It ends where it is. What it has found so far stays."""
    return ReconcileView.of(await asking.stop(caller.gateway, await _find(caller, work_id)))


async def _find(caller: Caller, work_id: int) -> Work:
    return await asking.find(caller.gateway, WorkKind.RECONCILE, work_id, caller.connection_ids)
