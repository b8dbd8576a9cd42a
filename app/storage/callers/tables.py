"""Events for the addresses that connections give, and what is known of each address."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from app.storage.tables import metadata, partial
from app.storage.types import BigId, Json, UtcTime, Words

outgoing_webhooks = Table(
    "outgoing_webhooks",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("connection_id", String(40), ForeignKey("connections.id"), nullable=False),
    Column("message_id", String(60), nullable=False, unique=True),  # the header webhook-id, the same at every try
    Column("type", String(40), nullable=False),  # receipt.created, return.received, shipment.short
    Column("key", String(200), nullable=False),  # what happened, once for each type
    Column("data", Json),  # emptied by retention
    Column("state", String(12), nullable=False),  # waiting → sent | dead; a replay lets it wait again
    Column("tries", Integer, nullable=False, server_default="0"),  # of this schedule: a replay begins a new one
    Column("replays", Integer, nullable=False, server_default="0"),
    Column("attempts", Json),  # the newest few, the last one last
    Column("due_at", UtcTime),
    Column("asked_at", UtcTime, nullable=False),  # when its schedule began
    Column("created_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    Column("status", Integer),  # of the last answer
    Column("error", Words),
    UniqueConstraint("connection_id", "type", "key"),
    partial("ix_outgoing_webhooks_due", "connection_id", "due_at", "id", where="state = 'waiting'"),
    Index("ix_outgoing_webhooks_connection", "connection_id", "id"),
    Index("ix_outgoing_webhooks_state", "state", "id"),
    Index("ix_outgoing_webhooks_type", "type", "id"),
    partial("ix_outgoing_webhooks_settled", "settled_at", where="settled_at is not null"),
)

outgoing_addresses = Table(
    "outgoing_addresses",
    metadata,
    Column("connection_id", String(40), ForeignKey("connections.id"), primary_key=True),
    Column("sealed", LargeBinary),  # the secret and those before it; None: none was made yet
    Column("secret_made_at", UtcTime),
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row, whatever was sent
    Column("failing_since", UtcTime),
    Column("blocked_until", UtcTime),  # nothing is sent before
    Column("last_error", Words),
    Column("last_sent_at", UtcTime),
    Column("updated_at", UtcTime, nullable=False),
)
