"""The states of jobs, events and the parts of a run, and which state may follow which. docs/states.md is drawn from here."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar


class JobState(StrEnum):
    """One record's work. There is one job for each connection, process and record; a newer state of the record reopens it."""

    WAITING = "waiting"
    """Waits for its turn in the lane."""
    PARKED = "parked"
    """Waits until another try is due."""
    RUNNING = "running"
    """A worker has claimed it."""
    HELD = "held"
    """Waits for a person, or for a correction at the source."""
    DEAD = "dead"
    """Refused, or given up after too many tries: a dead letter."""
    DONE = "done"
    """Nothing is left to do until the record changes."""

    def sources(self, *among: JobState) -> tuple[JobState, ...]:
        """The states from which a job may get here; `among` takes some of them. Raises ForbiddenTransition."""
        return _sources(JOB_TRANSITIONS, self, among)

    def after(self, before: JobState) -> JobState:
        """This state, for a job that was in `before`. To stay is no transition. Raises ForbiddenTransition."""
        return self if before is self else _checked(JOB_TRANSITIONS, self, before)


class EventState(StrEnum):
    """One webhook, from its receipt to what became of it."""

    RECEIVED = "received"
    """Kept, and not looked at yet."""
    PARKED = "parked"
    """The source had to be asked and did not answer: another try is due later."""
    QUEUED = "queued"
    """Belongs to a job, and ends with it."""
    DONE = "done"
    """What it said is in the warehouse."""
    MERGED = "merged"
    """A newer state of the record has taken its place."""
    IGNORED = "ignored"
    """Older, unchanged, not wanted, or not about anything of ours."""
    HELD = "held"
    """Its job is held."""
    DEAD = "dead"
    """Its job is dead, or no job could be made of it: a dead letter."""

    def sources(self, *among: EventState) -> tuple[EventState, ...]:
        """The states from which an event may get here; `among` takes some of them. Raises ForbiddenTransition."""
        return _sources(EVENT_TRANSITIONS, self, among)


class PartState(StrEnum):
    """One part of a run: one connection and process."""

    WAITING = "waiting"
    """Not begun."""
    READING = "reading"
    """Its records are being read, slice by slice."""
    WORKING = "working"
    """All is read; what was found is being worked off."""
    DONE = "done"
    """All that was found is settled."""
    FAILED = "failed"
    """It could not be read to its end, or what was found could not be written."""
    BRAKED = "braked"
    """It would cancel too many orders: an operator is asked first."""
    BACKFILLING = "backfilling"
    """A backfill reads its records, beside the polls."""

    def sources(self, *among: PartState) -> tuple[PartState, ...]:
        """The states from which a part may get here; `among` takes some of them. Raises ForbiddenTransition."""
        return _sources(PART_TRANSITIONS, self, among)


class RunState(StrEnum):
    """Of a whole run: not stored, but told from its parts."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    BRAKED = "braked"


class ForbiddenTransition(AssertionError):
    """The table of transitions knows no such step: a fault of ours."""


S = TypeVar("S", bound=StrEnum)
Transitions = Mapping[S, Mapping[S, str]]
"""From which state, to which, and when that happens."""


JOB_TRANSITIONS: Transitions[JobState] = {
    JobState.WAITING: {
        JobState.RUNNING: "its turn in the lane has come",
        JobState.HELD: "a poll finds its order cancelled, and the brake has not let the run through yet",
        JobState.DONE: "an operator resolves it",
    },
    JobState.PARKED: {
        JobState.WAITING: "the next try is due, or an operator asks for it now",
        JobState.HELD: "a poll finds its order cancelled, and the brake has not let the run through yet",
        JobState.DONE: "an operator resolves it",
    },
    JobState.RUNNING: {
        JobState.WAITING: "the record has changed meanwhile, the worker has ended, or another try is due at once",
        JobState.PARKED: "another try is due later",
        JobState.HELD: "a person is needed",
        JobState.DEAD: "it was refused, or has failed too often",
        JobState.DONE: "it is settled",
    },
    JobState.HELD: {
        JobState.WAITING: "the record has changed, the brake or an operator lets it through",
        JobState.DONE: "an operator resolves it",
    },
    JobState.DEAD: {
        JobState.WAITING: "the record has changed, or an operator replays it",
        JobState.HELD: "a poll finds its order cancelled, and the brake has not let the run through yet",
        JobState.DONE: "an operator resolves it",
    },
    JobState.DONE: {
        JobState.WAITING: "the record has changed",
        JobState.HELD: "a poll finds its order cancelled, and the brake has not let the run through yet",
    },
}

EVENT_TRANSITIONS: Transitions[EventState] = {
    EventState.RECEIVED: {
        EventState.PARKED: "the source had to be asked and did not answer",
        EventState.QUEUED: "there is something to do: it belongs to a job now",
        EventState.MERGED: "a newer state of the record was taken in together with it",
        EventState.IGNORED: "there is nothing to do",
        EventState.DEAD: "it cannot be understood or stored, or the source refuses the read",
    },
    EventState.PARKED: {
        EventState.RECEIVED: "the next try is due, or an operator replays it",
    },
    EventState.QUEUED: {
        EventState.DONE: "its job is done",
        EventState.MERGED: "a newer state of the record came before the job took it up",
        EventState.IGNORED: "its job had nothing to do, or an operator resolved it",
        EventState.HELD: "its job is held",
        EventState.DEAD: "its job is dead",
    },
    EventState.DONE: {
        EventState.RECEIVED: "an operator replays it",
    },
    EventState.MERGED: {
        EventState.RECEIVED: "an operator replays it",
    },
    EventState.IGNORED: {
        EventState.RECEIVED: "an operator replays it",
    },
    EventState.HELD: {
        EventState.QUEUED: "its job waits again, or is resolved",
        EventState.MERGED: "a newer state of the record came",
    },
    EventState.DEAD: {
        EventState.RECEIVED: "an operator replays it, and it has no job",
        EventState.QUEUED: "its job waits again, or is resolved",
        EventState.MERGED: "a newer state of the record came",
    },
}

PART_TRANSITIONS: Transitions[PartState] = {
    PartState.WAITING: {
        PartState.READING: "a worker begins to read",
    },
    PartState.READING: {
        PartState.WORKING: "all is read",
        PartState.BRAKED: "all is read, and too many orders would be cancelled",
        PartState.FAILED: "a read has failed",
    },
    PartState.WORKING: {
        PartState.DONE: "all that was found is settled",
        PartState.FAILED: "the shop's login was refused, and quantities wait to be written",
    },
    PartState.BRAKED: {
        PartState.WORKING: "an operator confirms the run",
    },
    PartState.BACKFILLING: {
        PartState.WORKING: "the backfill has read all, or was stopped",
    },
    PartState.FAILED: {},
    PartState.DONE: {},
}


def _sources(table: Transitions[S], to: S, among: tuple[S, ...]) -> tuple[S, ...]:
    for before in among:
        _checked(table, to, before)
    return among or tuple(before for before, following in table.items() if to in following)


def _checked(table: Transitions[S], to: S, before: S) -> S:
    if to not in table[before]:
        raise ForbiddenTransition(f"{type(to).__name__}: {before.value} is never followed by {to.value}")
    return to
