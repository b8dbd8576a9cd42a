"""The calls of one claimed job: recorded as attempts, and remembered for how the job ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from app.engine.core import circuit
from app.engine.core.attempts import About, Blocked, EndedCall, Planned, RecordedCalls, is_unknown
from app.engine.dispatch.gate import SEND_WITHIN_SECONDS, Answered, Gate
from app.engine.dispatch.loading import ClaimedJob
from app.engine.dispatch.mapping_updates import NumberClaim
from app.engine.dispatch.unsettled import NOT_DONE, is_own
from app.engine.jobs.changes import FoundBy
from app.errors import RemoteError, Unavailable
from app.flows.outcomes import UnknownWrite
from app.metrics import ATTEMPTS
from app.records import mappings
from app.records.connections import Connection

T = TypeVar("T")

PATIENCE = timedelta(hours=1)
"""So long a report waits without losing tries for a shop that answers its reads and fails over every write of that method."""


def about(claimed: ClaimedJob) -> About:
    return About(claimed.job.id, claimed.mapping.id, claimed.job.taken_generation)


@dataclass
class JobCalls(RecordedCalls):
    """The calls that one job makes to one outside system while it is claimed."""

    connection: Connection
    claimed: ClaimedJob
    gate: Gate[Any]
    outcome_unknown: bool = False
    """The job sent a write whose outcome is not known."""
    unsettled_attempt_id: int | None = None
    """That write was of the record itself: the WMS may have it or not."""
    was_answered: bool = False
    """A call of this job went well."""
    is_down: bool = False
    """The method's circuit is open and no call of this job went well: the WMS is down, whatever the record. In a shop the writes
    alone may be."""
    paused: str | None = None
    """The method that its last failure paused, in words."""
    ended: list[EndedCall] = field(default_factory=list)
    """Writes whose results are not stored yet."""
    number: NumberClaim | None = None
    """A number that the record claims, if that is not stored yet."""

    @property
    def noun(self) -> str:
        """What people call the connection's system: shop, ERP."""
        return self.connection.system.noun

    @property
    def updates_whatever_status(self) -> bool:
        """Whether the connection's system has an order that is in the warehouse kept up to date in every status."""
        return self.connection.system.updates_whatever_status

    @property
    def mapping(self) -> mappings.Mapping:
        return self.claimed.mapping

    @property
    def mapping_id(self) -> int:
        return self.claimed.mapping.id

    @property
    def unknown_write(self) -> UnknownWrite | None:
        return self.claimed.unknown_write

    @property
    def given_up_seconds(self) -> float:
        """For how long a write that was not answered may still be under way."""
        return self.call_timeout_seconds

    @property
    def released(self) -> bool:
        return self.claimed.job.override == "release"

    @property
    def asked_for(self) -> bool:
        return self.claimed.job.found_by == FoundBy.OPERATOR

    @property
    def is_unsettled(self) -> bool:
        return self.unsettled_attempt_id is not None

    async def read(self, call: str, do: Callable[[], Awaitable[T]]) -> T:
        """Makes a call that changes nothing. Only its failure costs a transaction, or a success after failures."""
        counter = circuit.key_for(self.counted, call)
        until = self.gate.counters.blocked_until(counter, self.gateway.clock())
        if until is not None:
            raise Blocked(self.system, call, until)
        try:
            answer = await do()
        except RemoteError as error:
            await self._count(call, error)
            raise
        await self._count(call, None)
        return answer

    async def write(self, call: str, request: Mapping[str, Any] | None, do: Callable[[], Awaitable[T]]) -> T:
        planned = Planned(self.about, call, request, self.call_timeout_seconds + SEND_WITHIN_SECONDS)
        begun = await self.gate.open(planned, self.system, circuit.key_for(self.counted, call), self.number)
        self.number = None
        try:
            answer = await self.send(begun, do)
        except RemoteError as error:
            await self._ended(EndedCall(begun, error))
            raise
        await self._ended(EndedCall(begun, None, answer))
        return answer

    async def _ended(self, ended: EndedCall) -> None:
        """Keeps the result until the job ends. Until it is stored, nobody takes the write as made: it would be read."""
        call, own = ended.begun.call, is_own(self.claimed.job.process, ended.begun.call)
        self.ended.append(ended)
        self.gate.answered.append(Answered(self.mapping_id, ended, is_open=own and ended.result not in NOT_DONE))
        self.outcome_unknown = is_unknown(ended.error)
        if self.outcome_unknown and own:
            self.unsettled_attempt_id = ended.begun.attempt_id
        ATTEMPTS.labels(call, ended.result).inc()
        await self._count(call, ended.error)

    async def _count(self, call: str, error: RemoteError | None) -> None:
        """Counts a failure at once, and a success if there is something to set back to zero."""
        self.was_answered |= error is None
        counters = self.gate.counters
        if error is None and not counters.counts(circuit.key_for(self.counted, call)):
            return
        async with self.gateway.database.begin() as db:
            used_up = await self.count(db, call, error)
            await counters.read(db)
        until = counters.blocked_until(circuit.key_for(self.counted, call), self.gateway.clock())
        self.paused = f"{call.replace(' shop ', f' {self.noun} ')} is paused until {until:%H:%M:%S} UTC" if until else None
        self.is_down |= used_up and (not self.was_answered or self._is_the_shops(error))

    def _is_the_shops(self, error: RemoteError | None) -> bool:
        """Whether a shop that reads well and fails over every write is to blame, and not the record: so for PATIENCE."""
        waited = self.gateway.clock() - self.claimed.job.ready_at
        return self.is_shop and isinstance(error, Unavailable) and waited < PATIENCE
