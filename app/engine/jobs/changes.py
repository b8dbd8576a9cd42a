"""Changes of records: how they were found, and which of them are newer than what is stored. Nothing here reads or writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from app.domain import JobState, Order, Process, Record, ShopState, SourceRecord, to_payload
from app.domain.problem import with_what_lifts
from app.domain.record import payload_hash
from app.flows.outcomes import Transfer
from app.records.connections import Connection
from app.records.mappings import Mapping
from app.tracing.origin import Origin, current_or_fresh

ACTIVE = (JobState.WAITING, JobState.PARKED, JobState.RUNNING)
"""A job in one of these states reads its record again by itself."""
BEYOND = timedelta(minutes=5)
"""A time so far ahead of ours is no version: some records bear times that are still to come. A read decides instead."""


class FoundBy(StrEnum):
    WEBHOOK = "webhook"
    POLL = "poll"
    SWEEP = "sweep"
    OPERATOR = "operator"
    AGAIN = "again"
    BACKFILL = "backfill"
    CALLER = "caller"


class Verdict(StrEnum):
    QUEUED = "queued"
    UNCHANGED = "unchanged"
    OLDER = "older"
    NOT_WANTED = "not-wanted"
    READ_FIRST = "read-first"
    """Only a read can tell whether it is newer than what is stored: their times do not."""


@dataclass(frozen=True)
class Found:
    """How a record was found: by a webhook's event, by a part of a run, or by an operator.

    `forced`: queued even if it has not changed. `resent`: the same, unless what is stored is newer. `held_by_brake`: not sent
    before its whole run has been checked.
    """

    by: FoundBy
    event_id: int | None = None
    received_at: datetime | None = None
    part_id: int | None = None
    held_by_brake: bool = False
    forced: bool = False
    resent: bool = False
    origin: Origin = field(default_factory=current_or_fresh, compare=False)


@dataclass(frozen=True)
class Version:
    """Which version of a record is stored: when it was modified (UTC), and the hash of its content."""

    modified_at: datetime | None
    hash: str | None


@dataclass(frozen=True)
class RecordChange:
    """A record and how it was found. `read_now`: it was read from the shop just now.

    `before` is the version that was stored when that read began. If it still is, what was read is newer, whatever its time says.
    """

    record: SourceRecord
    mapped: Record
    found: Found
    read_now: bool = False
    before: Version | None = None

    @property
    def process(self) -> Process:
        return self.record.process

    @property
    def source_id(self) -> str:
        return self.record.source_id

    @cached_property
    def payload(self) -> dict[str, Any]:
        """The mapped record as it is stored with a job."""
        return to_payload(self.mapped)

    @cached_property
    def digest(self) -> str:
        """The hash of the mapped content."""
        return payload_hash(self.payload)


@dataclass(frozen=True)
class RecordGone:
    """A record of which the shop itself says that it has none any more."""

    process: Process
    source_id: str
    found: Found


Change = RecordChange | RecordGone


@dataclass(frozen=True)
class EnqueueResult:
    """What became of a record change. `stored` is the version that it was compared with, where a read must decide.

    `code` is the reason's, where it is more than the verdict: before-go-live.
    """

    verdict: Verdict
    reason: str = ""
    job_id: int | None = None
    generation: int | None = None
    mapping_id: int | None = None
    stored: Version | None = None
    code: str = ""


def status_of(mapped: Record) -> str:
    return mapped.status[:40]


def wanted_of(mapped: Record) -> str:
    return "absent" if mapped.is_withdrawn else "present"


@dataclass(frozen=True)
class Stale:
    """Why a change goes no further. `stored`: the version that a read must be compared with."""

    verdict: Verdict
    reason: str
    stored: Version | None = None


def stale(mapping: Mapping, change: RecordChange, settings_version: int, now: datetime) -> Stale | None:
    """Freshness: an older version is dropped, the same content too. Where the times do not tell, the record is read once.

    None when the change is to be looked at further.
    """
    stored = Version(mapping.source_modified_at, mapping.source_hash)
    ours, theirs = stored.modified_at, change.record.modified_at
    moved = mapping.settings_version != settings_version
    # What was skipped under other settings is decided again, though its content is the same.
    same = stored.hash == change.digest and not (moved and mapping.transfer == Transfer.NONE) and not change.found.resent
    if change.found.by is FoundBy.BACKFILL and stored.hash == change.digest:
        return None  # left out before for a reason that a backfill lifts
    if ours is None or theirs is None:
        return _UNCHANGED if same and not moved else None
    is_newest = change.read_now and (change.before == stored or ours > now + BEYOND)
    if is_newest or max(ours, theirs) > now + BEYOND:
        if same:
            return _UNCHANGED
        return None if is_newest or change.read_now else _read_first(stored, "Its time is still to come")
    if theirs < ours:
        if change.found.by in (FoundBy.POLL, FoundBy.BACKFILL) and not change.read_now and stored.hash != change.digest:
            return _read_first(stored, "The shop lists an older version than the one that is stored")
        return Stale(Verdict.OLDER, f"What is stored is newer ({ours:%Y-%m-%d %H:%M:%S} UTC)")
    if same:
        return _UNCHANGED
    if theirs == ours and not change.read_now and not moved:
        return _read_first(stored, "Changed twice within the same second")
    return None


_UNCHANGED = Stale(Verdict.UNCHANGED, "Nothing that the warehouse needs has changed")


def _read_first(stored: Version, why: str) -> Stale:
    return Stale(Verdict.READ_FIRST, why, stored)


def newer_time(mapping: Mapping, change: RecordChange, now: datetime) -> datetime | None:
    """The time to store with unchanged content, so that an older version stays out; None: what is stored stays.

    A time that is still to come keeps out what is newer, so the time that a read shows takes its place.
    """
    theirs, ours = change.record.modified_at, mapping.source_modified_at
    corrects = change.read_now and ours is not None and ours > now + BEYOND
    return theirs if theirs is not None and theirs != ours and (ours is None or theirs > ours or corrects) else None


def may_be_there(mapping: Mapping) -> bool:
    """Whether the WMS has the record, or may have it: a write's outcome is not known yet."""
    return mapping.wms_id is not None or mapping.unsettled_attempt_id is not None


def why_skipped(mapping: Mapping, mapped: Record, connection: Connection) -> tuple[str, str] | None:
    """Why a record that has no active job needs none: it is not wanted in the warehouse, and nothing of it is or may be there."""
    if may_be_there(mapping) or mapping.transfer not in (Transfer.NONE, Transfer.PENDING):
        return None
    return why_left_out(mapped, connection)


def why_left_out(mapped: Record, connection: Connection) -> tuple[str, str] | None:
    """Why a record that is not in the warehouse does not come there: code and reason. Dry runs say the same."""
    noun, go_live = connection.system.noun, connection.settings.go_live
    if go_live is not None and mapped.created_at is not None and mapped.created_at < go_live:
        words = f"Made before the connection went live ({go_live:%Y-%m-%d %H:%M} UTC)"
        return "before-go-live", with_what_lifts(words, "before-go-live", noun)
    if isinstance(mapped, Order) and mapped.state is ShopState.COMPLETED:
        words = f"The {noun} has completed the order (status {mapped.status!r}), and it was never in the warehouse"
        return "not-wanted", with_what_lifts(words, "not-wanted", noun)
    if not mapped.wanted:
        why = [f"The {noun}'s status is {mapped.status!r}", *(mapped.notes if isinstance(mapped, Order) else ())]
        return "not-wanted", with_what_lifts("; ".join(why), "not-wanted", noun)
    return None
