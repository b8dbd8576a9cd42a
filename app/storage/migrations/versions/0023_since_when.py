"""Since when an article's quantity in the shop differs; indexes of what has failed, is stuck, or is to be done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import UtcTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INDEXES: tuple[tuple[str, str, list[str], str | None], ...] = (
    ("ix_budgets_failing", "budgets", ["key"], "failures > 0"),
    ("ix_jobs_stuck", "jobs", ["connection_id", "process", "state"], "state in ('held', 'dead')"),
    ("ix_stock_levels_connection", "stock_levels", ["connection_id", "id"], None),
    ("ix_stock_levels_open", "stock_levels", ["connection_id", "state", "id", "problem_code"], "state <> 'same'"),
)


def upgrade() -> None:
    op.add_column("stock_levels", sa.Column("differs_since", UtcTime(), nullable=True))
    for name, table, columns, rows in INDEXES:
        where = None if rows is None else sa.text(rows)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table)
    op.drop_column("stock_levels", "differs_since")
