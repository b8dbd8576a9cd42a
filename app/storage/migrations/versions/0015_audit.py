"""Who changed what, when and from where."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import BigId, Json, UtcTime, Words

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("way", sa.String(10), nullable=False),
        sa.Column("key_id", sa.String(40)),
        sa.Column("key_name", Words()),
        sa.Column("actor", Words()),
        sa.Column("address", sa.String(64)),
        sa.Column("route", sa.String(200), nullable=False),
        sa.Column("connection_id", sa.String(40)),
        sa.Column("connection_name", sa.Text()),
        sa.Column("subject", Words(), nullable=False),
        sa.Column("changes", Json, nullable=False),
    )
    for name, column in (("connection", "connection_id"), ("key", "key_id"), ("route", "route")):
        op.create_index(f"ix_audit_{name}", "audit", [column, "id"])
    op.create_index("ix_audit_at", "audit", ["at"])


def downgrade() -> None:
    op.drop_table("audit")
