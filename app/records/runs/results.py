"""Runs as people look at them: what each part came to, counted and with reasons."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, literal, or_, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import INBOUND, PartState, Process, RunState
from app.records.runs.left import Left, left_of
from app.records.runs.parts import ENDED, TO_READ, TO_WRITE, Pacing
from app.storage.outbound_tables import OPEN_LEVEL, stock_levels
from app.storage.tables import LISTED, connections, run_items, run_parts, runs

COUNTED = ("created", "updated", "cancelled", "unchanged", "skipped", "held", "failed")
"""The possible outcomes of a record (`flows.outcomes.Outcome`). Records that are not finished are counted as `waiting`."""
REFUSED_QUANTITIES = ("wrong-parent", "product-gone", "stock-refused", "stock-not-taken")
"""The reasons why a shop did not take a quantity. Articles whose stock the shop does not keep are never written."""
REASONS_SHOWN = 200
TOGETHER = 50
"""So many connections or parts are asked about in one statement."""


@dataclass(frozen=True)
class Part:
    """A part for people. `counts`: read, then each record once by its outcome; `waiting` are those not finished yet.

    `drift`: records that needed work although no webhook had announced it.
    """

    id: int
    run_id: str
    connection_id: str
    connection: str
    process: Process
    state: PartState
    full: bool
    dry_run: bool
    counts: dict[str, int]
    drift: int
    calls: int
    reasons: list[dict[str, Any]]
    preview: list[dict[str, Any]]
    error: str | None
    started_at: datetime | None
    finished_at: datetime | None
    left: int | None = None
    """Records that the system lists behind those that are read; None when it does not say."""
    left_at: datetime | None = None
    """When that was so (UTC)."""
    left_since: Left | None = None
    """What was left when the measuring of the speed began; None: measured from the part's beginning, by what was read."""

    goes_on_at: datetime | None = None
    """The system wants no more calls for now: reading goes on then (UTC)."""

    @property
    def seconds_left(self) -> float | None:
        """How long reading them takes, at the speed so far; from `left_at` on."""
        if self.left is None or self.left_at is None or self.started_at is None:
            return None
        since = self.left_since or Left(self.left + self.counts["read"], self.started_at)
        return Left(self.left, self.left_at).seconds(since)


@dataclass(frozen=True)
class Run:
    id: str
    trigger: str
    target: str
    options: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None
    parts: tuple[Part, ...] = field(default=())

    @property
    def state(self) -> RunState:
        states = {part.state for part in self.parts}
        if states - set(ENDED):
            return RunState.RUNNING if states - {PartState.WAITING} else RunState.WAITING
        if PartState.FAILED in states:
            return RunState.FAILED
        return RunState.BRAKED if PartState.BRAKED in states else RunState.DONE

    @property
    def counts(self) -> dict[str, int]:
        total: Counter[str] = Counter(dict.fromkeys(("read", *COUNTED, "waiting"), 0))
        for part in self.parts:
            total.update(part.counts)
        return dict(total)

    @property
    def drift(self) -> int:
        return sum(part.drift for part in self.parts)

    def of(self, connection_ids: Sequence[str] | None) -> Run:
        """The parts of the run that belong to these connections (None: all)."""
        if connection_ids is None:
            return self
        return replace(self, parts=tuple(part for part in self.parts if part.connection_id in connection_ids))


async def by_idempotency_key(db: AsyncConnection, key_id: str, idempotency_key: str) -> str | None:
    """The run that an earlier request with the same key has made."""
    found: str | None = await db.scalar(
        select(runs.c.id).where(runs.c.key_id == key_id, runs.c.idempotency_key == idempotency_key)
    )
    return found


async def find(db: AsyncConnection, run_id: str) -> Run | None:
    row = (await db.execute(select(runs).where(runs.c.id == run_id))).first()
    if row is None:
        return None
    return _run(row, await _parts(db, [run_id]))


ListPosition = tuple[datetime, str]
"""When a run was made, and its id: the order of the list."""
MADE_TOGETHER = 100
"""At so many parts apart, the one with the lower id was made earlier."""


async def latest(
    db: AsyncConnection, *, connection_ids: Sequence[str] | None, before: ListPosition | None, limit: int
) -> list[Run]:
    """Newest first. Costs the same however many runs are kept."""
    query = select(runs).order_by(runs.c.created_at.desc(), runs.c.id.desc()).limit(limit)
    if before is not None:
        moment, run_id = before
        query = query.where(runs.c.created_at <= moment, or_(runs.c.created_at < moment, runs.c.id < run_id))
    if connection_ids is None:
        rows = list(await db.execute(query))
    else:
        below = None if before is None else await _part_behind(db, before[0])
        found: list[Row[Any]] = []
        for start in range(0, len(connection_ids), TOGETHER):
            ids = await _recent_runs(db, connection_ids[start : start + TOGETHER], below, limit)
            found += await db.execute(query.where(runs.c.id.in_(ids)))
        rows = heapq.nlargest(limit, {row.id: row for row in found}.values(), key=lambda row: (row.created_at, row.id))
    parts = await _parts(db, [row.id for row in rows])
    return [_run(row, [part for part in parts if part.run_id == row.id]) for row in rows]


async def _part_behind(db: AsyncConnection, moment: datetime) -> int | None:
    """A part's id that no run made up to `moment` reaches; None when there is no such run."""
    last = select(runs.c.id).where(runs.c.created_at <= moment).order_by(runs.c.created_at.desc()).limit(1)
    found = await db.scalar(select(func.max(run_parts.c.id)).where(run_parts.c.run_id.in_(last)))
    return None if found is None else int(found) + MADE_TOGETHER


async def _recent_runs(db: AsyncConnection, connection_ids: Sequence[str], below: int | None, limit: int) -> list[str]:
    """The runs of each connection's last parts below an id: `limit` of them, and those that may have been made beside them."""

    def last(connection_id: str) -> Select[tuple[str]]:
        mine = select(run_parts.c.run_id).where(run_parts.c.connection_id == connection_id, text(f"run_parts.{LISTED}"))
        if below is not None:
            mine = mine.where(run_parts.c.id < below)
        return select(mine.order_by(run_parts.c.id.desc()).limit(limit * len(Process) + MADE_TOGETHER).subquery().c.run_id)

    return sorted(set(await db.scalars(union_all(*map(last, connection_ids))))) if connection_ids else []


def _run(row: Row[Any], parts: Sequence[Part]) -> Run:
    return Run(row.id, row.trigger, row.target, row.options, row.created_at, row.finished_at, tuple(parts))


async def _parts(db: AsyncConnection, run_ids: Sequence[str]) -> list[Part]:
    query = (
        select(run_parts, connections.c.name.label("connection"))
        .join(connections, connections.c.id == run_parts.c.connection_id)
        .where(run_parts.c.run_id.in_(run_ids))
        .order_by(run_parts.c.id)
    )
    rows = list(await db.execute(query))
    outcomes = await _outcomes(db, [row.id for row in rows])
    reasons = await _reasons(db, [row.id for row in rows])
    outcomes |= await _stock_outcomes(db, [row for row in rows if row.process == Process.STOCK and not row.dry_run])
    return [_part(row, outcomes.get(row.id, Counter()), reasons.get(row.id, [])) for row in rows]


async def _stock_outcomes(db: AsyncConnection, rows: Sequence[Row[Any]]) -> dict[int, Counter[str]]:
    """The outcomes of quantities, which have no jobs. One that differed is written, refused by the shop, or still waits."""
    found: dict[int, Counter[str]] = {row.id: Counter() for row in rows}
    differing = [row for row in rows if _differing(row) > 0 and row.started_at is not None]
    for start in range(0, len(differing), TOGETHER):
        some = differing[start : start + TOGETHER]
        counts = (await db.execute(select(*(each for row in some for each in _stock_counts(row))))).one()
        for row, waiting, refused in zip(some, counts[::2], counts[1::2], strict=True):
            waits = min(_differing(row), waiting)
            failed = min(_differing(row) - waits, refused)
            found[row.id] = Counter({"waiting": waits, "failed": failed, "updated": _differing(row) - waits - failed})
    return found


def _differing(row: Row[Any]) -> int:
    differ: int = row.read - row.unchanged - row.skipped
    return differ


def _stock_counts(row: Row[Any]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """How many quantities wait, and how many the shop has refused since the part began."""
    mine = select(func.count()).where(stock_levels.c.connection_id == row.connection_id)
    is_open = row.state in (*TO_READ, PartState.WORKING)
    is_to_write = (stock_levels.c.state.in_(TO_WRITE), text(f"stock_levels.{OPEN_LEVEL}"))
    waiting = mine.where(*is_to_write).scalar_subquery() if is_open else literal(0)
    refused = mine.where(stock_levels.c.problem_code.in_(REFUSED_QUANTITIES), stock_levels.c.written_at >= row.started_at)
    return waiting.label(f"waiting_{row.id}"), refused.scalar_subquery().label(f"refused_{row.id}")


async def outcomes_of(db: AsyncConnection, part_ids: Sequence[int]) -> dict[int, Counter[str]]:
    """How many of each part's records came to what; `waiting` are not finished."""
    return await _outcomes(db, part_ids) if part_ids else {}


async def reasons_of(db: AsyncConnection, part_ids: Sequence[int]) -> dict[int, Counter[str]]:
    """How many of each part's records were held, refused or skipped, by reason."""
    some = (run_items.c.part_id.in_(part_ids), run_items.c.outcome.in_(("held", "failed", "skipped")))
    shown = (run_items.c.part_id, run_items.c.reason_code)
    query = select(*shown, func.count().label("n")).where(*some, run_items.c.reason_code.is_not(None)).group_by(*shown)
    found: dict[int, Counter[str]] = {}
    for row in await db.execute(query) if part_ids else ():
        found.setdefault(row.part_id, Counter())[row.reason_code] = row.n
    return found


async def _outcomes(db: AsyncConnection, part_ids: Sequence[int]) -> dict[int, Counter[str]]:
    items = (
        select(run_items.c.part_id, run_items.c.outcome, func.count().label("n"))
        .where(run_items.c.part_id.in_(part_ids))
        .group_by(run_items.c.part_id, run_items.c.outcome)
    )
    found: dict[int, Counter[str]] = {}
    for row in await db.execute(items):
        found.setdefault(row.part_id, Counter())[row.outcome or "waiting"] += row.n
    return found


async def _reasons(db: AsyncConnection, part_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """The records of a run that did not simply go through, each with its reason."""
    query = (
        select(run_items)
        .where(run_items.c.part_id.in_(part_ids), run_items.c.outcome.in_(("held", "failed", "skipped")))
        .order_by(run_items.c.id)
        .limit(REASONS_SHOWN)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in await db.execute(query):
        entry = {"record": row.source_id, "outcome": row.outcome, "code": row.reason_code, "reason": row.reason}
        found.setdefault(row.part_id, []).append(entry)
    return found


def _part(row: Row[Any], outcomes: Counter[str], reasons: list[dict[str, Any]]) -> Part:
    counts = {"read": row.read, **{name: outcomes[name] for name in COUNTED}, "waiting": outcomes["waiting"]}
    counts["unchanged"] += row.unchanged
    counts["skipped"] += row.skipped
    for name, count in (row.planned or {}).items():
        counts[name] += count
    state = PartState(row.state)
    if state is PartState.WORKING and outcomes["waiting"] == 0:
        state = PartState.DONE
    left, since = left_of(row.cursor) if state is PartState.READING else (None, None)
    summed = [{"outcome": "skipped", "code": code, "count": count} for code, count in sorted((row.reasons or {}).items())]
    return Part(
        id=row.id,
        run_id=row.run_id,
        connection_id=row.connection_id,
        connection=row.connection,
        process=Process(row.process),
        state=state,
        full=row.full,
        dry_run=row.dry_run,
        counts=counts,
        drift=sum(outcomes.values()) if row.process in INBOUND else 0,
        calls=row.calls,
        reasons=[*summed, *reasons],
        preview=row.preview or [],
        error=row.error,
        started_at=row.started_at,
        finished_at=row.finished_at,
        left=left.records if left else None,
        left_at=left.at if left else None,
        left_since=since,
        goes_on_at=Pacing.of(row.cursor).until if state is PartState.READING else None,
    )
