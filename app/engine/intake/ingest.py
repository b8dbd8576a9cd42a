"""From events to jobs. Reads the record in the shop where a webhook says too little.

Events that need no read are decided at once. The others are read a few at a time, and what the shop has answered is decided every
few reads; new events are looked for meanwhile. A turn ends when its time is up: what is left goes on at the next wake-up.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState
from app.engine.core import leases
from app.engine.core.queue import Look, Task, of_product
from app.engine.core.runtime import Gateway
from app.engine.intake.deciding import Turn, decide
from app.engine.intake.shop_reads import ShopReads
from app.engine.intake.understanding import Ended, Ready, ToRead, understand
from app.engine.jobs.events import EventEnd, end_events
from app.errors import LeaseLost
from app.logs import get_logger
from app.records import events as event_records
from app.records.connections import Status
from app.records.events import Event, Wanted

log = get_logger(__name__)

BATCH_BYTES = 8 * 1024 * 1024
"""Most bytes of bodies taken at a time."""
TIME_TO_END = 10.0
"""Seconds before its time limit at which a task gives up its last reads."""


async def ingest(gateway: Gateway, connection_id: str) -> int:
    """Takes in the connection's waiting events. Returns how many, and 0 at once when another holds the lease."""
    connection = await gateway.connection(connection_id)
    if connection.status is not Status.ACTIVE:
        return 0
    began = time.monotonic()

    async def begin(db: AsyncConnection) -> tuple[leases.Lease, list[Event], bool] | None:
        lease = await leases.take(db, f"ingest:{connection_id}", gateway.settings.lease_seconds)
        if lease is None:
            return None
        return lease, *await event_records.received(db, connection_id, wanted(gateway))

    begun = await gateway.database.run(begin)
    if begun is None:
        return 0
    lease, events, is_all = begun
    work = _Work(Turn(gateway, connection, lease), began)
    try:
        async with leases.kept(gateway.database, lease):
            await work.run(events, is_all)
    except LeaseLost:
        log.warning("lease_lost", lease=lease.key)
        return work.count
    finally:
        await work.reads.end()
        if not work.ended:
            await leases.release(gateway.database, lease)
    if not gateway.stopping and work.more:
        await gateway.wake_ups.send(Task.INGEST, connection_id)
    return work.count


def wanted(gateway: Gateway, without: Sequence[int] = (), *, fresh: bool = False) -> Wanted:
    """How many events are taken at a time."""
    return Wanted(gateway.settings.ingest_batch, BATCH_BYTES, without, fresh)


class _Work:
    """The work of one turn. `ended`: the lease was given back. `more`: events are left for the next turn."""

    def __init__(self, turn: Turn, began: float) -> None:
        settings = turn.gateway.settings
        self._turn = turn
        self._ends = began + settings.slice_seconds
        deadline = began + max(settings.slice_seconds, settings.task_timeout_seconds - TIME_TO_END)
        self.reads = ShopReads(turn, deadline)
        self._is_all = False
        self.count = 0
        self.ended = False
        self.more = False

    @property
    def _is_over(self) -> bool:
        return self._turn.gateway.stopping or time.monotonic() >= self._ends

    async def run(self, events: list[Event], is_all: bool) -> None:
        """`is_all`: no other events were waiting when these were taken. However short the time is, some reads are made."""
        self._is_all, has_read = is_all, False
        while not self.ended:
            if events:
                await self._take(events)
            if has_read and self._is_over and self.reads.stop():
                self._is_all = False
            if self.reads.is_open:
                answers = await self.reads.collect()
                await self._decide(answers.ready, answers.ended)
                events, has_read = await self._new_events(), True
            elif self._is_all or self._is_over:
                break
            else:
                events, self._is_all = await self._received()
                if not events:
                    break
        if not self.ended:
            self.more = not self._is_all or await self._any_left()

    async def _take(self, events: list[Event]) -> None:
        """Decides what needs no read, and has the rest read; what has no room there is named, and waits in the inbox."""
        self.count += len(events)
        known = await understand(self._turn.gateway, self._turn.connection, events)
        # What belongs beside a new order is read before what was moved to the trash.
        to_read = sorted(known.to_read, key=lambda each: each.by_id)
        room = self.reads.room
        self.reads.add(to_read[:room])
        await self._decide(known.ready, known.ended)
        await self._put_back([each for each in to_read[room:] if not each.event.is_named])
        if len(to_read) > room:
            self._is_all = False

    async def _decide(self, ready: Sequence[Ready], ended: Sequence[Ended]) -> None:
        if not ready and not ended:
            return
        decided = await decide(self._turn, ready, ended, last=self._is_all and not self.reads.is_open)
        self.reads.add(decided.unsure)
        self.ended, self.more = decided.ended, decided.more
        if decided.queued:
            await self._turn.gateway.wake_ups.send(Task.DRAIN, self._turn.connection.lane)
        for product in sorted({each.product for each in ended if each.product is not None}):
            key = Look(self._turn.connection.id, of_product(product)).key
            await self._turn.gateway.wake_ups.send(Task.LOOK_AGAIN, key)

    async def _put_back(self, asked: Sequence[ToRead]) -> None:
        """Events that have a record's name were looked at, and do not stand before those that were not."""
        if not asked:
            return
        ends = [EventEnd(each.event.id, EventState.RECEIVED, each.process, each.source_id) for each in asked]

        async def store(db: AsyncConnection) -> None:
            await leases.renew(db, self._turn.lease)
            await end_events(db, ends, self._turn.connection.name)

        await self._turn.gateway.database.run(store)

    async def _received(self) -> tuple[list[Event], bool]:
        """The next events. Those that were not looked at yet come before those that wait for a read."""
        gateway, connection_id = self._turn.gateway, self._turn.connection.id

        async def take(db: AsyncConnection) -> tuple[list[Event], bool]:
            await leases.renew(db, self._turn.lease)
            events, is_all = await event_records.received(db, connection_id, wanted(gateway))
            if is_all or not any(each.is_named for each in events):
                return events, is_all
            fresh, _ = await event_records.received(db, connection_id, wanted(gateway, fresh=True))
            return fresh or events, False

        return await gateway.database.run(take)

    async def _new_events(self) -> list[Event]:
        """Events that came while others are read."""
        if self.ended or self._is_over:
            return []
        async with self._turn.gateway.database.read() as db:
            chosen = wanted(self._turn.gateway, self.reads.event_ids(), fresh=True)
            events, is_all = await event_records.received(db, self._turn.connection.id, chosen)
        self._is_all = self._is_all and is_all
        return events

    async def _any_left(self) -> bool:
        async with self._turn.gateway.database.read() as db:
            return await event_records.any_received(db, self._turn.connection.id)
