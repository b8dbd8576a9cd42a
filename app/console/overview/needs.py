"""What needs a person, put together for each connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncConnection

from app.console.kit.words import process
from app.domain import Process
from app.engine.core.circuit import OF_SHOPS, OF_WAREHOUSES, key_for, of_source, of_warehouse
from app.engine.upkeep.alerting.kinds import KINDS
from app.records.connections import Connection
from app.records.console import trouble
from app.records.console.flow import Open
from app.web.said.calls import call_named
from app.web.said.kinds import WORDS
from app.web.texts import Text

MOST_WORDS = 300
READ_HERE = frozenset({"held", "dead-letter", "silent", "consent-ended", "failing"})
"""Kinds of alerts whose trouble this page reads for itself, as it is now."""
OTHER_KINDS = tuple(sorted(KINDS.keys() - READ_HERE))
LISTS: dict[str, str] = {Process.ORDERS: "/console/orders", Process.ARTICLES: "/console/articles"}
"""Where records of a process are listed. What is reported to the shop is about an order."""


@dataclass(frozen=True)
class Need:
    """`count` of what `text` names, since `since`. `words`: what a system said. `address`: the list behind it."""

    text: Text
    address: str
    count: int | None = None
    since: datetime | None = None
    words: str = ""
    is_bad: bool = True


@dataclass
class Of:
    """One connection, with what needs a person."""

    connection: Connection
    needs: list[Need] = field(default_factory=list)


async def of_all(db: AsyncConnection, every: Sequence[Connection], opened: Sequence[Open], now: datetime) -> list[Of]:
    """The connections with something to do, those with the most kinds of it first."""
    by_id = {each.id: Of(each) for each in every}
    ids = list(by_id)
    keys = {key: each.id for each in every for key in _counters(each)}
    for cut in await trouble.cut_off(db):
        if cut.connection_id in by_id:
            of = by_id[cut.connection_id]
            of.needs.append(_cut(of.connection, cut))
    for locked in await trouble.locked_out(db, now):
        if locked.key not in keys:
            continue
        of = by_id[keys[locked.key]]
        call = Text("no calls for now, after failures: %(call)s", call=call_named(locked.key.rpartition("|")[2]))
        of.needs.append(Need(call, _page(of.connection), None, locked.until, _short(locked.words)))
    for stuck in await trouble.stuck(db, ids):
        of = by_id[stuck.connection_id]
        of.needs.append(_stuck(of.connection, stuck))
    for alert in await trouble.alerted(db, ids, OTHER_KINDS):
        of = by_id[alert.connection_id or ""]
        address = _listed("/console/alerts", of.connection, kind=alert.kind)
        of.needs.append(Need(WORDS[alert.kind].meaning, address, alert.alerts, alert.since, _short(alert.words)))
    newest = await trouble.newest_orders(db, ids)
    for of in by_id.values():
        of.needs += [*_late(of.connection, opened), *_silent(of.connection, newest.get(of.connection.id), now)]
    return sorted((each for each in by_id.values() if each.needs), key=lambda of: (-len(of.needs), of.connection.name))


def _short(words: str | None) -> str:
    return (words or "")[:MOST_WORDS]


def _page(connection: Connection) -> str:
    return f"/console/connections/{connection.name}"


def _listed(path: str, connection: Connection, **filters: str) -> str:
    return f"{path}?{urlencode({'connection': connection.name, **filters})}"


def _counters(connection: Connection) -> list[str]:
    """The counters of every call that this connection makes."""
    shop = [key_for(of_source(connection), call) for call in OF_SHOPS]
    return [*shop, *(key_for(of_warehouse(connection), call) for call in OF_WAREHOUSES)]


def _cut(connection: Connection, cut: trouble.Cut) -> Need:
    words = _short(cut.words)
    if cut.kind == "ended":
        return Need(Text("disconnected: log in to the shop again"), _page(connection), None, cut.since, words)
    text = Text("cannot be read: %(process)s", process=process(cut.process or ""))
    return Need(text, _page(connection), None, cut.since, words)


def _stuck(connection: Connection, stuck: trouble.Stuck) -> Need:
    if stuck.state == "dead":
        address = _listed("/console/dead-letters", connection)
        return Need(Text("given up (%(process)s)", process=process(stuck.process)), address, stuck.records)
    if stuck.process == Process.PURCHASE_ORDERS:
        address = _listed("/console/purchase-orders", connection, state="held")
        return Need(Text("held (%(process)s)", process=process(stuck.process)), address, stuck.records)
    held = "transfer" if stuck.process in LISTS else "delivery"
    address = _listed(LISTS.get(stuck.process, "/console/orders"), connection, **{held: "held"})
    return Need(Text("held (%(process)s)", process=process(stuck.process)), address, stuck.records)


def _late(connection: Connection, opened: Sequence[Open]) -> list[Need]:
    mine = [each for each in opened if each.connection_id == connection.id and not each.is_there]
    late = [each for each in mine if each.transfer in ("pending", "unknown") and each.late]
    if not late:
        return []
    address = _listed("/console/orders", connection, place="waits", late="1")
    return [Need(Text("late: not in the warehouse yet"), address, sum(each.late for each in late), min(e.since for e in late))]


def _silent(connection: Connection, newest: datetime | None, now: datetime) -> list[Need]:
    hours, active = connection.settings.silent_hours, connection.activated_at
    if connection.status != "active" or hours is None or active is None or not connection.settings.processes.orders:
        return []
    since = max(active, newest or active)
    if (now - since).total_seconds() < hours * 3600:
        return []
    return [Need(Text("silent: no new order"), _listed("/console/orders", connection), None, since)]
