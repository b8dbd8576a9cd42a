"""When an order came into the warehouse, and indexes by which the steps of a day's orders are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import UtcTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_mappings_came_in", "mappings", ["connection_id", "kind", "created_at"], "created_at is not null"),
    ("ix_mappings_entered", "mappings", ["connection_id", "entered_at"], "entered_at is not null"),
    ("ix_mappings_completed", "mappings", ["connection_id", "completed_at"], "completed_at is not null"),
    ("ix_deliveries_shipped", "deliveries", ["connection_id", "shipped_at", "mapping_id"], "shipped_at is not null"),
)


def upgrade() -> None:
    op.add_column("mappings", sa.Column("entered_at", UtcTime(), nullable=True))
    for name, table, columns, rows in INDEXES:
        op.create_index(name, table, columns, sqlite_where=sa.text(rows), postgresql_where=sa.text(rows))


def downgrade() -> None:
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table)
    op.drop_column("mappings", "entered_at")
