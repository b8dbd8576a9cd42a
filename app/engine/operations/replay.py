"""Replays events, dead jobs and dead letters for an operator. A second call does nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState, JobState
from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.engine.jobs.events import events_wait_again
from app.engine.jobs.job_rows import AGAIN
from app.engine.operations.explaining.possible import Refusal
from app.errors import Conflict, NotFound
from app.records import dead_letters, mappings
from app.records.connection_lanes import shop_lane
from app.records.dead_letters import DeadLetter, Filter
from app.records.mappings import Note
from app.sentence import Sentence
from app.storage.audit.changes import Change, note
from app.storage.tables import inbox, jobs

REPLAY_BATCH = 200


async def replay_event(gateway: Gateway, event_id: int) -> None:
    """Takes the event in again, just like the first time. An older or unchanged record leads to nothing.

    Raises NotFound, and Conflict for an event that waits already, is held, or has no body any more.
    """
    asked = select(inbox.c.state, inbox.c.job_id, inbox.c.connection_id, inbox.c.body.is_(None).label("empty"))
    async with gateway.database.read() as db:
        row = (await db.execute(asked.where(inbox.c.id == event_id))).first()
    if row is None:
        raise NotFound(f"there is no event {event_id}", field="id", fix="list them with GET /events")
    if row.state == EventState.DEAD and row.job_id is not None:
        await replay_job(gateway, row.job_id)
        return
    if refusal := replay_refused(EventState(row.state), is_empty=row.empty):
        raise Conflict(Sentence("event %(id)s: %(why)s", id=event_id, why=refusal.message), fix=refusal.fix)
    async with gateway.database.begin() as db:
        if await _receive_again(db, event_id, EventState(row.state)):
            change = Change("state", str(row.state), EventState.RECEIVED.value)
            note(db, f"event {event_id}", (change,), connection_ids=(row.connection_id,))
    await gateway.wake_ups.send(Task.INGEST, row.connection_id)


def replay_refused(state: EventState, *, is_empty: bool) -> Refusal | None:
    """Why an event that is not dead with its job cannot be replayed; None: it can."""
    if state in (EventState.RECEIVED, EventState.QUEUED):
        return Refusal(Sentence("it is waiting already"), Sentence("see its job"))
    if state is EventState.HELD:
        fix = Sentence("release the record: %(operation)s", operation="POST /mappings/{id}/release")
        return Refusal(Sentence("its record is held"), fix)
    if is_empty:
        fix = Sentence("read the record again: %(operation)s", operation="POST /mappings/{id}/resync")
        return Refusal(Sentence("its body is not kept any more"), fix)
    return None


async def _receive_again(db: AsyncConnection, event_id: int, state: EventState) -> bool:
    again: dict[str, Any] = {"state": EventState.RECEIVED, "tries": 0, "due_at": None, "settled_at": None, "job_id": None}
    again |= {"generation": None, "reason_code": None, "reason": None}
    same = (inbox.c.id == event_id, inbox.c.state.in_(EventState.RECEIVED.sources(state)))
    done = await db.execute(update(inbox).where(*same).values(**again))
    return bool(done.rowcount)


async def replay_job(gateway: Gateway, job_id: int) -> bool:
    """Gives a dead job another round of tries.

    Returns whether the job was dead. It stays suspect: two such jobs never run back to back.
    """
    async with gateway.database.begin() as db:
        row = (await db.execute(select(jobs.c.lane, jobs.c.mapping_id, jobs.c.connection_id).where(jobs.c.id == job_id))).first()
        if row is None:
            raise NotFound(f"there is no job {job_id}", field="id", fix="list them with GET /jobs")
        replayed = await _revive(gateway, db, job_id, row.mapping_id)
        if replayed:
            change = Change("state", JobState.DEAD.value, JobState.WAITING.value)
            note(db, f"dead letter job-{job_id}", (change,), connection_ids=(row.connection_id,))
    await gateway.wake_ups.send(Task.DRAIN, row.lane)
    return replayed


async def _revive(gateway: Gateway, db: AsyncConnection, job_id: int, mapping_id: int) -> bool:
    now = gateway.clock()
    again = {**AGAIN, "ready_at": now, "updated_at": now}
    is_dead = jobs.c.state.in_(JobState.WAITING.sources(JobState.DEAD))
    done = await db.execute(update(jobs).where(jobs.c.id == job_id, is_dead).values(**again))
    if done.rowcount == 0:
        return False
    await events_wait_again(db, job_id, EventState.DEAD)
    await mappings.note(db, mapping_id, now, Note("replayed", "Replayed by an operator", job_id=job_id))
    return True


async def replay_letters(gateway: Gateway, letters: Sequence[DeadLetter]) -> int:
    """Replays these dead letters. Returns how many were still dead."""
    again: list[DeadLetter] = []
    async with gateway.database.begin() as db:
        for letter in letters:
            if letter.mapping_id is None:
                is_again = await _receive_again(db, letter.number, EventState.DEAD)
            else:
                is_again = await _revive(gateway, db, letter.number, letter.mapping_id)
            again += [letter] if is_again else []
        for connection_id in dict.fromkeys(letter.connection_id for letter in again):
            replayed = [letter.key for letter in again if letter.connection_id == connection_id]
            note(db, "dead letters", (Change("replayed", None, replayed),), connection_ids=(connection_id,))
    for connection_id in sorted({letter.connection_id for letter in letters}):
        await gateway.wake_ups.send(Task.INGEST, connection_id)
        await gateway.wake_ups.send(Task.DRAIN, (await gateway.connection(connection_id)).lane)
        await gateway.wake_ups.send(Task.DRAIN, shop_lane(connection_id))
    return len(again)


async def replay_filtered(gateway: Gateway, chosen: Filter) -> int:
    """Replays every dead letter of the filter that was dead when this began. Returns how many."""
    count, after = 0, None
    while True:
        async with gateway.database.read() as db:
            letters = await dead_letters.search(db, chosen, after=after, limit=REPLAY_BATCH)
        if not letters:
            return count
        count += await replay_letters(gateway, letters)
        after = letters[-1].position
