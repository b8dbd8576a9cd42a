"""Goods received on purchase orders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import BigId, Json, Line, UtcTime, Words

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

OPEN = sa.text("acknowledged_at is null")


def upgrade() -> None:
    op.create_table(
        "receipts",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("purchase_order_id", BigId, nullable=False),
        sa.Column("number", Line(length=120), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("acknowledged_at", UtcTime(), nullable=True),
        sa.Column("acknowledgement_error", Words(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_receipts_connection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
    )
    op.create_index("ix_receipts_connection", "receipts", ["connection_id", "id"])
    op.create_index("ix_receipts_number", "receipts", ["number", "id"])
    op.create_index("ix_receipts_created_at", "receipts", ["created_at"])
    op.create_index("ix_receipts_open", "receipts", ["connection_id", "id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table(
        "receipt_lines",
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("purchase_order_id", BigId, autoincrement=False, nullable=False),
        sa.Column("line_id", BigId, autoincrement=False, nullable=False),
        sa.Column("received", sa.Float(), nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("acknowledged", sa.Float(), nullable=True),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_receipt_lines_connection_id")),
        sa.PrimaryKeyConstraint("connection_id", "purchase_order_id", "line_id", name=op.f("pk_receipt_lines")),
    )


def downgrade() -> None:
    op.drop_table("receipt_lines")
    op.drop_table("receipts")
