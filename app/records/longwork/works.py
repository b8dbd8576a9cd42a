"""Long works: what was asked for, how far it is, and what it has counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict, Unpack

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.records.runs.left import Left, left_of
from app.storage.side_tables import long_works
from app.storage.tables import connections

SEEN = "seen"
"""Member of `counts`: the records that were looked at."""
ALL_READ = "all_read"
"""Member of `place`: all is read, and what was queued is being worked off."""
NEARLY = 0.99
"""The share that is shown meanwhile."""
MOST_NOTES = 50


class WorkKind(StrEnum):
    RECONCILE = "reconcile"
    """Compares shop and warehouse. Writes nothing."""
    BACKFILL = "backfill"
    """Transfers a shop's history."""
    ADOPT = "adopt"
    """Takes over what the WMS has already. Writes to neither side."""


class WorkState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


BEFORE_ACTIVATION = frozenset({WorkKind.ADOPT})
"""Goes on while the connection is a draft or paused, too: it writes to neither side."""
OPEN = (WorkState.WAITING, WorkState.RUNNING, WorkState.PAUSED)
TO_WORK = (WorkState.WAITING, WorkState.RUNNING)


@dataclass(frozen=True)
class Work:
    """One reconcile, backfill or adoption. `options` as it was asked for; `place` where the next slice goes on. Times in UTC.

    `counts` are by what came of each record; `notes` say what was left out, and why.
    """

    id: int
    connection_id: str
    connection: str
    integration: str
    kind: WorkKind
    state: WorkState
    options: dict[str, Any]
    place: dict[str, Any]
    counts: dict[str, int]
    notes: list[str]
    part_id: int | None
    error: str | None
    failures: int
    due_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def steps(self) -> tuple[str, ...]:
        """What is read one after the other."""
        return tuple(self.options.get("steps", ()))

    @property
    def step(self) -> str | None:
        """What is being read; None when all is."""
        return self.place.get("step", next(iter(self.steps), None)) if self.finished_at is None else None

    @property
    def left(self) -> int | None:
        """Records of this step that the system still lists; None when it does not say."""
        found, _ = left_of(self.place.get("cursor"))
        return found.records if found is not None and self.finished_at is None else None

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1. A step of which nobody knows how long it is counts when it is over."""
        if self.state is WorkState.DONE:
            return 1.0
        if self.step is None or self.step not in self.steps:
            return 0.0
        if self.place.get(ALL_READ):
            return NEARLY
        in_step, left = int(self.place.get("seen", 0)), self.left
        of_step = in_step / (in_step + left) if left is not None and in_step + left else 0.0
        return round((self.steps.index(self.step) + of_step) / len(self.steps), 3)

    @property
    def seconds_left(self) -> float | None:
        """How long this step takes still, at the speed so far; None when nobody knows."""
        found, since = left_of(self.place.get("cursor"))
        begun = moment_of(self.place.get("step_began"))
        if self.finished_at is not None or found is None:
            return None
        if since is None and begun is not None:
            since = Left(found.records + int(self.place.get("seen", 0)), begun)
        return found.seconds(since) if since is not None else None


def moment_of(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


class WorkChange(TypedDict, total=False):
    state: WorkState
    place: dict[str, Any]
    counts: dict[str, int]
    notes: list[str]
    part_id: int
    error: str | None
    failures: int
    due_at: datetime | None
    started_at: datetime
    finished_at: datetime


async def create(db: AsyncConnection, kind: WorkKind, connection_id: str, options: Mapping[str, Any], now: datetime) -> int:
    """Makes it; returns its id."""
    values = {"connection_id": connection_id, "kind": kind, "options": dict(options), "created_at": now}
    empty: dict[str, Any] = {"state": WorkState.WAITING, "place": {}, "counts": {}, "notes": []}
    made = await db.scalar(insert(long_works).values(**values, **empty).returning(long_works.c.id))
    assert made is not None
    return int(made)


async def lock_connection(db: AsyncConnection, connection_id: str) -> None:
    """Two that are asked for at the same moment come one after the other."""
    mine = select(connections.c.id).where(connections.c.id == connection_id)
    await db.execute(mine.with_for_update(key_share=True))


async def open_one(db: AsyncConnection, kind: WorkKind, connection_id: str) -> int | None:
    """The id of one that has not ended."""
    mine = (long_works.c.connection_id == connection_id, long_works.c.kind == kind, long_works.c.finished_at.is_(None))
    found: int | None = await db.scalar(select(long_works.c.id).where(*mine).order_by(long_works.c.id.desc()).limit(1))
    return found


async def find(db: AsyncConnection, work_id: int, kind: WorkKind | None = None, *, lock: bool = False) -> Work | None:
    """`lock`: nobody else changes it until the transaction ends."""
    query = _works().where(long_works.c.id == work_id)
    if kind is not None:
        query = query.where(long_works.c.kind == kind)
    row = (await db.execute(query.with_for_update(of=long_works) if lock else query)).first()
    return _opened(row) if row else None


async def latest(
    db: AsyncConnection, kind: WorkKind, connection_ids: Sequence[str] | None, *, before: int | None = None, limit: int = 50
) -> list[Work]:
    """Newest first. Costs the same however many there are."""
    query = _works().where(long_works.c.kind == kind)
    if connection_ids is not None:
        query = query.where(long_works.c.connection_id.in_(connection_ids))
    if before is not None:
        query = query.where(long_works.c.id < before)
    return [_opened(row) for row in await db.execute(query.order_by(long_works.c.id.desc()).limit(limit))]


async def change(db: AsyncConnection, work_id: int, *among: WorkState, **values: Unpack[WorkChange]) -> bool:
    """Changes it, unless its state is none of `among` any more. Returns whether it did."""
    same = (long_works.c.id == work_id, long_works.c.state.in_(among))
    return bool((await db.execute(update(long_works).where(*same).values(saves=long_works.c.saves + 1, **values))).rowcount)


def _works() -> Select[Any]:
    shown = (connections.c.name.label("connection"), connections.c.integration)
    return select(long_works, *shown).join(connections, connections.c.id == long_works.c.connection_id)


def _opened(row: Row[Any]) -> Work:
    values = {key: value for key, value in row._mapping.items() if key != "saves"}
    return Work(**{**values, "kind": WorkKind(row.kind), "state": WorkState(row.state)})
