"""Webhook secrets that a system gives itself, for webhooks that we have made there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.integrations.protocol.credentials import revealed, secrets_in
from app.records import connections
from app.storage.secrets import Vault
from app.storage.tables import connections as connection_rows


async def add(db: AsyncConnection, vault: Vault, connection_id: str, secrets: Sequence[str], now: datetime) -> None:
    """Adds them to the connection's own. Those that were there stay good."""
    current = await connections.find(db, vault, connection_id, lock=True)
    joined = "\n".join(dict.fromkeys((*secrets_in(current.webhook_secret or ""), *secrets)))
    source = {**revealed(current.source), "webhook_secret": joined}
    sealed = vault.seal({"shop": source, "warehouse": revealed(current.warehouse)})
    changed = update(connection_rows).where(connection_rows.c.id == connection_id)
    await db.execute(changed.values(secrets=sealed, updated_at=now))
