"""Events for the addresses that connections give, what is known of each address, and receipts of goods."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from app.storage.tables import metadata, partial
from app.storage.types import BigId, Json, Line, UtcTime, Words

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

receipts = Table(
    "receipts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("connection_id", String(40), ForeignKey("connections.id"), nullable=False),
    Column("purchase_order_id", BigId, nullable=False),  # the WMS's
    Column("number", Line(120), nullable=False),
    Column("content", Json, nullable=False),  # as callers are given it
    Column("created_at", UtcTime, nullable=False),
    Column("acknowledged_at", UtcTime),
    Column("acknowledgement_error", Words),
    Index("ix_receipts_connection", "connection_id", "id"),
    Index("ix_receipts_number", "number", "id"),
    Index("ix_receipts_created_at", "created_at"),
    partial("ix_receipts_open", "connection_id", "id", where="acknowledged_at is null"),
)

receipt_lines = Table(
    "receipt_lines",
    metadata,
    Column("connection_id", String(40), ForeignKey("connections.id"), primary_key=True),
    Column("purchase_order_id", BigId, primary_key=True, autoincrement=False),
    Column("line_id", BigId, primary_key=True, autoincrement=False),
    Column("received", Float, nullable=False),  # in all, as it was read last
    Column("items", Json, nullable=False),  # pieces by the WMS's id of each article item
    Column("acknowledged", Float),  # what the WMS was told of `received`
    Column("updated_at", UtcTime, nullable=False),
)
