"""A record that cannot be understood or stored: it is left out and named, and the others go on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.engine.jobs.run_part import PartRun, save_progress
from app.errors import LeaseLost, Malformed, NoSuchRecord, Refused, RemoteError, Unavailable
from app.logs import get_logger
from app.records import alerts
from app.storage.outages import is_passing

log = get_logger(__name__)


def is_odd(error: Exception) -> bool:
    """Whether one record is to blame, whatever was raised: neither the database, nor the lease, nor an outside system.

    An outside system's final no to a question about one record is about that record.
    """
    if isinstance(error, RemoteError):
        return isinstance(error, Refused) and not isinstance(error, NoSuchRecord)
    return not isinstance(error, LeaseLost) and not is_passing(error)


@dataclass
class Shop:
    """Tells a record that a shop cannot give from a shop that gives nothing. A single record can break its whole answer."""

    failures: int = 0
    """In a row."""

    def answered(self) -> None:
        self.failures = 0

    def is_at_fault(self, error: Exception, most: int) -> bool:
        """Whether the shop, and not the record that was asked for, is to blame; so after `most` failures in a row."""
        if is_odd(error):
            return False
        if not isinstance(error, (Unavailable, Malformed)) or error.status is None:
            return True
        self.failures += 1
        return self.failures >= most


async def leave_out(part_run: PartRun, what: str, subject: str, error: BaseException) -> None:
    """Names the record to an operator, and counts it. `what` it is in words; `subject` tells it from others in alerts."""
    log.error("record_not_stored", record=subject, exc_info=error)
    part_run.counts.clear()
    part_run.reasons.clear()
    part_run.counts.update(read=1, skipped=1)
    part_run.reasons["not-stored"] += 1
    now = part_run.gateway.clock()

    async def work(db: AsyncConnection) -> None:
        text = f"The gateway could not keep {what}; its log has the details"
        await alerts.raise_alert(db, "not-stored", part_run.connection.id, subject, text, now)
        await save_progress(db, part_run, 0)

    await part_run.gateway.database.run(work)


async def one_or_left_out(part_run: PartRun, what: str, store: Callable[[], Awaitable[None]]) -> None:
    """Stores one record, or leaves it out and names it. Raises what is no record's fault."""
    try:
        await store()
    except Exception as error:
        if not is_odd(error):
            raise
        await leave_out(part_run, what, f"{part_run.process}:{what}", error)


async def name_once_a_day(db: AsyncConnection, part_run: PartRun, kind: str, subject: str, text: str, now: datetime) -> None:
    """Raises the alert once a day for each subject."""
    await alerts.raise_daily(db, kind, part_run.connection.id, subject, text, now)
