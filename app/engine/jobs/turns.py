"""Whose turn it is in a lane: the order in which waiting jobs are taken.

Cancellations come first, then orders, then articles, then a backfill's history. Connections take turns. Every fourth time the
job that has waited longest goes first, unless it is history.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain import INBOUND, Process

CLASSES = {
    0: (Process.ORDERS, Process.PURCHASE_ORDERS),  # cancellations
    1: (
        *(Process.ORDERS, Process.PURCHASE_ORDERS, Process.ACKNOWLEDGEMENTS, Process.RETURN_ORDERS),
        *(Process.SHIPMENTS, Process.RETURNS, Process.NOTES, Process.IMPORT_STATUS),
    ),
    2: tuple(process for process in INBOUND if process is not Process.ORDERS),
    3: (Process.ORDERS,),  # history
}
"""The processes that a job of each priority may be about: a record's `priority`, 1 for every report, `HISTORY` for a backfill."""
HISTORY = 3
"""A backfill's orders go when nothing else waits, however long they have."""
PRIORITIES = tuple(CLASSES)
ALONE = 2
"""Jobs of this priority are taken together with those of their own process only: an order may write the article that it needs."""
AGED_EVERY = 4


@dataclass(frozen=True)
class Waiting:
    """What decides when a waiting job is taken."""

    id: int
    connection_id: str
    process: Process
    mapping_id: int
    priority: int
    suspect: int
    ready_at: datetime


@dataclass(frozen=True)
class Progress:
    """How many jobs the lane has given out, and whose the last one was."""

    turns: int
    last_connection_id: str


@dataclass(frozen=True)
class Rules:
    """At most `most` jobs are taken together. One that has waited since before `aged_before` (UTC) goes first every fourth time.

    `suspects`: whether a job that was refused before may be taken. Two of them never run back to back, so one at most is taken.
    """

    most: int
    aged_before: datetime
    suspects: bool


@dataclass
class Queues:
    """What waits in a lane, by class and connection, oldest first.

    `reach`: of each connection and class so many were looked for. None: more than can be taken together.
    """

    reach: int | None = None
    _by_class: dict[tuple[int, int], dict[str, deque[Waiting]]] = field(default_factory=dict)
    _seen: Counter[tuple[int, int, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, found: Iterable[Waiting], reach: int | None = None) -> Queues:
        queues = cls(reach)
        for each in sorted(found, key=lambda each: (each.ready_at, each.id)):
            place = queues._by_class.setdefault((each.suspect, each.priority), {})
            place.setdefault(each.connection_id, deque()).append(each)
            queues._seen[each.suspect, each.priority, each.connection_id] += 1
        return queues

    def take(self, progress: Progress, rules: Rules) -> tuple[list[Waiting], Progress]:
        """The next jobs in their order, and how far the lane is then."""
        taken: list[Waiting] = []
        while len(taken) < rules.most:
            suspicion = (0, 1) if rules.suspects and not any(each.suspect for each in taken) else (0,)
            found = self._next(progress, rules, suspicion)
            if found is None or not _go_together(taken, found):
                break
            queue = self._by_class[found.suspect, found.priority][found.connection_id]
            taken.append(queue.popleft())
            progress = Progress(progress.turns + 1, found.connection_id)
            if not queue and self._seen[found.suspect, found.priority, found.connection_id] == self.reach:
                break  # there may be more of it, which would come next
        return taken, progress

    def is_empty(self) -> bool:
        return not any(queue for place in self._by_class.values() for queue in place.values())

    def _next(self, progress: Progress, rules: Rules, suspicion: Sequence[int]) -> Waiting | None:
        """Within a class, jobs that were refused before come last, but before the classes below."""
        if progress.turns % AGED_EVERY == AGED_EVERY - 1:
            for suspect in suspicion:
                aged = self._aged(rules.aged_before, suspect)
                if aged is not None:
                    return aged
        for priority in PRIORITIES:
            for suspect in suspicion:
                first = self._first(suspect, priority)
                if first:
                    return next((each for each in first if each.connection_id > progress.last_connection_id), first[0])
        return None

    def _aged(self, before: datetime, suspect: int) -> Waiting | None:
        """The oldest job that has waited too long, from the lowest class that has one."""
        for priority in reversed(PRIORITIES):
            if priority == HISTORY:
                continue
            aged = [each for each in self._first(suspect, priority) if each.ready_at < before]
            if aged:
                return min(aged, key=lambda each: each.ready_at)
        return None

    def _first(self, suspect: int, priority: int) -> list[Waiting]:
        """The oldest job of each connection, by connection."""
        place = self._by_class.get((suspect, priority), {})
        return [place[connection][0] for connection in sorted(place) if place[connection]]


def _go_together(taken: Sequence[Waiting], another: Waiting) -> bool:
    """Two jobs of one record are not taken together: the second must see what came of the first. So must an article of which a
    supplier goes before it."""
    if not taken:
        return True
    same_record = any(each.mapping_id == another.mapping_id for each in taken)
    if ALONE in (taken[0].priority, another.priority):
        return not same_record and (taken[0].priority, taken[0].process) == (another.priority, another.process)
    return not same_record
