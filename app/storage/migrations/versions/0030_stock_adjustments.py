"""Corrections of the WMS's stock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import BigId, Line, UtcTime, Words

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

OPEN = sa.text("confirmed_at is null and problem is null")


def upgrade() -> None:
    op.create_table(
        "stock_adjustments",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("lane", sa.String(length=200), nullable=False),
        sa.Column("inventory_id", BigId, nullable=False),
        sa.Column("article_system_id", BigId, nullable=False),
        sa.Column("digest", sa.String(length=24), nullable=False),
        sa.Column("number", Line(length=200), nullable=False),
        sa.Column("article_name", Line(length=200), nullable=False),
        sa.Column("pieces", sa.Float(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=True),
        sa.Column("cause_code", Line(length=200), nullable=False),
        sa.Column("cause_name", Line(length=200), nullable=False),
        sa.Column("is_scrapped", sa.Boolean(), nullable=False),
        sa.Column("batch", Line(length=200), nullable=False),
        sa.Column("serial", Line(length=200), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("location", Line(length=200), nullable=False),
        sa.Column("status", Line(length=200), nullable=False),
        sa.Column("warehouse_id", BigId, nullable=True),
        sa.Column("warehouse", Line(length=200), nullable=False),
        sa.Column("comment", Words(), nullable=False),
        sa.Column("read_at", UtcTime(), nullable=False),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.Column("problem", Words(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_adjustments")),
        sa.UniqueConstraint("lane", "inventory_id", "article_system_id", "digest", name=op.f("uq_stock_adjustments_same")),
    )
    op.create_index("ix_stock_adjustments_lane", "stock_adjustments", ["lane", "id"])
    op.create_index("ix_stock_adjustments_number", "stock_adjustments", ["lane", "number", "id"])
    op.create_index("ix_stock_adjustments_read", "stock_adjustments", ["read_at"])
    op.create_index("ix_stock_adjustments_open", "stock_adjustments", ["lane", "id"], sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_table("stock_adjustments")
