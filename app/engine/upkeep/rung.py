"""What the sweeper has rung for and nobody has taken yet: it is not rung for again for a while."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.engine.core.queue import Task
from app.engine.upkeep.due import WakeUp
from app.records.stock import levels as stock_levels
from app.storage.side_tables import leases
from app.storage.types import db_now

INTERVALS = 2
"""After so many sweeps a wake-up for events or jobs that nobody has taken counts as lost."""
POLL_PATIENCE = timedelta(seconds=60)
"""After this time, one for a poll or a check of webhooks does: they may stand in the queue for long, and have time."""
MOST_POLLS = 50
"""The most polls that are rung for and not taken. After an outage all are due, and must not fill the queue."""
AT_A_TIME = 5_000


@dataclass(frozen=True)
class _Mark:
    """When it was rung for, and the fence of its lease then. A greater one says that somebody has taken it."""

    at: datetime
    fence: int


@dataclass(frozen=True)
class _Work:
    """The lease under which a wake-up is answered. `held`: somebody is working on it now."""

    fence: int
    held: bool


_NEVER = _Work(0, False)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass
class Rung:
    """This process's memory of its wake-ups. Another process that sweeps after it rings for all once."""

    interval: timedelta
    _marks: dict[WakeUp, _Mark] = field(default_factory=dict)

    async def still_to_ring(self, db: AsyncConnection, due: Sequence[WakeUp], most_polls: int, now: datetime) -> list[WakeUp]:
        """What of this to ring for: what nobody works on, and what was not rung for just now. Costs no statement for nothing."""
        asked = dict.fromkeys(due)
        self._marks = {each: mark for each, mark in self._marks.items() if each in asked}
        found = await _under_leases(db, self._looked_at(asked, most_polls))
        free = {each: work for each, work in found.items() if not work.held}
        unanswered = {each for each, work in free.items() if self._is_unanswered(each, work, now)}
        room = most_polls - sum(1 for task, _ in unanswered if task is Task.POLL)
        to_ring = []
        # What is worked on needs no wake-up; it is remembered, so that it takes nobody's place among the first polls.
        self._marks |= {each: _Mark(_LONG_AGO, work.fence) for each, work in found.items() if work.held}
        for each, work in free.items():
            if each in unanswered or (each[0] is Task.POLL and room <= 0):
                continue
            room -= each[0] is Task.POLL
            self._marks[each] = _Mark(now, work.fence)
            to_ring.append(each)
        return to_ring

    def forget(self, lost: Iterable[WakeUp]) -> None:
        """They did not get into the queue: they are rung for again at the next sweep."""
        for each in lost:
            self._marks.pop(each, None)

    def forget_all(self) -> None:
        """Nothing is due: all was taken."""
        self._marks.clear()

    def _looked_at(self, asked: Iterable[WakeUp], most_polls: int) -> list[WakeUp]:
        """All but the polls that are too many for now anyway."""
        chosen, polls = [], 0
        for each in asked:
            is_new_poll = each[0] is Task.POLL and each not in self._marks
            polls += is_new_poll
            if not is_new_poll or polls <= most_polls:
                chosen.append(each)
        return chosen

    def _is_unanswered(self, each: WakeUp, work: _Work, now: datetime) -> bool:
        mark = self._marks.get(each)
        if mark is None or mark.fence != work.fence:
            return False
        patience = POLL_PATIENCE if each[0] in (Task.POLL, Task.HOOKS) else self.interval * INTERVALS
        return timedelta() <= now - mark.at < patience


def _lease_key(wake_up: WakeUp) -> str:
    task, key = wake_up
    if task is Task.DRAIN:
        return key
    return stock_levels.lane_of(key) if task is Task.STOCK else f"{task.value}:{key}"


async def _under_leases(db: AsyncConnection, asked: Sequence[WakeUp]) -> dict[WakeUp, _Work]:
    keys = {_lease_key(each): each for each in asked}
    found = dict.fromkeys(asked, _NEVER)
    for start in range(0, len(asked), AT_A_TIME):
        some = list(keys)[start : start + AT_A_TIME]
        held = (leases.c.until > db_now()).label("held")
        for row in await db.execute(select(leases.c.key, leases.c.fence, held).where(leases.c.key.in_(some))):
            found[keys[row.key]] = _Work(row.fence, bool(row.held))
    return found
