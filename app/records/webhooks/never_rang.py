"""Webhooks that never ring: the shop shows them as active, and neither a greeting nor a delivery of them has come.

The guard looks for them when it checks, and only then: a delivery costs nothing more. What has not rung for long is rung for
again, and told of once.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import EventState
from app.records.connections import Connection
from app.records.webhooks import proofs
from app.records.webhooks.proofs import Proofs
from app.storage.tables import inbox

MOST_DELIVERIES = 1_000
"""How many of the last deliveries are looked through for one of an unproven webhook."""


async def delivered(db: AsyncConnection, connection: Connection, known: Proofs) -> frozenset[str]:
    """Those of the unproven webhooks of which a delivery has come. Asks nothing while all are proven.

    Where no webhook sends a greeting, or no delivery names its webhook, any delivery proves them all: some rarely have news.
    """
    unproven = {each: proof.made_at for each, proof in known.items() if proof.is_proven is False}
    made_at = [each for each in unproven.values() if each is not None]
    webhooks = connection.system.webhooks
    if not made_at or webhooks is None:
        return frozenset()
    mine = (inbox.c.connection_id == connection.id, inbox.c.received_at >= min(made_at))
    query = select(inbox.c.headers).where(*mine, inbox.c.state != EventState.RECEIVED)
    found = await db.scalars(query.order_by(inbox.c.id.desc()).limit(MOST_DELIVERIES))
    senders = {webhooks.webhook_id(headers) for headers in found}
    if senders and (None in senders or not connection.system.webhooks_greet):
        return frozenset(unproven)
    return frozenset(each for each in unproven if each in senders)


def silent(connection: Connection, known: Proofs, ours: Collection[str], now: datetime) -> list[str]:
    """Those of our webhooks that have not rung within `webhooks.unproven_minutes`."""
    return proofs.overdue(known, ours, now - timedelta(minutes=connection.settings.webhooks.unproven_minutes))


def told_of(row: Any) -> list[str]:
    """The topics of webhooks that an alert has told of, and that have not rung since. `row`: what is stored of the webhooks."""
    known = proofs.opened(row.proofs)
    told = {webhook_id for webhook_id, proof in known.items() if proof.told and proof.is_proven is False}
    return [str(each["topic"]) for each in row.seen or () if each["id"] in told]


def words(connection: Connection, topics: Collection[str]) -> str:
    noun = connection.system.noun
    named = ", ".join(sorted(topics))
    return f"the {noun} has webhooks that never rang: {named}; no greeting and no delivery has come since the gateway made them"


def fix(connection: Connection, address: str | None, check: str) -> str:
    """`check`: the command that has them ring again."""
    noun = connection.system.noun
    return f"see why the {noun} does not reach {address} (firewall, DNS, certificate, its scheduled tasks), then: {check}"
