"""`/adopt`: what the WMS has already for a shop, taken over without a write."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import ConfigDict, Field

from app.api.kit.auth import Caller, Reader, Syncer
from app.api.kit.pages import Cursor, Limit, Page, Word, before_id, cut
from app.api.kit.responses import problems
from app.api.longwork.reconcile import csv_of
from app.api.longwork.views import PROGRESS, LineView, WorkId, WorkView, common
from app.engine.longwork import asking
from app.engine.longwork.progress import taken_over
from app.given import Flag, Given, Instant
from app.records.longwork import lines, works
from app.records.longwork.works import Work, WorkKind

router = APIRouter(prefix="/adopt", tags=["adopt"])

LineKind = Literal["taken-over", "differs", "not-in-wms", "not-ours"]

EXAMPLE: dict[str, Any] = {
    "id": 14,
    "connection": "nettbutikk",
    "state": "done",
    "since": "2026-08-23T00:00:00Z",
    "apply": False,
    "trust_numbers": False,
    "progress": {**PROGRESS, "step": None, "share": 1.0, "left": None, "seconds_left": None},
    "found": {"taken-over": 391, "differs": 6, "not-in-wms": 2, "not-ours": 1},
    "known": 0,
    "not_wanted": {"not-wanted": 12},
    "left": 0,
    "unread": 0,
    "notes": [],
    "error": None,
    "goes_on_at": None,
    "created_at": "2026-11-21T09:30:00Z",
    "started_at": "2026-11-21T09:30:00Z",
    "finished_at": "2026-11-21T09:30:41Z",
}


class AdoptRequest(Given):
    """What to take over."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"connection": "nettbutikk", "since": "2026-08-23T00:00:00Z"}}
    )

    connection: Word
    since: Instant = Field(description="Orders that were changed in the shop from then on. Articles: all of them.")
    apply: Flag = Field(False, description="Take them over. Without it, it is only shown what would be.")
    trust_numbers: Flag = Field(
        False,
        description="Take an order over too that bears another system's id in the WMS (goodsOwnerOrderId), when its number is "
        "the same, and an article or the recipient.",
    )


class AdoptView(WorkView):
    """What the WMS has already, taken over or shown."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    apply: bool = Field(description="False: nothing was taken over, it was only shown.")
    trust_numbers: bool
    found: dict[str, int] = Field(
        description="Records: taken-over; differs (taken over as the WMS has it); not-in-wms; not-ours (left alone)."
    )
    known: int = Field(description="Records that the gateway has sent, or taken over, before.")
    not_wanted: dict[str, int] = Field(description="Records that are not in the WMS and are not to be, by reason.")
    left: int = Field(description="Records that changed while they were taken over. Begin another one for them.")
    unread: int = Field(description="Records that could not be read. `notes` names them.")

    @classmethod
    def of(cls, work: Work) -> AdoptView:
        found = taken_over(work)
        return cls(
            **common(work),
            apply=work.options["apply"],
            trust_numbers=work.options["trust_numbers"],
            found=found.lines,
            known=found.known,
            not_wanted=found.not_wanted,
            left=found.left,
            unread=found.unread,
        )


@router.post("", summary="Take over what the WMS has already", status_code=202, responses=problems(404, 409))
async def adopt(caller: Syncer, body: AdoptRequest) -> AdoptView:
    """Reads the shop's orders and articles, and finds those that the WMS has already. Writes to neither. With `apply` they get
    their mappings, and go their usual way from then on. The connection may be a draft, or paused."""
    connection = await caller.connection(body.connection)
    asked = asking.Adoption(body.since, apply=bool(body.apply), trust_numbers=bool(body.trust_numbers))
    return AdoptView.of(await asking.adopt(caller.gateway, connection, asked))


@router.get("", summary="List adoptions, newest first", responses=problems(404))
async def list_adoptions(
    caller: Reader,
    connection: Annotated[Word | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AdoptView]:
    scope = await caller.scope(connection)
    async with caller.gateway.database.read() as db:
        found = await works.latest(db, WorkKind.ADOPT, scope, before=before_id(cursor), limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda work: (work.id,))
    return Page(items=[AdoptView.of(work) for work in shown], next_cursor=next_cursor)


@router.get("/{work_id}", summary="Read an adoption", responses=problems(404))
async def read_adoption(caller: Reader, work_id: WorkId) -> AdoptView:
    return AdoptView.of(await _find(caller, work_id))


@router.get("/{work_id}/lines", summary="List what is said of each record", responses=problems(404))
async def list_adoption_lines(
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
    summary="Download what is said of each record",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"example": "kind,process,number,record,code,text\r\n"}}}, **problems(404)},
)
async def download_adoption_lines(
    caller: Reader, work_id: WorkId, kind: Annotated[LineKind | None, Query(description="Only lines of this kind.")] = None
) -> StreamingResponse:
    return csv_of(caller, await _find(caller, work_id), kind)


@router.post("/{work_id}/stop", summary="Stop an adoption", responses=problems(404, 409))
async def stop_adoption(caller: Syncer, work_id: WorkId) -> AdoptView:
    """It ends where it is. What it has taken over so far stays so."""
    return AdoptView.of(await asking.stop(caller.gateway, await _find(caller, work_id)))


async def _find(caller: Caller, work_id: int) -> Work:
    return await asking.find(caller.gateway, WorkKind.ADOPT, work_id, caller.connection_ids)
