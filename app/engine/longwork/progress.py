"""How far a long work is, and what it has counted, for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from app.records import runs
from app.records.longwork.lines import ADOPTED, KINDS
from app.records.longwork.works import SEEN, Work

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
    """What a reconcile has found: lines by kind; records that are the same or on their way; those that are not wanted in the
    warehouse, and articles without a quantity in the shop, by reason. `uncompared` counts records that could not be read."""

    lines: dict[str, int]
    same: int
    on_their_way: int
    not_wanted: dict[str, int]
    no_quantity: dict[str, int]
    uncompared: int


def found_by(work: Work) -> Found:
    counts = work.counts
    return Found(
        {kind: counts.get(kind, 0) for kind in KINDS},
        counts.get("same", 0),
        counts.get("on-its-way", 0),
        _by_reason(counts, "not-wanted"),
        _by_reason(counts, "no-quantity"),
        counts.get("unread", 0),
    )


def _by_reason(counts: Mapping[str, int], name: str) -> dict[str, int]:
    return {key.partition("/")[2]: count for key, count in sorted(counts.items()) if key.startswith(f"{name}/")}


@dataclass(frozen=True)
class TakenOver:
    """What an adoption has taken over, or would: records by what is said of them. `known`: the gateway had them before.

    `not_wanted`: neither in the warehouse nor to be there, by reason. `left`: changed while they were read.
    """

    lines: dict[str, int]
    known: int
    not_wanted: dict[str, int]
    left: int
    unread: int


def taken_over(work: Work) -> TakenOver:
    counts = work.counts
    return TakenOver(
        {kind: counts.get(kind, 0) for kind in ADOPTED},
        counts.get("known", 0),
        _by_reason(counts, "not-wanted"),
        counts.get("changed-meanwhile", 0),
        counts.get("unread", 0),
    )


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


async def transferred(db: AsyncConnection, backfills: Sequence[Work]) -> list[Transferred]:
    """Of each, with what became so far of the orders that were queued."""
    part_ids = [work.part_id for work in backfills if work.part_id is not None]
    outcomes, reasons = await runs.outcomes_of(db, part_ids), await runs.reasons_of(db, part_ids)
    return [
        _transferred(work, outcomes.get(work.part_id or 0, Counter()), Counter(reasons.get(work.part_id or 0, Counter())))
        for work in backfills
    ]


def _transferred(work: Work, of_jobs: Counter[str], reasons: Counter[str]) -> Transferred:
    counts = work.counts
    for name in OUTCOMES:
        reasons.update(_by_reason(counts, name))
    return Transferred(
        {name: counts.get(name, 0) + of_jobs[name] for name in OUTCOMES},
        of_jobs["waiting"],
        counts.get("known", 0),
        counts.get("earlier", 0),
        counts.get("unread", 0),
        dict(sorted(reasons.items())),
    )
