"""Orders are found by a tracking number, a way bill, and the number of a back order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_deliveries_tracking", "deliveries", "tracking", sa.text("tracking is not null")),
    ("ix_deliveries_back_order", "deliveries", "number", sa.text("back_order_for is not null")),
    ("ix_reports_tracking", "reports", "key", sa.text("kind = 'tracking'")),
)


def upgrade() -> None:
    """What was read before has its number here when it is read again, and is found by what the shop was told until then."""
    op.add_column("deliveries", sa.Column("tracking", sa.String(120), nullable=True))
    for name, table, column, where in INDEXES:
        op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table_name=table)
    op.drop_column("deliveries", "tracking")
