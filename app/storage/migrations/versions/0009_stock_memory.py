"""Stock: whether an article has variations; what was written last and what the shop showed then, in parts of pieces too.

And products whose one quantity is the sum of their variations'.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MEMORY = (
    ("written_quantity", sa.Integer()),
    ("written_at", UtcTime()),
    ("shown_after", sa.Float()),
    ("shown_before", sa.Float()),
)


SUMMED = sa.text("problem_code = 'stock-summed'")


def upgrade() -> None:
    op.add_column("mappings", sa.Column("has_variations", sa.Boolean(), nullable=True))
    with op.batch_alter_table("stock_levels") as batch_op:
        batch_op.alter_column("shop_quantity", existing_type=sa.Integer(), type_=sa.Float())
        for name, kind in MEMORY:
            batch_op.add_column(sa.Column(name, kind, nullable=True))
        summed: sa.Column[bool] = sa.Column("sums_variations", sa.Boolean(), nullable=False, server_default=sa.text("false"))
        batch_op.add_column(summed)
    columns = ["connection_id", "parent_id"]
    op.create_index("ix_stock_levels_summed", "stock_levels", columns, sqlite_where=SUMMED, postgresql_where=SUMMED)


def downgrade() -> None:
    op.drop_index("ix_stock_levels_summed", table_name="stock_levels")
    with op.batch_alter_table("stock_levels") as batch_op:
        batch_op.drop_column("sums_variations")
        for name, _ in reversed(MEMORY):
            batch_op.drop_column(name)
        batch_op.alter_column("shop_quantity", existing_type=sa.Float(), type_=sa.Integer())
    op.drop_column("mappings", "has_variations")
