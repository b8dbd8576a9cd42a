"""Stock: how much of each article the shop has sold, and what was written since a run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.add_column("stock_levels", sa.Column("sold", sa.Float(), nullable=False, server_default="0"))
    columns = ["connection_id", "sold", "id"]
    op.create_index("ix_stock_levels_most_sold", "stock_levels", columns, sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_stock_levels_written", "stock_levels", ["connection_id", "written_at"])


def downgrade() -> None:
    op.drop_index("ix_stock_levels_written", table_name="stock_levels")
    op.drop_index("ix_stock_levels_most_sold", table_name="stock_levels")
    op.drop_column("stock_levels", "sold")
