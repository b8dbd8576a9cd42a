"""What people do with alerts: close one, and mute one or a kind. The audit says who."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.engine.core.runtime import Gateway
from app.engine.upkeep.alerting.kinds import KINDS
from app.errors import BadInput, Conflict, nearest
from app.records import alerts
from app.records.alerts import Alert, closing, mutes
from app.records.alerts.mutes import Mute
from app.records.connections import Connection
from app.storage.audit.acts import at_work
from app.storage.audit.changes import Change, note

UNLESS_SAID = timedelta(hours=24)
"""How long a mute lasts."""
LONGEST = timedelta(days=366)


async def close(gateway: Gateway, alert: Alert, why: str | None) -> Alert:
    """Raises Conflict for one that is closed already."""
    async with gateway.database.begin() as db:
        if not await closing.close_by_person(db, alert.id, who(), why, gateway.clock()):
            raise Conflict(
                f"alert {alert.id} is closed already", fix="there is nothing to do; it opens again when the trouble comes again"
            )
        changes = (Change("state", "open", "closed"), *((Change("reason", None, why),) if why else ()))
        note(db, f"alert {alert.id}", changes, connection_ids=(alert.connection_id,))
        return await alerts.find(db, alert.id)


async def mute(gateway: Gateway, alert: Alert, until: datetime | None) -> Alert:
    """Nobody is told of it until then. Without a time: for a day. It stays in the lists."""
    end = _end(until, gateway.clock())
    return await _set_mute(gateway, alert, end)


async def unmute(gateway: Gateway, alert: Alert) -> Alert:
    """Raises Conflict for one that is not muted itself."""
    if alert.own_mute is None or alert.own_mute <= gateway.clock():
        fix = "its kind is muted for the connection: end that with DELETE /alerts/mutes/{id}" if alert.kind_mute else None
        raise Conflict(f"alert {alert.id} is not muted", fix=fix)
    return await _set_mute(gateway, alert, None)


async def _set_mute(gateway: Gateway, alert: Alert, until: datetime | None) -> Alert:
    async with gateway.database.begin() as db:
        await closing.mute(db, alert.id, until)
        changed = Change("muted_until", alert.own_mute, until)
        note(db, f"alert {alert.id}", (changed,), connection_ids=(alert.connection_id,))
        return await alerts.find(db, alert.id)


async def mute_kind(gateway: Gateway, kind: str, connection: Connection | None, until: datetime | None) -> Mute:
    """Of one connection, or (None) of alerts that belong to none. One that there is gets the new end."""
    now, connection_id = gateway.clock(), connection.id if connection else None
    async with gateway.database.begin() as db:
        made = await mutes.put(db, known_kind(kind), connection_id, _end(until, now), who(), now)
        note(db, f"alerts {kind}", (Change("muted_until", None, made.until),), connection_ids=(connection_id,))
    return made


async def unmute_kind(gateway: Gateway, found: Mute) -> None:
    async with gateway.database.begin() as db:
        await mutes.remove(db, found.id)
        note(db, f"alerts {found.kind}", (Change("muted_until", found.until, None),), connection_ids=(found.connection_id,))


def known_kind(kind: str) -> str:
    """Raises BadInput for a kind that there is not."""
    if kind in KINDS:
        return kind
    meant = nearest(kind, KINDS)
    fix = "docs/runbooks.md lists them"
    raise BadInput(f"there is no kind of alert {kind!r}", field="kind", fix=f"did you mean {meant}? {fix}" if meant else fix)


def _end(until: datetime | None, now: datetime) -> datetime:
    end = until or now + UNLESS_SAID
    if end <= now or end > now + LONGEST:
        raise BadInput(
            "until: a mute ends within a year from now", field="until", fix="give a time that is still to come, with its zone"
        )
    return end


def who() -> str:
    """Whoever is at work, as people know them."""
    act = at_work()
    return (act.key_name or act.actor or act.way.value) if act is not None else "the gateway"
