"""What a reconcile says of a record: the words of its counts, and which action mends what it found."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from app.domain import JobState
from app.domain.problem import RELEASABLE, with_what_lifts
from app.engine.core.sources import reads_by_id
from app.records.connections import Connection
from app.records.jobs import JobFacts
from app.records.longwork.lines import Line

SAME = "same"
ON_ITS_WAY = "on-its-way"
NOT_WANTED = "not-wanted"


class Kind(StrEnum):
    MISSING = "missing"
    """Should be in the warehouse and is not."""
    DOUBLED = "doubled"
    """The warehouse has two for one."""
    EXTRA = "extra"
    """The warehouse has an order that the shop has no more, or has cancelled."""
    DIFFERENT = "different"
    """The warehouse has it otherwise than it would be written now."""
    STUCK = "stuck"
    """On its way for too long, in one direction or the other."""
    STOCK = "stock"
    """The shop shows another quantity than it should."""


class Action(StrEnum):
    """What mends a finding. `engine.longwork.fixes` has the words, the command and the operation."""

    RESYNC = "resync"
    RELEASE = "release"
    SYNC_ORDERS = "sync-orders"
    SYNC_ARTICLES = "sync-articles"
    SYNC_STOCK = "sync-stock"
    LOOK_AT_LANE = "look-at-lane"
    CANCEL_BY_HAND = "cancel-by-hand"


def not_wanted(code: str) -> str:
    return f"{NOT_WANTED}/{code}"


def read_again(connection: Connection, otherwise: Action) -> Action:
    """Resync, where the system lets one record be read."""
    return Action.RESYNC if reads_by_id(connection) else otherwise


def on_the_way(job: JobFacts | None, connection: Connection, now: datetime, late: timedelta) -> Line | str | None:
    """What to say of a record whose job has not ended: on its way, or stuck. None when it has, or there is none."""
    if job is None or job.state is JobState.DONE:
        return None
    is_active = job.state in (JobState.WAITING, JobState.PARKED, JobState.RUNNING)
    if now - (job.ready_at if is_active else job.updated_at) < late:
        return ON_ITS_WAY
    noun = connection.system.noun
    if job.state is JobState.HELD:
        action = Action.RELEASE if job.reason_code in RELEASABLE else Action.RESYNC
        text = with_what_lifts(job.reason or "Held", job.reason_code, noun)
    elif job.state is JobState.DEAD:
        action, text = Action.RESYNC, job.reason or "It was given up"
    else:
        action, text = Action.LOOK_AT_LANE, job.reason or f"It waits in its lane since {job.ready_at:%Y-%m-%d %H:%M} UTC"
    return Line(Kind.STUCK, job.process, job.number, job.source_id, text, job.reason_code or job.state, job.mapping_id, action)
