"""The parts of runs, from the run that makes them to their end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import ColumnElement, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, PartState, Process
from app.ids import new_id
from app.json_reading import moment
from app.storage.outbound_tables import stock_levels
from app.storage.tables import connections, jobs, run_items, run_parts, runs
from app.storage.types import spelled

ENDED = (PartState.DONE, PartState.FAILED, PartState.BRAKED)
TO_READ = (PartState.WAITING, PartState.READING)
TO_WRITE = ("waiting", "parked")
"""Stock levels whose quantity is still to be written."""


PACING = "pacing"
"""Member of a part's stored cursor: a `Pacing`."""


@dataclass(frozen=True)
class Pacing:
    """`until`: the part's system is not called for it before then (UTC). `waits`: so many times in a row it has waited without
    getting further."""

    until: datetime | None = None
    waits: int = 0

    @classmethod
    def of(cls, cursor: Mapping[str, Any] | None) -> Pacing:
        """As it stands in a part's stored cursor."""
        stored = (cursor or {}).get(PACING) or {}
        return cls(moment(stored.get("until")), stored.get("waits", 0))

    def put_in(self, cursor: Mapping[str, Any] | None) -> dict[str, Any]:
        """The cursor with this in it."""
        until = self.until.isoformat() if self.until is not None else None
        return {**_own(cursor), PACING: {"until": until, "waits": self.waits}}


def _own(cursor: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (cursor or {}).items() if key != PACING}


@dataclass(frozen=True)
class RunPart:
    """What a worker needs to know about a part that it reads. `cursor` is where an earlier slice stopped."""

    id: int
    run_id: str
    connection_id: str
    process: Process
    full: bool
    dry_run: bool
    state: PartState
    cursor: dict[str, Any]
    sweeping: bool
    started_at: datetime | None
    pacing: Pacing


@dataclass(frozen=True)
class Progress:
    """A part's stored progress. `planned` and `preview` are a dry run's."""

    cursor: dict[str, Any]
    pacing: Pacing
    read: int
    calls: int
    skipped: int
    unchanged: int
    reasons: dict[str, int]
    planned: dict[str, int]
    preview: list[dict[str, Any]]
    started_at: datetime | None


class PartStep(TypedDict, total=False):
    """A part's columns that say where it stands."""

    state: PartState
    cursor: dict[str, Any] | None
    sweeping: bool
    planned: dict[str, int]
    preview: list[dict[str, Any]]
    error: str | None
    started_at: datetime
    finished_at: datetime


class PartChange(PartStep, total=False):
    """A step, and what has been counted so far."""

    read: int
    calls: int
    skipped: int
    unchanged: int
    reasons: dict[str, int]


@dataclass(frozen=True)
class NewRun:
    """A run to make, with one part for each (connection id, process). The keys belong to the one who asked for it."""

    trigger: str
    target: str
    places: Sequence[tuple[str, Process]]
    full: bool = False
    dry_run: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    key_id: str | None = None
    idempotency_key: str | None = None


async def create(db: AsyncConnection, new: NewRun, now: datetime) -> str:
    """Makes the run with its parts, all waiting; returns its id."""
    run_id = new_id("run")
    await db.execute(
        insert(runs).values(
            id=run_id,
            trigger=new.trigger,
            target=new.target,
            options=new.options,
            key_id=new.key_id,
            idempotency_key=new.idempotency_key,
            created_at=now,
        )
    )
    rows = [
        {
            "run_id": run_id,
            "connection_id": connection_id,
            "process": process,
            "full": new.full,
            "dry_run": new.dry_run,
            "state": PartState.WAITING,
        }
        for connection_id, process in new.places
    ]
    if rows:
        await db.execute(insert(run_parts), rows)
    return run_id


async def create_backfilling(db: AsyncConnection, new: NewRun, now: datetime) -> int:
    """Makes a run of which no poll reads the part: a backfill does. Returns the part's id."""
    run_id = await create(db, new, now)
    mine = update(run_parts).where(run_parts.c.run_id == run_id)
    made = await db.scalar(mine.values(state=PartState.BACKFILLING, started_at=now).returning(run_parts.c.id))
    assert made is not None
    return int(made)


async def unfinished(db: AsyncConnection, part_id: int) -> int:
    """How many records of the part are not finished."""
    mine = (run_items.c.part_id == part_id, run_items.c.outcome.is_(None))
    return int(await db.scalar(select(func.count()).where(*mine)) or 0)


async def to_join(db: AsyncConnection, new: NewRun) -> str | None:
    """The id of the oldest run that has yet to read all that this one would, or is reading it. A full one reads the changes too.

    Two that are asked for at the same moment come here one after the other, and the second finds the first.
    """
    ids = sorted({connection_id for connection_id, _ in new.places})
    mine = select(connections.c.id).where(connections.c.id.in_(ids)).order_by(connections.c.id)
    await db.execute(mine.with_for_update(key_share=True))
    asked = run_parts.c.dry_run.is_(new.dry_run), *((run_parts.c.full.is_(True),) if new.full else ())
    columns = (run_parts.c.run_id, run_parts.c.connection_id, run_parts.c.process)
    query = select(*columns).where(run_parts.c.connection_id.in_(ids), run_parts.c.state.in_(spelled(*TO_READ)), *asked)
    found: dict[str, set[tuple[str, str]]] = {}
    for row in await db.execute(query.order_by(run_parts.c.id)):
        found.setdefault(row.run_id, set()).add((row.connection_id, row.process))
    return next((run_id for run_id, to_read in found.items() if to_read.issuperset(new.places)), None)


async def next_part(db: AsyncConnection, connection_id: str, process: Process) -> RunPart | None:
    """The oldest part that waits, or was left in the middle. It must not follow an unread part of the same run.

    A run's articles are read before its orders, so that the articles that orders need are known by then.
    """
    earlier = run_parts.alias("earlier")
    first = (
        select(earlier.c.id)
        .where(
            earlier.c.run_id == run_parts.c.run_id,
            earlier.c.connection_id == run_parts.c.connection_id,
            earlier.c.id < run_parts.c.id,
            earlier.c.state.in_(TO_READ),
        )
        .exists()
    )
    query = (
        select(run_parts)
        .where(
            run_parts.c.connection_id == connection_id,
            run_parts.c.process == process,
            run_parts.c.state.in_(spelled(*TO_READ)),
            ~first,
        )
        .order_by(run_parts.c.id)
        .limit(1)
    )
    row = (await db.execute(query)).first()
    if row is None:
        return None
    return RunPart(
        id=row.id,
        run_id=row.run_id,
        connection_id=row.connection_id,
        process=Process(row.process),
        full=row.full,
        dry_run=row.dry_run,
        state=PartState(row.state),
        cursor=_own(row.cursor),
        sweeping=row.sweeping,
        started_at=row.started_at,
        pacing=Pacing.of(row.cursor),
    )


async def following(db: AsyncConnection, part: RunPart) -> list[Process]:
    """The processes of later waiting parts of the same run and connection."""
    query = (
        select(run_parts.c.process)
        .where(
            run_parts.c.run_id == part.run_id,
            run_parts.c.connection_id == part.connection_id,
            run_parts.c.id > part.id,
            run_parts.c.state == PartState.WAITING,
        )
        .order_by(run_parts.c.id)
    )
    return [Process(row.process) for row in await db.execute(query)]


async def has_ended(db: AsyncConnection, run_id: str) -> bool:
    """Whether every part is read and every record it found is finished, or held by the brake. Costs two index reads."""
    to_read = select(run_parts.c.id).where(run_parts.c.run_id == run_id, run_parts.c.state.in_(TO_READ))
    if await db.scalar(to_read.limit(1)) is not None:
        return False
    working = (run_parts.c.run_id == run_id, run_parts.c.state == PartState.WORKING)
    unfinished = (
        select(run_items.c.id)
        .join(run_parts, run_parts.c.id == run_items.c.part_id)
        .where(*working, run_items.c.outcome.is_(None))
    )
    if await db.scalar(unfinished.limit(1)) is not None:
        return False
    unwritten = select(run_parts.c.id).where(*working, _has_stock_to_write())
    return await db.scalar(unwritten.limit(1)) is None


def _has_stock_to_write() -> ColumnElement[bool]:
    """Whether a part found quantities that differ while its connection has some that are not written yet."""
    mine = stock_levels.c.connection_id == run_parts.c.connection_id
    # One state at a time: each has an index of its own.
    some = [select(stock_levels.c.id).where(mine, stock_levels.c.state == each).exists() for each in spelled(*TO_WRITE)]
    is_stock = (run_parts.c.process == Process.STOCK) & run_parts.c.dry_run.is_(False)
    return is_stock & (run_parts.c.read > run_parts.c.unchanged) & or_(*some)


async def reopen(db: AsyncConnection, part_ids: Sequence[int]) -> None:
    """Lets braked parts go on after an operator has confirmed them. Their run is then no longer finished."""
    same = run_parts.c.id.in_(part_ids)
    braked = run_parts.c.state.in_(PartState.WORKING.sources(PartState.BRAKED))
    await db.execute(update(run_parts).where(same, braked).values(state=PartState.WORKING, finished_at=None))
    run_ids = select(run_parts.c.run_id).where(same)
    await db.execute(update(runs).where(runs.c.id.in_(run_ids)).values(finished_at=None))


async def change_part(db: AsyncConnection, part_id: int, **values: Unpack[PartChange]) -> bool:
    """Changes the part. Returns False when its state has moved on since, so that the new state may not follow."""
    change = update(run_parts).where(run_parts.c.id == part_id)
    if "state" in values:
        change = change.where(run_parts.c.state.in_((values["state"], *values["state"].sources())))
    return bool((await db.execute(change.values(**values))).rowcount)


async def held_by_brake(db: AsyncConnection, part_id: int) -> list[int]:
    """The ids of jobs that this part has found and the brake holds."""
    query = (
        select(jobs.c.id)
        .join(run_items, run_items.c.job_id == jobs.c.id)
        .where(run_items.c.part_id == part_id, jobs.c.state == JobState.HELD, jobs.c.reason_code == "brake")
    )
    return [row.id for row in await db.execute(query)]


async def end_finished(db: AsyncConnection, now: datetime) -> None:
    """Ends parts whose records are all finished, and runs whose parts have all ended."""
    open_items = select(run_items.c.id).where(run_items.c.part_id == run_parts.c.id, run_items.c.outcome.is_(None))
    await db.execute(
        update(run_parts)
        .where(
            run_parts.c.state == spelled(*PartState.DONE.sources(PartState.WORKING))[0],
            ~open_items.exists(),
            ~_has_stock_to_write(),
        )
        .values(state=PartState.DONE, finished_at=now)
    )
    open_parts = select(run_parts.c.id).where(run_parts.c.run_id == runs.c.id, run_parts.c.state.not_in(ENDED))
    await db.execute(update(runs).where(runs.c.finished_at.is_(None), ~open_parts.exists()).values(finished_at=now))


async def leave_unwritten(db: AsyncConnection, connection_id: str, code: str, now: datetime, error: str | None = None) -> None:
    """Ends the parts whose quantities wait to be written, because none are for now. `code`: why, as the parts then say.

    With an `error` the parts have failed.
    """
    mine = (run_parts.c.connection_id == connection_id, run_parts.c.process == Process.STOCK, run_parts.c.dry_run.is_(False))
    columns = [run_parts.c[name] for name in ("id", "read", "unchanged", "skipped", "reasons")]
    query = select(*columns).where(*mine, run_parts.c.state == PartState.WORKING)
    waits = (stock_levels.c.connection_id == connection_id, stock_levels.c.state.in_(TO_WRITE))
    for part in list(await db.execute(query)):
        waiting = int(await db.scalar(select(func.count()).where(*waits)) or 0)
        left = max(0, min(waiting, part.read - part.unchanged - part.skipped))
        reasons = dict(Counter(part.reasons or {}) + Counter({code: left}))
        values: PartChange = {"finished_at": now, "skipped": part.skipped + left, "reasons": reasons, "error": error}
        values["state"] = PartState.DONE if error is None else PartState.FAILED
        await change_part(db, part.id, **values)


async def progress_of(db: AsyncConnection, part_id: int) -> Progress:
    """The part's progress as stored now. An earlier step of a slice may have moved it since the part was taken."""
    row = (await db.execute(select(run_parts).where(run_parts.c.id == part_id))).one()
    return Progress(
        cursor=_own(row.cursor),
        pacing=Pacing.of(row.cursor),
        read=row.read,
        calls=row.calls,
        skipped=row.skipped,
        unchanged=row.unchanged,
        reasons=row.reasons or {},
        planned=row.planned or {},
        preview=row.preview or [],
        started_at=row.started_at,
    )
