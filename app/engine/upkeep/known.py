"""The active connections as the sweeper knows them: each is decrypted and checked when it has changed, not at every sweep."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.engine.core.runtime import Gateway
from app.errors import BadInput
from app.logs import get_logger
from app.records import alerts, connections, cursors
from app.records.connection_lanes import shop_lane
from app.records.connections import Connection, Status
from app.storage.outbound_tables import hooks
from app.storage.tables import connections as connection_rows

log = get_logger(__name__)

AGAIN = timedelta(minutes=1)
"""A connection that could not be opened is tried again after this time: the key may be there by then."""
ALL_AGAIN = timedelta(minutes=10)
"""Whether every poll has its cursor is looked at again after this time."""
AT_A_TIME = 500
SUBJECT = "cannot be opened"


@dataclass(frozen=True)
class Listed:
    """A connection that is not opened: what tells which it is, and whether it has changed."""

    id: str
    lane: str
    status: str
    version: int
    updated_at: datetime


async def _listed(db: AsyncConnection) -> dict[Listed, datetime | None]:
    """All connections, and when the guard checks their webhooks next (None: it never did). Decrypts and checks nothing."""
    of = connection_rows.c
    query = select(of.id, of.lane, of.status, of.settings_version, of.updated_at, hooks.c.next_check_at)
    found = await db.execute(query.outerjoin(hooks, hooks.c.connection_id == of.id).order_by(of.name))
    return {Listed(*row[:-1]): row[-1] for row in found}


@dataclass
class Known:
    """Active connections by id. Those that cannot be opened are left out, and named in an alert and the log."""

    gateway: Gateway
    active: dict[str, Connection] = field(default_factory=dict)
    lanes: frozenset[str] = frozenset()
    """The lanes of active connections, their shops' lanes included."""
    shared: frozenset[str] = frozenset()
    """Those of these lanes on which there is another connection that is not active."""
    next_checks: dict[str, datetime | None] = field(default_factory=dict)
    """When the guard checks the webhooks next. None: it never did."""
    _seen: dict[str, Listed] = field(default_factory=dict)
    _failed: dict[str, datetime] = field(default_factory=dict)
    _looked_at: datetime | None = None

    async def refresh(self, now: datetime) -> None:
        """One statement while nothing has changed."""
        async with self.gateway.database.read() as db:
            listed = await _listed(db)
        self.next_checks = {each.id: due_at for each, due_at in listed.items()}
        active = {each.id: each for each in listed if each.status == Status.ACTIVE}
        if gone := set(self._seen) - set(active):
            self._forget(gone)
        changed = [each for each in active.values() if self._seen.get(each.id) != each or self._is_to_try(each.id, now)]
        for start in range(0, len(changed), AT_A_TIME):
            await self._open(changed[start : start + AT_A_TIME], now)
        if self._looked_at is None or now - self._looked_at >= ALL_AGAIN:
            await self._ensure_cursors(list(self.active.values()), now)
            self._looked_at = now
        elif changed:
            await self._ensure_cursors([self.active[each.id] for each in changed if each.id in self.active], now)
        self.lanes = frozenset(lane for each in self.active.values() for lane in (each.lane, shop_lane(each.id)))
        self.shared = frozenset(each.lane for each in listed if each.id not in self.active) & self.lanes

    def _forget(self, ids: Collection[str]) -> None:
        for kept in (self._seen, self.active, self._failed):
            for each in ids:
                kept.pop(each, None)

    def _is_to_try(self, connection_id: str, now: datetime) -> bool:
        failed_at = self._failed.get(connection_id)
        return failed_at is not None and now - failed_at >= AGAIN

    async def _open(self, changed: list[Listed], now: datetime) -> None:
        async with self.gateway.database.read() as db:
            opened, failed = await connections.opened_and_closed(db, self.gateway.vault, ids=[each.id for each in changed])
        fresh = [(each.id, failed[each.id]) for each in changed if each.id in failed and self._is_news(each)]
        self._seen |= {each.id: each for each in changed}
        self.active |= {each.id: each for each in opened}
        for each in opened:
            self._failed.pop(each.id, None)
            if each.adjusted:
                log.warning("settings_adjusted", connection=each.name, found=list(each.adjusted))
        for connection_id in failed:
            self.active.pop(connection_id, None)
            self._failed[connection_id] = now
        await self._tell(fresh, now)

    def _is_news(self, each: Listed) -> bool:
        """Whether it could be opened before, or has changed since it could not."""
        return each.id not in self._failed or self._seen.get(each.id) != each

    async def _tell(self, failed: Sequence[tuple[str, Exception]], now: datetime) -> None:
        if not failed:
            return
        async with self.gateway.database.begin() as db:
            for connection_id, error in failed:
                text = f"The connection cannot be opened, so nothing of it is polled or sent: {reason(error)}"
                await alerts.raise_alert(db, "failing", connection_id, SUBJECT, text, now)
                log.error("connection_not_opened", connection=connection_id, error=type(error).__name__)

    async def _ensure_cursors(self, of: list[Connection], now: datetime) -> None:
        if not of:
            return
        async with self.gateway.database.read() as db:
            missing = await cursors.missing(db, of)
        if missing:
            async with self.gateway.database.begin() as db:
                failed = await cursors.make(db, missing, now)
            await self._tell(list(failed.items()), now)


def reason(error: Exception) -> str:
    """Why a connection cannot be opened."""
    if isinstance(error, BadInput):
        return f"{error.message}; {error.fix}" if error.fix else error.message
    return type(error).__name__
