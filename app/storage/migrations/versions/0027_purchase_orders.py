"""Purchase orders are listed by how far they have come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

PURCHASES = sa.text("process = 'purchase-orders'")
COLUMNS = ["connection_id", "state", "priority", "id"]


def upgrade() -> None:
    op.create_index("ix_jobs_purchases", "jobs", COLUMNS, sqlite_where=PURCHASES, postgresql_where=PURCHASES)


def downgrade() -> None:
    op.drop_index("ix_jobs_purchases", table_name="jobs")
