"""What a transaction changes, as people read it, and its rows.

Operations say it with `note`. A transaction of somebody at work that changes rows and says nothing is kept as well, by the names
of its tables: nothing is changed without a trace.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import event, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.audit.acts import Act, at_work
from app.storage.side_tables import audit
from app.storage.tables import connections

OPTION = "gateway_changes"

BY_THE_GATEWAY = frozenset(
    {
        "alerts",
        "audit",
        "budgets",
        "console_sessions",
        "cursors",
        "former_secrets",
        "hooks",
        "leases",
        "outgoing_addresses",
        "outgoing_webhooks",
        "sessions",
        "upkeep",
        "visits",
    }
)
"""Tables in which the gateway keeps what follows from a change, or what it found out. Who changes them on purpose notes it."""

MOST_CHANGES = 200
MOST_CHARACTERS = 2000
"""Of one value. What is longer is cut."""


@dataclass(frozen=True)
class Change:
    """One value before and after. Of a secret it is only said that it changed."""

    path: str
    old: Any = None
    new: Any = None
    is_secret: bool = False

    def plain(self) -> dict[str, Any]:
        if self.is_secret:
            return {"path": self.path, "old": None, "new": None, "is_secret": True}
        return {"path": self.path, "old": _bounded(self.old), "new": _bounded(self.new), "is_secret": False}


def _bounded(value: Any) -> Any:
    text = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS).decode()
    if len(text) <= MOST_CHARACTERS:
        return orjson.loads(text)
    return f"{text[:MOST_CHARACTERS]}…"


@dataclass(frozen=True)
class Noted:
    """`subject`: what was changed, in words."""

    subject: str
    changes: tuple[Change, ...]
    connection_id: str | None
    connection_name: str | None


@dataclass
class Changes:
    """Of one transaction."""

    act: Act
    noted: list[Noted] = field(default_factory=list)
    is_explained: bool = False
    tables: set[str] = field(default_factory=set)
    has_rows: bool = False

    def seen(self, _db: Any, statement: Any, _many: Any, _values: Any, _options: Any, result: Any) -> None:
        """A statement was executed."""
        if getattr(statement, "is_dml", False) and result.rowcount != 0:
            self.tables.add(statement.table.name)

    async def write(self, db: AsyncConnection) -> None:
        """The rows of this transaction, in one statement."""
        if rows := self._rows():
            self.has_rows = True
            await db.execute(insert(audit).values(rows))

    def _rows(self) -> list[dict[str, Any]]:
        noted = self.noted
        unsaid = sorted(self.tables - BY_THE_GATEWAY)
        if unsaid and not self.is_explained and not self.act.is_kept:
            noted = [Noted("the database", tuple(Change(f"tables.{name}") for name in unsaid), None, None)]
        return [self._row(each) for each in noted]

    def _row(self, noted: Noted) -> dict[str, Any]:
        act, connection_id = self.act, noted.connection_id
        name = select(connections.c.name).where(connections.c.id == connection_id).scalar_subquery() if connection_id else None
        return {
            "at": act.clock(),
            "way": act.way.value,
            "key_id": act.key_id,
            "key_name": act.key_name,
            "actor": act.actor,
            "address": act.address or None,
            "route": act.route,
            "connection_id": connection_id,
            "connection_name": noted.connection_name or name,
            "subject": noted.subject,
            "changes": [each.plain() for each in noted.changes[:MOST_CHANGES]],
        }


async def watched(db: AsyncConnection) -> Changes | None:
    """What the transaction on this connection changes; None when nobody is at work."""
    act = at_work()
    if act is None:
        return None
    changes = Changes(act)
    await db.execution_options(**{OPTION: changes})
    event.listen(db.sync_connection, "after_execute", changes.seen)
    return changes


def note(
    db: AsyncConnection,
    subject: str,
    changes: Iterable[Change],
    *,
    connection_ids: Iterable[str | None] = (None,),
    connection_name: str | None = None,
) -> None:
    """Says what this transaction changes: kept with it, or lost with it. Without changes it says that nothing is different.

    `connection_ids`: whose it is; each has a row of its own. None: it belongs to no connection. `connection_name`: for one that
    will not be there any more.
    """
    found = of(db)
    if found is None:
        return
    found.is_explained = True
    if listed := tuple(changes):
        found.noted += [Noted(subject, listed, each, connection_name) for each in connection_ids]


def of(db: AsyncConnection) -> Changes | None:
    """What somebody's transaction changes; None when nobody is at work, as almost always."""
    assert db.sync_connection is not None
    found = db.sync_connection.get_execution_options().get(OPTION)
    return found if isinstance(found, Changes) else None
