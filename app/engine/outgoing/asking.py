"""What people ask of events for an address: a new secret, a test, a replay."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain import OutgoingType
from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.errors import Conflict
from app.ids import unguessable
from app.records import outgoing_webhooks
from app.records.connections import Connection
from app.records.outgoing_webhooks import addresses, events
from app.records.outgoing_webhooks.events import OutgoingEvent, OutgoingState, Which
from app.storage.audit.changes import Change, note

MOST_REPLAYED = 1000
"""Of one call. A call more replays the next."""


async def new_secret(gateway: Gateway, connection: Connection, *, at_once: bool = False) -> str:
    """Makes the secret that events are signed with from now on, and returns it this once. What waited for one is sent.

    The one before it signs beside it for `outgoing_webhooks.old_secret_minutes`; with `at_once` it signs nothing more.
    """
    async with gateway.database.begin() as db:
        secret = await addresses.rotate(db, gateway.vault, connection, gateway.clock(), at_once=at_once)
        changed = Change("outgoing_webhooks.secret", is_secret=True)
        note(db, "secret of the outgoing webhooks", (changed,), connection_ids=(connection.id,))
    await gateway.wake_ups.send(Task.OUTGOING, connection.id)
    return secret


async def send_test(gateway: Gateway, connection: Connection) -> OutgoingEvent:
    """Adds an event of the type `test`. Raises Conflict when nothing would be sent."""
    if connection.settings.outgoing_webhooks.url is None:
        fix = f"set settings.outgoing_webhooks.url with PATCH /connections/{connection.name}"
        raise Conflict(f"{connection.name} gives no address for events", field="settings.outgoing_webhooks.url", fix=fix)
    key, now = unguessable(), gateway.clock()
    async with gateway.database.begin() as db:
        known = await addresses.of(db, [connection.id])
        if connection.id not in known or not known[connection.id].has_secret:
            fix = f"make one with POST /connections/{connection.name}/outgoing-webhooks/secret"
            raise Conflict(f"{connection.name} has no secret to sign events with", fix=fix)
        text = {"text": "A test: nothing happened."}
        await outgoing_webhooks.add(db, connection.id, OutgoingType.TEST, key, text, now)
        await addresses.unblock(db, [connection.id], now)
        (made,) = await events.search(db, Which([connection.id], OutgoingType.TEST.value), limit=1)
        note(db, f"outgoing webhook {made.id}", (Change("state", None, made.state.value),), connection_ids=(connection.id,))
    await gateway.wake_ups.send(Task.OUTGOING, connection.id)
    return made


async def replay(gateway: Gateway, event: OutgoingEvent) -> None:
    """Sends one event again, with the same id. Raises Conflict for one that waits already or is emptied."""
    if not await replay_all(gateway, [event]):
        if event.data is None:
            raise Conflict(
                f"outgoing webhook {event.id} is emptied: its data was kept for its time", fix="read it with GET /receipts"
            )
        raise Conflict(f"outgoing webhook {event.id} waits already", fix="it is sent when it is due")


async def replay_all(gateway: Gateway, chosen: Sequence[OutgoingEvent]) -> int:
    """Sends these again, each with its own id. Those that wait already or are emptied are left. Returns how many wait now."""
    now = gateway.clock()
    async with gateway.database.begin() as db:
        theirs = await events.replay(db, [each.id for each in chosen], now)
        await addresses.unblock(db, sorted(set(theirs)), now)
        for connection_id in sorted(set(theirs)):
            counted = Change("state", None, f"{OutgoingState.WAITING.value}: {theirs.count(connection_id)}")
            subject = f"outgoing webhook {chosen[0].id}" if len(chosen) == 1 else "outgoing webhooks"
            note(db, subject, (counted,), connection_ids=(connection_id,))
        if not theirs:
            note(db, "outgoing webhooks", ())
    for connection_id in sorted(set(theirs)):
        await gateway.wake_ups.send(Task.OUTGOING, connection_id)
    return len(theirs)
