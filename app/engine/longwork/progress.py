"""How far a long work is, and what it has counted, for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from app.records import runs
from app.records.longwork.lines import KINDS
from app.records.longwork.works import SEEN, Work, WorkKind

OUTCOMES = ("created", "updated", "unchanged", "held", "failed", "skipped")
"""What becomes of a backfill's orders."""


@dataclass(frozen=True)
class Progress:
    step: str | None
    share: float
    seen: int
    left: int | None
    seconds_left: float | None


def progress_of(work: Work) -> Progress:
    return Progress(work.step, work.share, work.counts.get(SEEN, 0), work.left, work.seconds_left)


@dataclass(frozen=True)
class Found:
    """What a reconcile has found: lines by kind; records that are the same or on their way; and those that are not wanted in the
    warehouse, by reason. `uncompared` counts records that could not be read."""

    lines: dict[str, int]
    same: int
    on_their_way: int
    not_wanted: dict[str, int]
    uncompared: int


def found_by(work: Work) -> Found:
    counts = work.counts
    return Found(
        {kind: counts.get(kind, 0) for kind in KINDS},
        counts.get("same", 0),
        counts.get("on-its-way", 0),
        _by_reason(counts, "not-wanted") | _by_reason(counts, "no-quantity"),
        counts.get("unread", 0),
    )


def _by_reason(counts: Mapping[str, int], name: str) -> dict[str, int]:
    return {key.partition("/")[2]: count for key, count in sorted(counts.items()) if key.startswith(f"{name}/")}


@dataclass(frozen=True)
class Transferred:
    """What a backfill does, or would do. `waiting`: on their way. `known`: were transferred before; `earlier`: older than asked
    for. `skipped` orders are not wanted in the warehouse; `reasons` of those and of the held."""

    outcomes: dict[str, int]
    waiting: int
    known: int
    earlier: int
    unread: int
    reasons: dict[str, int]


async def transferred(db: AsyncConnection, work: Work) -> Transferred:
    """With what became so far of those that were queued."""
    assert work.kind is WorkKind.BACKFILL
    counts = work.counts
    of_jobs = await runs.outcomes_of(db, work.part_id) if work.part_id is not None else {}
    reasons = await runs.reasons_of(db, work.part_id) if work.part_id is not None else {}
    for name in OUTCOMES:
        for code, count in _by_reason(counts, name).items():
            reasons[code] = reasons.get(code, 0) + count
    return Transferred(
        {name: counts.get(name, 0) + of_jobs.get(name, 0) for name in OUTCOMES},
        of_jobs.get("waiting", 0),
        counts.get("known", 0),
        counts.get("earlier", 0),
        counts.get("unread", 0),
        dict(sorted(reasons.items())),
    )
