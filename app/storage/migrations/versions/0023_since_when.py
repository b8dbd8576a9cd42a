"""Since when an article's quantity in the shop differs, and an index of the calls that have failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import UtcTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

FAILING = sa.text("failures > 0")


def upgrade() -> None:
    op.add_column("stock_levels", sa.Column("differs_since", UtcTime(), nullable=True))
    op.create_index("ix_budgets_failing", "budgets", ["key"], sqlite_where=FAILING, postgresql_where=FAILING)


def downgrade() -> None:
    op.drop_index("ix_budgets_failing", "budgets")
    op.drop_column("stock_levels", "differs_since")
