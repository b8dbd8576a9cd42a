"""How connections stand, of many at once: when each heard of its shop last, and what keeps it from its work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState, Process
from app.records.alerts.listing import OPEN
from app.records.sessions import Ended
from app.storage.outbound_tables import hooks
from app.storage.tables import alerts, connections, cursors, inbox, sessions
from app.storage.types import spelled


@dataclass(frozen=True)
class Poll:
    """Of one process: the last time, the next, and how often it failed in a row."""

    process: Process
    polled_at: datetime | None
    next_at: datetime
    failures: int
    error: str | None


@dataclass(frozen=True)
class Standing:
    """`webhooks`: the state of the shop's webhooks at the guard's last check; None before the first. Times in UTC."""

    webhook_at: datetime | None = None
    polls: tuple[Poll, ...] = ()
    has_session: bool = False
    ended: Ended | None = None
    webhooks: str | None = None
    webhooks_error: str | None = None
    webhooks_checked_at: datetime | None = None
    open_alerts: int = 0

    @property
    def polled_at(self) -> datetime | None:
        return max((each.polled_at for each in self.polls if each.polled_at is not None), default=None)


@dataclass
class _Found:
    webhooks: dict[str, datetime] = field(default_factory=dict)
    polls: dict[str, list[Poll]] = field(default_factory=dict)


async def of(db: AsyncConnection, ids: Sequence[str]) -> dict[str, Standing]:
    """By the connections' ids. Six statements, whatever their number and history."""
    found = _Found(await _last_webhooks(db, ids), await _polls(db, ids))
    columns = (sessions.c.connection_id, sessions.c.ended_at, sessions.c.ended_words)
    logins = {row.connection_id: row for row in await db.execute(select(*columns).where(sessions.c.connection_id.in_(ids)))}
    seen = (hooks.c.connection_id, hooks.c.state, hooks.c.last_error, hooks.c.checked_at)
    guarded = {row.connection_id: row for row in await db.execute(select(*seen).where(hooks.c.connection_id.in_(ids)))}
    of_each = select(alerts.c.connection_id, func.count()).where(text(OPEN), alerts.c.connection_id.in_(ids))
    told = {row[0]: row[1] for row in await db.execute(of_each.group_by(alerts.c.connection_id))}
    made = {}
    for each in ids:
        login, guard = logins.get(each), guarded.get(each)
        made[each] = Standing(
            webhook_at=found.webhooks.get(each),
            polls=tuple(sorted(found.polls.get(each, ()), key=lambda poll: poll.process.value)),
            has_session=login is not None,
            ended=Ended(login.ended_at, login.ended_words or "") if login is not None and login.ended_at is not None else None,
            webhooks=guard.state if guard is not None else None,
            webhooks_error=guard.last_error if guard is not None else None,
            webhooks_checked_at=guard.checked_at if guard is not None else None,
            open_alerts=told.get(each, 0),
        )
    return made


async def _last_webhooks(db: AsyncConnection, ids: Sequence[str]) -> dict[str, datetime]:
    """Each state is a look at the end of an index; the newest of them is read."""
    looks = [_newest(state).correlate(connections).scalar_subquery().label(state.value) for state in EventState]
    rows = await db.execute(select(connections.c.id, *looks).where(connections.c.id.in_(ids)))
    newest = {row.id: max((each for each in row[1:] if each is not None), default=None) for row in rows}
    wanted = {event_id: connection_id for connection_id, event_id in newest.items() if event_id is not None}
    if not wanted:
        return {}
    times = await db.execute(select(inbox.c.id, inbox.c.received_at).where(inbox.c.id.in_(wanted)))
    return {wanted[row.id]: row.received_at for row in times}


def _newest(state: EventState) -> Select[tuple[int]]:
    """The newest event of a connection in that state.

    A range of one state, in the order of the index that begins with it. With "=" and max(id) PostgreSQL may go back through the
    events of all connections instead, until it meets one of this connection.
    """
    word = spelled(state)[0]
    mine = select(inbox.c.id).where(inbox.c.connection_id == connections.c.id)
    if state is EventState.RECEIVED:
        return mine.where(inbox.c.state == word).order_by(inbox.c.connection_id.desc(), inbox.c.id.desc()).limit(1)
    mine = mine.where(inbox.c.state >= word, inbox.c.state <= word, inbox.c.state != spelled(EventState.RECEIVED)[0])
    return mine.order_by(inbox.c.state.desc(), inbox.c.id.desc()).limit(1)


async def _polls(db: AsyncConnection, ids: Sequence[str]) -> dict[str, list[Poll]]:
    of_them = select(cursors).where(cursors.c.connection_id.in_(ids))
    found: dict[str, list[Poll]] = {}
    for row in await db.execute(of_them):
        poll = Poll(Process(row.process), row.polled_at, row.next_poll_at, row.failures, row.last_error)
        found.setdefault(row.connection_id, []).append(poll)
    return found
