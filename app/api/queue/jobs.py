"""Jobs: one normalized unit of work for each record, in the lane of its goods owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.api.kit.auth import Caller, Reader
from app.api.kit.pages import Cursor, Id, Limit, Page, Word, before_id, cut
from app.api.kit.responses import problems
from app.domain import JobState, Right
from app.errors import NotFound
from app.records import jobs
from app.records.jobs import Call

router = APIRouter(prefix="/jobs", tags=["jobs"])

MOST_CALLS = 50

_JOB: dict[str, Any] = {
    "id": 3120,
    "connection": "nettbutikk",
    "process": "orders",
    "record": "5093",
    "number": "WC-5093",
    "mapping_id": 412,
    "state": "parked",
    "generation": 3,
    "tries": 2,
    "ready_at": "2026-11-21T09:30:00.118Z",
    "due_at": "2026-11-21T09:31:12Z",
    "found_by": "webhook",
    "suspect": False,
    "override": None,
    "reason_code": "another-try",
    "reason": "Ongoing WMS answered 503",
    "updated_at": "2026-11-21T09:30:52Z",
    "request_id": "req_6vJ2mQx8Rk1wTz0a",
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
}
CALL_EXAMPLE: dict[str, Any] = {
    "id": 902,
    "call": "PUT /orders",
    "started_at": "2026-11-21T09:30:00.204Z",
    "finished_at": "2026-11-21T09:30:00.377Z",
    "result": "ok",
    "status": 200,
    "request": {"goodsOwnerId": 77, "orderNumber": "WC-5093", "orderLines": []},
    "answer": "{'orderId': 50001}",
}


class JobView(BaseModel):
    """One job."""

    model_config = ConfigDict(json_schema_extra={"example": _JOB})

    id: int
    connection: str
    process: str
    record: str = Field(validation_alias=AliasChoices("record", "source_id"), description="The shop's id of the record.")
    number: str | None = Field(description="The record's number in the WMS.")
    mapping_id: int
    state: JobState = Field(description="waiting → running → done, held or dead. parked: waits for `due_at`.")
    generation: int = Field(description="Rises with every new state of the record.")
    tries: int
    ready_at: datetime = Field(description="When the job became ready to run.")
    due_at: datetime | None = Field(description="When the next try is due.")
    found_by: str = Field(description="webhook, poll, sweep, operator or again (a setting or an article has changed).")
    suspect: bool = Field(description="The job was refused before. It is never sent right after another failure.")
    override: str | None = Field(description="What an operator decided about this state of the record: release.")
    reason_code: str | None
    reason: str | None
    updated_at: datetime
    request_id: str | None = Field(None, description="The request that asked for this generation, a webhook or a person's.")
    trace_id: str | None = Field(None, description="In every line of the log about this generation, and in its calls.")


class CallView(BaseModel):
    """One writing call to the warehouse."""

    model_config = ConfigDict(json_schema_extra={"example": CALL_EXAMPLE})

    id: int
    call: str
    started_at: datetime
    finished_at: datetime | None
    result: str | None = Field(
        description=(
            "ok, unavailable, rate-limited, login-refused, malformed, refused. unknown: the worker ended before the answer."
        )
    )
    status: int | None
    request: dict[str, Any] | None = Field(
        description="What was sent. Null without the right admin, and after the retention time."
    )
    answer: str | None = Field(description="What the warehouse answered. Null without the right admin.")


class JobDetail(JobView):
    """One job, what it carries, and the calls that were made for it (newest first)."""

    model_config = ConfigDict(
        json_schema_extra={"example": {**_JOB, "payload": {"number": "WC-5093", "state": "wanted"}, "calls": [CALL_EXAMPLE]}}
    )

    payload: dict[str, Any] | None = Field(
        None, description="The record in the gateway's own form. Null without the right admin, and after the retention time."
    )
    calls: list[CallView] = []


def calls_shown(caller: Caller, calls: Sequence[Call]) -> list[CallView]:
    """What was sent and answered holds names and addresses: it is for the right admin, as the bodies of events are."""
    shown = [CallView.model_validate(call, from_attributes=True) for call in calls]
    if caller.key.may(Right.ADMIN):
        return shown
    return [call.model_copy(update={"request": None, "answer": None}) for call in shown]


@router.get("", summary="List jobs, newest first", responses=problems(404))
async def list_jobs(
    caller: Reader,
    connection: Annotated[Word | None, Query(description="Only this connection's (name or id).")] = None,
    state: Annotated[JobState | None, Query()] = None,
    process: Annotated[Word | None, Query()] = None,
    record: Annotated[Word | None, Query(description="The shop's id of the record.")] = None,
    number: Annotated[Word | None, Query(description="The record's number in the WMS.")] = None,
    reason_code: Annotated[Word | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[JobView]:
    before = before_id(cursor)
    scope = await caller.scope(connection)
    chosen = jobs.Filter(scope, state, process, source_id=record, number=number, reason_code=reason_code)
    async with caller.gateway.database.read() as db:
        found = await jobs.search(db, chosen, before=before, limit=limit + 1)
    shown, next_cursor = cut(found, limit, lambda job: (job.id,))
    return Page(items=[JobView.model_validate(job, from_attributes=True) for job in shown], next_cursor=next_cursor)


@router.get("/{job_id}", summary="Read a job", responses=problems(404))
async def read_job(caller: Reader, job_id: Id) -> JobDetail:
    async with caller.gateway.database.read() as db:
        job = await jobs.find(db, job_id)
        if job is None or not caller.key.sees(job.connection_id):
            raise NotFound(f"there is no job {job_id}", field="job_id", fix="list them with GET /jobs")
        payload = await jobs.payload(db, job_id) if caller.key.may(Right.ADMIN) else None
        calls = calls_shown(caller, await jobs.calls_of_job(db, job_id, MOST_CALLS))
    return JobDetail.model_validate(job, from_attributes=True).model_copy(update={"payload": payload, "calls": calls})
