"""Suppliers, and the articles that name them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import Json, Line, UtcTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NAMED = sa.text("supplier_source_id is not null")


def upgrade() -> None:
    op.add_column("mappings", sa.Column("supplier_source_id", sa.String(length=80), nullable=True))
    columns = ["connection_id", "supplier_source_id", "id"]
    op.create_index("ix_mappings_supplier", "mappings", columns, sqlite_where=NAMED, postgresql_where=NAMED)
    op.create_table(
        "suppliers",
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.String(length=80), nullable=False),
        sa.Column("number", Line(length=120), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_suppliers_connection_id")),
        sa.PrimaryKeyConstraint("connection_id", "source_id", name=op.f("pk_suppliers")),
    )
    op.create_index("ix_suppliers_new", "suppliers", ["connection_id", "is_new", "source_id"])


def downgrade() -> None:
    op.drop_table("suppliers")
    op.drop_index("ix_mappings_supplier", table_name="mappings")
    op.drop_column("mappings", "supplier_source_id")
