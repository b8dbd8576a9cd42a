"""Events for the addresses that connections give."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import BigId, Json, UtcTime, Words

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

WAITING = sa.text("state = 'waiting'")
SETTLED = sa.text("settled_at is not null")


def upgrade() -> None:
    op.create_table(
        "outgoing_webhooks",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.String(length=60), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("data", Json, nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("replays", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", Json, nullable=True),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", Words(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_outgoing_webhooks_connection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_webhooks")),
        sa.UniqueConstraint("connection_id", "type", "key", name=op.f("uq_outgoing_webhooks_connection_id_type_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outgoing_webhooks_message_id")),
    )
    due = ["connection_id", "due_at", "id"]
    op.create_index("ix_outgoing_webhooks_due", "outgoing_webhooks", due, sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_outgoing_webhooks_connection", "outgoing_webhooks", ["connection_id", "id"])
    op.create_index("ix_outgoing_webhooks_state", "outgoing_webhooks", ["state", "id"])
    op.create_index("ix_outgoing_webhooks_type", "outgoing_webhooks", ["type", "id"])
    settled = ["settled_at"]
    op.create_index("ix_outgoing_webhooks_settled", "outgoing_webhooks", settled, sqlite_where=SETTLED, postgresql_where=SETTLED)
    op.create_table(
        "outgoing_addresses",
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("secret_made_at", UtcTime(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", UtcTime(), nullable=True),
        sa.Column("blocked_until", UtcTime(), nullable=True),
        sa.Column("last_error", Words(), nullable=True),
        sa.Column("last_sent_at", UtcTime(), nullable=True),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_outgoing_addresses_connection_id")),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_outgoing_addresses")),
    )


def downgrade() -> None:
    op.drop_table("outgoing_addresses")
    op.drop_table("outgoing_webhooks")
