"""Adds events, in the transaction that makes what they tell of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import OutgoingType
from app.ids import unguessable
from app.integrations.protocol import ConnectionSettings
from app.storage.callers.tables import outgoing_webhooks
from app.storage.tables import connections
from app.storage.upserts import insert_missing

WAITING = "waiting"


async def add(
    db: AsyncConnection, connection_id: str, event_type: OutgoingType, key: str, data: Mapping[str, Any], now: datetime
) -> bool:
    """Keeps one event, to be sent once this transaction has committed. Returns whether it is new and wanted.

    `key` names what happened, in at most 200 characters: a second event of the same connection, type and key is left out, so that
    whoever adds one may do it again. `data` is what its reader gets: plain JSON types, times as ISO 8601 text in UTC, quantities
    as numbers. `now` is when it happened (UTC). A connection without an address, or one that does not want this type, costs one
    read by its key and nothing else; who holds the connection asks `are_wanted` first and saves that too.
    """
    kept = await db.scalar(select(connections.c.settings).where(connections.c.id == connection_id))
    if not _wants((kept or {}).get("outgoing_webhooks") or {}, event_type):
        return False
    return await insert_missing(
        db,
        outgoing_webhooks,
        connection_id=connection_id,
        message_id=f"msg_{unguessable()}",
        type=event_type.value,
        key=key,
        data=dict(data),
        state=WAITING,
        due_at=now,
        asked_at=now,
        created_at=now,
    )


def are_wanted(settings: ConnectionSettings, event_type: OutgoingType) -> bool:
    """Whether the connection gives an address for events of this type. Costs nothing."""
    return settings.outgoing_webhooks.wants(event_type)


def _wants(stored: Mapping[str, Any], event_type: OutgoingType) -> bool:
    """The same of the settings as they are stored."""
    types = stored.get("types") or []
    return bool(stored.get("url")) and (not types or event_type.value in (*types, OutgoingType.TEST.value))
