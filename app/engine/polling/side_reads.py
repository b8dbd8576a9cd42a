"""Records of a poll that wait alone, because what belongs beside them could not be read and may be readable soon.

Their ids stand in the cursor. The next poll, a minute later, reads them after what is new. While they go on failing the polls
come less often, down to the connection's own interval.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import SourceRecord
from app.engine.core.sources import reads_by_id, record_source
from app.engine.jobs.mapper import completed
from app.engine.jobs.run_part import PartRun
from app.engine.polling.lots import AT_ONCE
from app.errors import Paced, RateLimited, RemoteError
from app.integrations.kit.side_reads import PASSING
from app.integrations.protocol import Page
from app.integrations.protocol.source import ReadsAgain
from app.json_reading import moment
from app.logs import get_logger
from app.records import cursors

log = get_logger(__name__)

LATER = "wait_for_side_reads"
"""Member of a cursor: ids of the records that wait, those that have just failed last."""
WAITED = "waited_polls"
"""Member of a cursor: the polls in a row after which records still waited."""
NOT_BEFORE = "side_reads_not_before"
"""Member of a cursor: when the system wants to be asked again (UTC, ISO)."""
GONE = "said_to_be_gone"
"""Member of a cursor: `Beside.gone`."""
OURS = (LATER, WAITED, NOT_BEFORE, GONE)
"""Members of a cursor that are not the source's own."""
MOST_LATER = 200
"""When more than so many wait, it is no matter of single records: the poll fails and is done again."""
AT_A_TIME = 50
"""So many of the records that wait are read together."""
SOON = timedelta(minutes=1)
MOST_DOUBLED = 10


@dataclass(frozen=True)
class Waiting:
    """What a cursor says of records that wait."""

    ids: tuple[str, ...] = ()
    polls: int = 0
    not_before: datetime | None = None
    gone: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def pause(self) -> timedelta:
        """Until the poll that reads them again, unless the connection's own interval is shorter."""
        return SOON * (1 << min(self.polls, MOST_DOUBLED))


def taken_out(cursor: Mapping[str, Any] | None) -> tuple[dict[str, Any] | None, Waiting]:
    """The source's own cursor, and the records that wait."""
    own = dict(cursor or {})
    ids, polls, not_before, gone = (own.pop(name, None) for name in OURS)
    doubted = {str(key): (int(times), int(part)) for key, (times, part) in (gone or {}).items()}
    found = Waiting(tuple(str(each) for each in ids or ()), polls if isinstance(polls, int) else 0, moment(not_before), doubted)
    return own or None, found


def put_in(cursor: Mapping[str, Any] | None, waiting: Waiting) -> dict[str, Any]:
    own = {key: value for key, value in (cursor or {}).items() if key not in OURS}
    if waiting.ids:
        own |= {LATER: list(waiting.ids)} | ({WAITED: waiting.polls} if waiting.polls else {})
    if waiting.not_before is not None:
        own[NOT_BEFORE] = waiting.not_before.isoformat()
    if waiting.gone:
        own[GONE] = {key: list(told) for key, told in waiting.gone.items()}
    return own


def still_waiting(part_run: PartRun) -> Waiting:
    beside = part_run.beside
    return Waiting(tuple(beside.waiting), beside.polls, beside.not_before, beside.gone)


async def keep_waiting(part_run: PartRun) -> None:
    """Stores that they wait, outside a page. Those of earlier slices go on waiting."""
    if part_run.part.dry_run:
        return

    async def work(db: AsyncConnection) -> None:
        stored = await cursors.ensure(db, part_run.connection, part_run.process, part_run.gateway.clock())
        own, before = taken_out(stored.cursor)
        mine = still_waiting(part_run)
        ids = tuple(dict.fromkeys((*before.ids, *mine.ids)))
        await cursors.change(db, part_run.connection.id, part_run.process, cursor=put_in(own, replace(mine, ids=ids, polls=0)))

    await part_run.gateway.database.run(work)


def take_up(part_run: PartRun, *found: Waiting) -> None:
    """What earlier polls, and earlier slices of this one, have left waiting; the connection's own first."""
    beside, now = part_run.beside, part_run.gateway.clock()
    beside.gone = dict(found[0].gone)
    beside.waiting = dict.fromkeys(source_id for each in found for source_id in each.ids)
    beside.polls = max((each.polls for each in found), default=0)
    later = [each.not_before for each in found if each.not_before is not None and each.not_before > now]
    if later:
        beside.not_before = max(later)
        asked, system = (beside.not_before - now).total_seconds(), part_run.connection.system
        message = f"the {system.noun} asked for no more calls before {beside.not_before:%H:%M:%S} UTC"
        beside.stopped = RateLimited(message, system=f"the {system.noun}", call="side reads", retry_after=asked)


# --- reading beside a record ------------------------------------------------------------------------------------------


async def complete(part_run: PartRun, record: SourceRecord) -> SourceRecord:
    """The record with what belongs beside it. Raises RemoteError.

    After a few failures in a row, and after a 429, nothing more is asked for in this slice: what needs it fails at once.
    """
    gateway, connection, beside = part_run.gateway, part_run.connection, part_run.beside
    (whole,) = await completed(gateway, connection, [record])
    if whole is not None:
        return whole
    if beside.stopped is not None:
        raise beside.stopped
    try:
        found = await gateway.source(connection).enrich(record)
    except Paced:
        raise  # nothing failed: the whole part goes on later
    except PASSING as error:
        _count(part_run, error)
        raise
    beside.in_row.went_well()
    return found


def _count(part_run: PartRun, error: RemoteError) -> None:
    beside = part_run.beside
    if not beside.in_row.is_its_own(error) or isinstance(error, RateLimited):
        beside.stopped = error
    if isinstance(error, RateLimited) and error.retry_after is not None:
        asked = part_run.gateway.clock() + timedelta(seconds=error.retry_after)
        beside.not_before = max(asked, beside.not_before or asked)


def may_wait(part_run: PartRun, source_id: str, error: Exception) -> bool:
    """Whether the record waits by itself: what failed is what belongs beside it, and it may go well soon."""
    if not isinstance(error, PASSING) or isinstance(error, Paced) or not reads_by_id(part_run.connection):
        return False
    return _waits(part_run, source_id, error)


def _waits(part_run: PartRun, source_id: str, error: RemoteError) -> bool:
    beside = part_run.beside
    is_new = source_id not in beside.waiting
    if is_new and len(beside.waiting) >= MOST_LATER:
        return False
    if is_new:
        beside.polls = 0
    beside.waiting.pop(source_id, None)
    beside.waiting[source_id] = None
    beside.failed.add(source_id)
    beside.error = f"{error.call}: {error.message}"
    log.warning("record_waits_for_side_read", record=source_id, call=error.call, status=error.status)
    return True


def wait_for_parts(part_run: PartRun, page: Page) -> None:
    """The page's records whose parts could not be read wait. Raises RemoteError when too many do."""
    for source_id, error in page.waiting.items():
        if isinstance(error, RateLimited):
            _count(part_run, error)
        if not reads_by_id(part_run.connection) or not _waits(part_run, source_id, error):
            raise error


# --- reading again ----------------------------------------------------------------------------------------------------


async def read_again(part_run: PartRun, store: Callable[[Page], Awaitable[bool]]) -> None:
    """Stores the records that have waited, as they are now. One that is gone waits no more: the deep sweep finds that out.

    What is not read, and what fails again, goes on waiting. `store` returns whether there was time to store all of a page.
    """
    beside = part_run.beside
    left = [source_id for source_id in beside.waiting if source_id not in beside.failed]
    while left and beside.stopped is None:
        most = AT_ONCE if part_run.time_is_up else AT_A_TIME
        some, left = left[:most], left[most:]
        try:
            async for page in _pages_of(part_run, some):
                if not await store(page):
                    return
        except Paced:
            raise
        except RemoteError as error:
            log.warning("waiting_records_not_read", records=len(some), call=error.call, status=error.status)
            return
        for source_id in some:
            if source_id not in beside.failed:
                beside.waiting.pop(source_id, None)
        await store(Page((), {}, 0))


async def _pages_of(part_run: PartRun, source_ids: Sequence[str]) -> AsyncIterator[Page]:
    source = record_source(part_run.gateway, part_run.connection)
    if isinstance(source, ReadsAgain):
        async for page in source.again(part_run.process, source_ids):
            yield page
        return
    found = await source.read_many(part_run.process, source_ids)
    yield Page(tuple(record for record in found.values() if record is not None), {})
