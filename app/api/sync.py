"""`POST /sync/{integration}`: read shop and warehouse now. For operators, and for a pipeline's smoke test with `curl -f`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.auth import Syncer
from app.api.kit.pages import Name
from app.api.kit.problems import Refusal
from app.api.kit.responses import described, problems
from app.api.runs import RUN_EXAMPLE, RunView
from app.domain import PartState, Process
from app.engine.operations import syncs
from app.errors import BadInput
from app.given import Flag
from app.records.jobs import HeldNow
from app.records.runs import Run

router = APIRouter(tags=["sync"])

MOST_SECONDS = 300
WAIT_SECONDS = 60.0

ProcessName = Literal["suppliers", "articles", "orders", "stock", "shipments", "returns", "receipts", "all"]


class FailOn(StrEnum):
    """What makes a sync answer 424. A part that could not be read, a refused login say, always counts as failed."""

    FAILED = "failed"
    HELD = "held"
    SKIPPED = "skipped"
    DRIFT = "drift"
    WAITING = "waiting"
    NONE = "none"


class SyncRequest(BaseModel):
    """What may also be given in the query, which goes before."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"process": "orders", "dry_run": True, "wait": 120}})

    process: ProcessName | None = None
    full: Flag | None = None
    dry_run: Flag | None = None
    wait: float | None = Field(None, ge=0, le=MOST_SECONDS)
    fail_on: list[FailOn] | None = None


_FAILED = described(
    424,
    "The run has ended and `fail_on` names something of what it came to. The run is in `run`, as it is with 200.",
    type="urn:gateway:problem:sync-not-as-asked",
    title="The sync did not end as it was asked to",
    detail="1 record failed (fail_on: failed)",
    run=RUN_EXAMPLE,
)


@router.post(
    "/sync/{integration}",
    summary="Sync now",
    response_model=RunView,
    responses={
        **problems(404, 409),
        200: {"description": "The run has ended, and nothing of what `fail_on` names has come up."},
        202: {
            "model": RunView,
            "description": "The run goes on; `wait` was over before it had ended. Follow it at `Location`.",
            "headers": {"Location": {"description": "Where the run can be read.", "schema": {"type": "string"}}},
        },
        424: _FAILED,
    },
)
async def sync(
    caller: Syncer,
    response: Response,
    integration: Name,
    process: Annotated[
        ProcessName | None,
        Query(
            description=(
                "Default: all that are switched on, in the order suppliers, articles, orders, shipments, returns, stock. There "
                "is no dry run for shipments and returns."
            )
        ),
    ] = None,
    full: Annotated[bool | None, Query(description="Read everything instead of what has changed since the last poll.")] = None,
    dry_run: Annotated[bool | None, Query(description="Show field by field what would be written. Write nothing.")] = None,
    wait: Annotated[
        float | None,
        Query(ge=0, le=MOST_SECONDS, description="How long to wait for the end, in seconds. Default 60. 0: do not wait."),
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        Query(
            description=(
                "What makes the answer 424: failed (default), held (now, whoever came upon it), skipped, drift, waiting (not "
                "ended in time), none."
            )
        ),
    ] = None,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=200, description="Requests with the same key start one run and answer with it."),
    ] = None,
    body: Annotated[SyncRequest | None, Body()] = None,
) -> Any:
    """Reads the shops of an integration, or of one connection, and updates the warehouse. Then updates the shops: shipments,
    returns and stock. Joins a run that is reading the same, or has yet to read it. Answers 200 with the counts when the run ends
    in time, and 202 when it does not. Answers 424 when something named in `fail_on` has happened, so that `curl -f` fails."""
    given = body or SyncRequest()
    fails = _fail_on(fail_on) or given.fail_on or [FailOn.FAILED]
    chosen = process or given.process or "all"
    asked = syncs.Request(
        target=integration,
        process=None if chosen == "all" else Process(chosen),
        full=_first(full, given.full),
        dry_run=_first(dry_run, given.dry_run),
    )
    asker = syncs.Asker(caller.key.id, caller.connection_ids, idempotency_key)
    run_id = await syncs.start(caller.gateway, asked, asker)
    seconds = wait if wait is not None else given.wait if given.wait is not None else WAIT_SECONDS
    ended = await syncs.wait_for_end(caller.gateway, run_id, seconds)
    run = await syncs.find(caller.gateway, run_id, caller.connection_ids)
    held = await syncs.held_now(caller.gateway, run)
    found = _found(run, held, fails, ended)
    if found:
        raise _not_as_asked(RunView.of(caller, run, held.count), found, fails)
    if not ended:
        response.status_code = 202
        response.headers["Location"] = f"/runs/{run_id}"
    return RunView.of(caller, run, held.count)


def _first(*values: bool | None) -> bool:
    return next((value for value in values if value is not None), False)


def _fail_on(given: list[str] | None) -> list[FailOn]:
    """`fail_on=held,drift` and `fail_on=held&fail_on=drift` mean the same. Raises BadInput."""
    words = [word.strip() for each in given or [] for word in each.split(",") if word.strip()]
    known = {each.value for each in FailOn}
    for word in words:
        if word not in known:
            raise BadInput(f"fail_on: {word[:40]!r} is none of its words", field="fail_on", fix=f"use {', '.join(sorted(known))}")
    return [FailOn(word) for word in words]


def _not_as_asked(run: RunView, found: list[str], fails: list[FailOn]) -> Refusal:
    return Refusal(
        424,
        f"{', '.join(found)} (fail_on: {', '.join(fails)})",
        fix="see run.reasons and run.parts, or GET /dead-letters",
        kind="sync-not-as-asked",
        title="The sync did not end as it was asked to",
        run=run.model_dump(mode="json"),
    )


def _found(run: Run, held: HeldNow, fails: list[FailOn], ended: bool) -> list[str]:
    """What happened of that which `fail_on` names, in words. What is held counts whoever came upon it: the smoke test asks
    whether all is well."""
    if FailOn.NONE in fails:
        return []
    counts = run.counts
    broken = [
        f"{part.connection} {part.process} could not be read: {part.error}"
        for part in run.parts
        if part.state is PartState.FAILED
    ]
    braked = sum(part.state is PartState.BRAKED for part in run.parts)
    amounts = {
        FailOn.FAILED: counts["failed"],
        FailOn.HELD: max(counts["held"] + braked, held.count),
        FailOn.SKIPPED: counts["skipped"],
        FailOn.DRIFT: run.drift,
        FailOn.WAITING: 0 if ended else 1,
    }
    words = {
        FailOn.FAILED: "failed",
        FailOn.HELD: f"held ({'; '.join(held.some)})" if held.some else "held",
        FailOn.SKIPPED: "skipped",
        FailOn.DRIFT: "found that no webhook had announced",
    }
    found = broken if FailOn.FAILED in fails else []
    for each in dict.fromkeys(fails):
        if amounts[each]:
            found.append(f"{amounts[each]} {words[each]}" if each in words else "the run has not ended in time")
    return found
