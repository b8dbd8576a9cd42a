"""Returns: what a caller has announced, and what came back, each as one record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import BigId, Json, UtcTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

OPEN = sa.text("refund in ('by-hand', 'held', 'waiting')")


def upgrade() -> None:
    op.create_table(
        "return_records",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("mapping_id", BigId, nullable=True),
        sa.Column("lane", sa.String(length=200), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("record_id", BigId, nullable=True),
        sa.Column("order_number", sa.String(length=120), nullable=True),
        sa.Column("announced", Json, nullable=True),
        sa.Column("wanted", sa.String(length=10), nullable=True),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.Column("lines", Json, nullable=True),
        sa.Column("returned_at", UtcTime(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("refund", sa.String(length=12), server_default="none", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_return_records_connection_id")),
        sa.ForeignKeyConstraint(["mapping_id"], ["mappings.id"], name=op.f("fk_return_records_mapping_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_records")),
        sa.UniqueConstraint("lane", "way", "number", name=op.f("uq_return_records_lane_way_number")),
    )
    op.create_index("ix_return_records_connection", "return_records", ["connection_id", "id"])
    op.create_index("ix_return_records_mapping", "return_records", ["mapping_id"])
    op.create_index("ix_return_records_number", "return_records", ["connection_id", "number"])
    columns = ["connection_id", "refund", "id"]
    op.create_index("ix_return_records_open", "return_records", columns, sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_table("return_records")
