"""Which state may follow which, cell by cell."""

from __future__ import annotations

from enum import StrEnum

import pytest

from app.domain import EventState, JobState, PartState
from app.domain.states import EVENT_TRANSITIONS, JOB_TRANSITIONS, PART_TRANSITIONS, ForbiddenTransition, S, Transitions

# From the left to the top. yes: allowed; a dot: forbidden; a line: to stay is no transition.
JOBS = """
           waiting  parked  running  held  dead  done
waiting    -        .       yes      yes   .     yes
parked     yes      -       .        yes   .     yes
running    yes      yes     -        yes   yes   yes
held       yes      .       .        -     .     yes
dead       yes      .       .        yes   -     yes
done       yes      .       .        yes   .     -
"""

EVENTS = """
           received  parked  queued  done  merged  ignored  held  dead
received   -         yes     yes     .     yes     yes      .     yes
parked     yes       -       .       .     .       .        .     .
queued     .         .       -       yes   yes     yes      yes   yes
done       yes       .       .       -     .       .        .     .
merged     yes       .       .       .     -       .        .     .
ignored    yes       .       .       .     .       -        .     .
held       .         .       yes     .     yes     .        -     .
dead       yes       .       yes     .     yes     .        .     -
"""

PARTS = """
             waiting  reading  working  done  failed  braked  backfilling
waiting      -        yes      .        .     .       .       .
reading      .        -        yes      .     yes     yes     .
working      .        .        -        yes   yes     .       .
done         .        .        .        -     .       .       .
failed       .        .        .        .     -       .       .
braked       .        .        yes      .     .       -       .
backfilling  .        .        yes      .     .       .       -
"""

Cell = tuple[str, str, bool]


def cells(picture: str) -> list[Cell]:
    top, *rows = [line.split() for line in picture.strip().splitlines()]
    return [(row[0], to, mark == "yes") for row in rows for to, mark in zip(top, row[1:], strict=True)]


def states_of(picture: str) -> set[str]:
    return {before for before, _, _ in cells(picture)}


@pytest.mark.parametrize(("before", "to", "is_allowed"), cells(JOBS))
def test_jobs(before: str, to: str, is_allowed: bool) -> None:
    assert _is_allowed(JOB_TRANSITIONS, JobState(before), JobState(to)) is is_allowed


@pytest.mark.parametrize(("before", "to", "is_allowed"), cells(EVENTS))
def test_events(before: str, to: str, is_allowed: bool) -> None:
    assert _is_allowed(EVENT_TRANSITIONS, EventState(before), EventState(to)) is is_allowed


@pytest.mark.parametrize(("before", "to", "is_allowed"), cells(PARTS))
def test_parts(before: str, to: str, is_allowed: bool) -> None:
    assert _is_allowed(PART_TRANSITIONS, PartState(before), PartState(to)) is is_allowed


def _is_allowed(table: Transitions[S], before: S, to: S) -> bool:
    return to in table[before]


@pytest.mark.parametrize(("kind", "picture"), [(JobState, JOBS), (EventState, EVENTS), (PartState, PARTS)])
def test_no_state_is_left_out(kind: type[StrEnum], picture: str) -> None:
    assert states_of(picture) == {state.value for state in kind}


def test_a_statement_takes_all_sources_of_a_state_from_the_table() -> None:
    assert JobState.RUNNING.sources() == (JobState.WAITING,)
    assert JobState.DEAD.sources() == (JobState.RUNNING,)
    assert EventState.PARKED.sources() == (EventState.RECEIVED,)
    assert PartState.WORKING.sources() == (PartState.READING, PartState.BRAKED, PartState.BACKFILLING)


def test_a_statement_may_take_some_of_them() -> None:
    assert JobState.WAITING.sources(JobState.PARKED) == (JobState.PARKED,)
    assert EventState.DEAD.sources(EventState.RECEIVED) == (EventState.RECEIVED,)


def test_a_statement_cannot_take_a_source_that_the_table_does_not_know() -> None:
    with pytest.raises(ForbiddenTransition, match="JobState: held is never followed by running"):
        JobState.RUNNING.sources(JobState.WAITING, JobState.HELD)
    with pytest.raises(ForbiddenTransition, match="EventState: held is never followed by received"):
        EventState.RECEIVED.sources(EventState.HELD)
    with pytest.raises(ForbiddenTransition, match="PartState: failed is never followed by done"):
        PartState.DONE.sources(PartState.FAILED)


def test_a_job_that_was_read_moves_on_by_the_table() -> None:
    assert JobState.WAITING.after(JobState.DONE) is JobState.WAITING
    assert JobState.HELD.after(JobState.HELD) is JobState.HELD
    with pytest.raises(ForbiddenTransition, match="JobState: parked is never followed by running"):
        JobState.RUNNING.after(JobState.PARKED)
