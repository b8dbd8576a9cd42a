"""Whether the trouble of an alert is over, as what is stored shows it. A rule for each kind; `kinds` says which.

A rule is given the open alerts of its kind, and answers for those that are over why they are, by their ids.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState, Process
from app.engine.core import circuit
from app.engine.core.runtime import Gateway
from app.engine.intake.understanding import NO_RIGHT
from app.engine.outgoing.sender import DEAD
from app.engine.polling.side_reads import taken_out
from app.engine.upkeep import known
from app.engine.upkeep.webhook_guard import UNPROVEN
from app.errors import GatewayError
from app.integrations.protocol import Fault
from app.records import connections, cursors
from app.records.alerts import About, Alert, heard, signs
from app.records.alerts import records_of as about_of
from app.records.cursors import Cursor
from app.records.outgoing_webhooks import addresses, events
from app.warehouse.rest.failures import SYSTEM as WAREHOUSE

Words = dict[int, str]
"""Why alerts are over, by their ids."""
Rule = Callable[["Look", Sequence[Alert]], Awaitable[Words]]

OF_WAREHOUSE = frozenset({Process.SHIPMENTS, Process.RETURNS, Process.RECEIPTS, Process.STOCK})
"""Polls that log in at the WMS."""
CHECKED = frozenset({"failed", *(each.value for each in Fault)})
"""Subjects of `webhooks` that a check of the webhooks tells of."""


@dataclass(frozen=True)
class Look:
    gateway: Gateway
    db: AsyncConnection
    now: datetime


def quiet_for(days: int) -> Rule:
    """Trouble without an end of its own: it is over when it has not come again for so long."""
    words = f"it has not come again for {'a day' if days == 1 else f'{days} days'}"

    async def rule(look: Look, found: Sequence[Alert]) -> Words:
        return {each.id: words for each in found if look.now - each.last_at >= timedelta(days=days)}

    return rule


async def _by_record(look: Look, found: Sequence[Alert], is_over: Callable[[Alert, About], bool], words: str) -> Words:
    about = await about_of(look.db, found)
    return {each.id: words for each in found if each.id in about and is_over(each, about[each.id])}


async def held(look: Look, found: Sequence[Alert]) -> Words:
    return await _by_record(look, found, lambda _, about: about.state is not JobState.HELD, "the record is held no more")


async def dead_letter(look: Look, found: Sequence[Alert]) -> Words:
    events = {each.id: int(each.subject.removeprefix("event:")) for each in found if each.subject.startswith("event:")}
    still = await signs.dead_events(look.db, list(events.values())) if events else set()
    over = {alert_id: "the event is a dead letter no more" for alert_id, event_id in events.items() if event_id not in still}
    words = "the record is a dead letter no more"
    return over | await _by_record(look, found, lambda _, about: about.state is not JobState.DEAD, words)


async def rest_missing(look: Look, found: Sequence[Alert]) -> Words:
    return await _by_record(look, found, lambda _, about: not about.is_partly_sent, "the order waits for no rest any more")


async def not_stored(look: Look, found: Sequence[Alert]) -> Words:
    """What names no record that is stored later, a WMS order for example, is over when it has not come again."""
    over = await quiet_for(7)(look, found)
    return over | await _by_record(look, found, lambda each, about: about.changed_at > each.last_at, "the record was stored")


async def login_refused(look: Look, found: Sequence[Alert]) -> Words:
    """A poll, a test or a write has logged in since."""
    ids = _connections(found)
    polled = await cursors.of_connections(look.db, ids)
    tested = await signs.passed_tests(look.db, ids)
    over = Words()
    for each in found:
        at_wms = each.subject == WAREHOUSE
        logged_in = [_polled(one) for one in polled if one.connection_id == each.connection_id and _logs_in(one.process, at_wms)]
        logged_in.append(tested.get(each.connection_id or ""))
        logged_in.append(await _written_to_wms(look, each) if at_wms else None)
        if any(moment is not None and moment > each.last_at for moment in logged_in):
            over[each.id] = "the login is accepted again"
    return over


def _logs_in(process: Process, at_wms: bool) -> bool:
    return process in OF_WAREHOUSE if at_wms else process not in OF_WAREHOUSE or process is Process.STOCK


def _polled(cursor: Cursor) -> datetime | None:
    return cursor.polled_at if cursor.failures == 0 else None


async def _written_to_wms(look: Look, alert: Alert) -> datetime | None:
    try:
        connection = await look.gateway.connection(alert.connection_id or "")
    except GatewayError:  # it cannot be opened, and an alert of its own says so
        return None
    counted = circuit.of_warehouse(connection)
    return await signs.last_success(look.db, [circuit.key_for(counted, call) for call in circuit.OF_WAREHOUSES])


async def consent_ended(look: Look, found: Sequence[Alert]) -> Words:
    still = await signs.ended_consents(look.db, _connections(found))
    return {each.id: "it was allowed again; what waited goes on" for each in found if each.connection_id not in still}


async def failing(look: Look, found: Sequence[Alert]) -> Words:
    """The subject is a process, a process whose records wait, or names what could not be read or opened."""
    polled = {
        (each.connection_id, each.process.value): each for each in await cursors.of_connections(look.db, _connections(found))
    }
    shut = _connections([each for each in found if each.subject == known.SUBJECT])
    closed = (await connections.opened_and_closed(look.db, look.gateway.vault, ids=shut))[1] if shut else {}
    over = Words()
    for each in found:
        process, _, what = each.subject.partition(" ")
        cursor = polled.get((each.connection_id or "", process))
        if each.subject == known.SUBJECT:
            over |= {} if each.connection_id in closed else {each.id: "the connection can be opened again"}
        elif cursor is None or what not in ("", "waiting"):
            over |= await quiet_for(2)(look, [each])
        elif not what and cursor.failures == 0:
            over[each.id] = f"{process} were polled again; what was missed has been read"
        elif what and not taken_out(cursor.cursor)[1].ids:
            over[each.id] = "what belongs beside the records has been read"
    return over


async def silent(look: Look, found: Sequence[Alert]) -> Words:
    newest = {each.connection_id: each.newest for each in await heard(look.db)}
    over = Words()
    for each in found:
        last = newest.get(each.connection_id or "")
        if last is not None and last > each.last_at:
            over[each.id] = f"orders come again; there had been none {each.subject} UTC"
    return over


async def brake(look: Look, found: Sequence[Alert]) -> Words:
    still = await signs.braked(look.db, [each.subject for each in found])
    return {each.id: "the run was confirmed" for each in found if (each.subject, each.connection_id) not in still}


async def stock(look: Look, found: Sequence[Alert]) -> Words:
    still = await signs.stock_problems(look.db, [(each.connection_id or "", each.subject) for each in found])
    words = "no article has this problem any more"
    return {each.id: words for each in found if (each.connection_id, each.subject) not in still}


async def webhooks(look: Look, found: Sequence[Alert]) -> Words:
    """`no-right` is told by deliveries, and what a shop never calls by a delivery that comes; a check tells of all else."""
    stored = await signs.webhooks_of(look.db, _connections(found))
    over = await quiet_for(1)(look, [each for each in found if each.subject == NO_RIGHT])
    for each in (each for each in found if each.subject != NO_RIGHT):
        seen = stored.get(each.connection_id or "")
        if seen is None:
            continue
        if each.subject == UNPROVEN:
            rung = all(proof.is_proven is not False for proof in seen.proofs.values() if proof.told)
            over |= {each.id: "the webhooks have rung"} if rung else {}
        elif each.subject in CHECKED:
            is_fine = seen.state in ("fine", "repaired") and seen.checked_at is not None and seen.checked_at > each.last_at
            over |= {each.id: "a later check found the webhooks in order"} if is_fine else {}
        elif (rang := seen.last_ring()) is not None and rang > each.last_at:
            over[each.id] = "a webhook has rung"
    return over


async def outgoing_webhooks(look: Look, found: Sequence[Alert]) -> Words:
    ids = _connections(found)
    known, dead = await addresses.of(look.db, ids), await events.has_dead(look.db, ids)
    over = Words()
    for each in found:
        address = known.get(each.connection_id or "")
        took_one = address is not None and address.last_sent_at is not None and address.last_sent_at > each.last_at
        if each.subject == DEAD:
            over |= {} if each.connection_id in dead else {each.id: "no event of the connection is dead any more"}
        elif took_one:
            over[each.id] = "the address takes events again"
    return over


def _connections(found: Sequence[Alert]) -> list[str]:
    return sorted({each.connection_id for each in found if each.connection_id is not None})


async def over(look: Look, found: Sequence[Alert], rules: Mapping[str, Rule]) -> dict[int, tuple[Alert, str]]:
    """Those of these alerts whose trouble is over, each with the reason in words."""
    by_kind: dict[str, list[Alert]] = {}
    for each in found:
        by_kind.setdefault(each.kind, []).append(each)
    words = Words()
    for kind, its in by_kind.items():
        words |= await rules[kind](look, its) if kind in rules else {}
    return {each.id: (each, words[each.id]) for each in found if each.id in words}
