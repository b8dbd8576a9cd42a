"""docs/states.md, drawn from the tables of transitions. A test finds when it is out of date."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

from app.domain import states
from app.domain.problem import LIFTED_BY
from app.domain.states import EVENT_TRANSITIONS, JOB_TRANSITIONS, PART_TRANSITIONS, EventState, JobState, PartState, Transitions
from app.reference.state_drawing import drawing

FILE = Path("docs/states.md")
"""Where the repository keeps it."""

HEAD = """# States

Made from the code by `make openapi`; do not edit. The tables stand in `app/domain/states.py`, and every statement that changes a
state takes its sources from there.
"""

JOBS = """
## Jobs

A job is one record's work: there is one for each connection, process and record. It begins as *waiting*, or as *held* when a poll
finds its order cancelled. A newer state of the record reopens it, whatever it came to.
"""

EVENTS = """
## Events

An event is one webhook. It begins as *received*. One that belongs to a job ends with it.
"""

PARTS = """
## Parts of a run

A run has one part for each connection and process. A part begins as *waiting*. A run is *failed* when one of its parts is, else
*braked* when one is, else *done* when all are.
"""


REASONS = """
## Reasons

What is held, left out or refused has a reason: a code, and a text whose last sentence is the event that ends it.

| code | what ends it |
|---|---|
"""


JOBS_BEGIN = (JobState.WAITING, JobState.HELD)


def document() -> str:
    """The whole page."""
    return "".join(
        [
            HEAD,
            JOBS,
            *_chapter(JOB_TRANSITIONS, JobState, "jobs"),
            EVENTS,
            *_chapter(EVENT_TRANSITIONS, EventState, "events"),
            PARTS,
            *_chapter(PART_TRANSITIONS, PartState, "parts"),
            REASONS,
            *(f"| `{code}` | {lifted % {'shop': 'the shop'}} |\n" for code, lifted in LIFTED_BY.items()),
        ]
    )


def drawings() -> Iterator[tuple[Path, str]]:
    """The pictures of the page."""
    yield _picture("jobs"), _drawn("States of a job", JOB_TRANSITIONS, JobState, JOBS_BEGIN)
    yield _picture("events"), _drawn("States of an event", EVENT_TRANSITIONS, EventState, (EventState.RECEIVED,))
    yield _picture("parts"), _drawn("States of a part of a run", PART_TRANSITIONS, PartState, (PartState.WAITING,))


def _picture(name: str) -> Path:
    return FILE.parent / "pictures" / f"states-{name}.svg"


def _drawn(title: str, table: Transitions[states.S], kind: type[states.S], first: Iterable[states.S]) -> str:
    following = {each.value: [after.value for after in table.get(each, {})] for each in kind}
    return drawing(title, following, [each.value for each in first])


def _chapter(table: Transitions[states.S], kind: type[states.S], picture: str) -> Iterator[str]:
    yield f"\n![The states and their transitions; the tables below say the same](pictures/{_picture(picture).name})\n"
    yield "\nIt begins in a state with a thick frame.\n"
    yield "\n| state | what it means |\n|---|---|\n"
    for name, meaning in _meanings(kind).items():
        yield f"| {name} | {meaning} |\n"
    yield "\n| from | to | when |\n|---|---|---|\n"
    for before, following in table.items():
        for after, when in following.items():
            yield f"| {before.value} | {after.value} | {when} |\n"


def _meanings(kind: type[StrEnum]) -> dict[str, str]:
    """What stands below each state in the code."""
    lines = [line.strip() for line in inspect.getsource(kind).splitlines()]
    return {
        line.partition('"')[2].rstrip('"'): below.strip('"')
        for line, below in itertools.pairwise(lines)
        if " = " in line and below.startswith('"""')
    }
