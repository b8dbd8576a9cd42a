"""Decides about events that are ready: all in one transaction, or, if that fails, each in its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState
from app.engine.core import failpoints, leases
from app.engine.core.leases import Lease
from app.engine.core.runtime import Gateway
from app.engine.intake.understanding import NO_RIGHT, Ended, Ready, ToRead, dead
from app.engine.jobs import enqueue, events
from app.engine.jobs.enqueue import EnqueueResult, RecordChange, Verdict
from app.engine.jobs.events import EventEnd
from app.errors import LeaseLost
from app.logs import get_logger
from app.records import alerts, cursors
from app.records import events as event_records
from app.records.connections import Connection
from app.records.webhooks import checks
from app.storage.outages import is_passing

log = get_logger(__name__)

NOT_STORED = "The gateway could not keep what it says; its log has the details"


@dataclass(frozen=True)
class Turn:
    """One worker's turn at the events of one connection, under a lease."""

    gateway: Gateway
    connection: Connection
    lease: Lease


@dataclass
class Decided:
    """What became of a batch.

    `unsure`: must be read first. `ended`: the lease was given back with it; `more`: other events were waiting then.
    """

    unsure: list[ToRead] = field(default_factory=list)
    queued: bool = False
    ended: bool = False
    more: bool = False


class _ReadFirst(Exception):
    """Some of a last batch must be read first, so it is not the last."""


async def decide(turn: Turn, ready: Sequence[Ready], ended: Sequence[Ended], *, last: bool) -> Decided:
    """Stores what becomes of the events. With `last`, gives the lease back in the same transaction.

    Raises LeaseLost, and what the database raises when it is away.
    """
    try:
        return await _together(turn, ready, ended, last=last)
    except _ReadFirst:
        return await decide(turn, ready, ended, last=False)
    except LeaseLost:
        raise
    except Exception as error:
        if is_passing(error):
            raise
        log.warning("batch_failed", rows=len(ready) + len(ended), error=type(error).__name__)
    return await _one_by_one(turn, ready, ended)


async def _one_by_one(turn: Turn, ready: Sequence[Ready], ended: Sequence[Ended]) -> Decided:
    """An event that cannot be stored must not block the others: it becomes a dead letter."""
    decided = Decided()
    every: list[Ready | Ended] = [*ready, *ended]
    for one in sorted(every, key=lambda each: each.event.id):
        alone: tuple[list[Ready], list[Ended]] = ([one], []) if isinstance(one, Ready) else ([], [one])
        try:
            found = await _together(turn, *alone, last=False)
        except LeaseLost:
            raise
        except Exception as error:
            if is_passing(error):
                raise
            log.exception("event_not_stored", event_id=one.event.id)
            found = await _together(turn, [], [dead(one.event, "not-stored", NOT_STORED)], last=False)
        decided.unsure += found.unsure
        decided.queued = decided.queued or found.queued
    return decided


async def _together(turn: Turn, ready: Sequence[Ready], ended: Sequence[Ended], *, last: bool) -> Decided:
    now = turn.gateway.clock()

    async def store(db: AsyncConnection) -> Decided:
        # As long as the lease is ours, no other worker has decided these events.
        await (leases.give_back(db, turn.lease) if last else leases.renew(db, turn.lease))
        results = await enqueue.enqueue_changes(db, turn.connection, [each.change for each in ready], now)
        decided = [(each, result) for each, result in zip(ready, results, strict=True) if not each.of_family]
        unsure = [_unsure(each) for each, result in decided if result.verdict is Verdict.READ_FIRST]
        if unsure and last:
            raise _ReadFirst
        ends = [_end(each, result) for each, result in decided if result.verdict in _WITHOUT_JOB]
        ends += [EventEnd(each.event.id, each.state, reason_code=each.code, reason=each.reason) for each in ended]
        await events.end_events(db, [end.settled(now) for end in ends], turn.connection.name)
        for process in sorted({each.sweep for each in ended if each.sweep is not None}):
            await cursors.ask_for_sweep(db, turn.connection, process, now)
        if any(each.code == NO_RIGHT for each in ended):
            await checks.ask_for_check(db, turn.connection.id, now)
        for kind, subject, text in sorted(each.alert for each in ended if each.alert is not None):
            await alerts.raise_alert(db, kind, turn.connection.id, subject, text, now)
        more = last and await event_records.any_received(db, turn.connection.id)
        failpoints.hit("ingest-before-commit")
        return Decided(unsure, any(each.verdict is Verdict.QUEUED for each in results), last, more)

    decided = await turn.gateway.database.run(store)
    failpoints.hit("ingest-after-commit")
    _tell(ended)
    return decided


_WITHOUT_JOB = (Verdict.UNCHANGED, Verdict.OLDER, Verdict.NOT_WANTED)


def _end(one: Ready, result: EnqueueResult) -> EventEnd:
    """Names the record on the event, so that it is found by its record even without a job."""
    process, source_id = one.change.process, one.change.source_id
    return EventEnd(one.event.id, EventState.IGNORED, process, source_id, reason_code=result.verdict, reason=result.reason)


def _unsure(one: Ready) -> ToRead:
    """The shop says which of two changes is the newer. Where it says nothing, the delivery counts.

    Only the deep sweep proves that a record is gone: the shop has just announced this one.
    """
    assert isinstance(one.change, RecordChange)
    return ToRead(one.event, one.change.process, one.change.source_id, one.change.record)


def _tell(ended: Sequence[Ended]) -> None:
    for each in ended:
        if each.alert is not None and each.state is EventState.IGNORED:
            log.warning("event_ignored", code=each.code)
