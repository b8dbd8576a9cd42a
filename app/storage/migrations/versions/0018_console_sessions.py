"""Sessions of people who have logged in to the console."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import UtcTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "console_sessions",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=False),
        sa.Column("begins_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_console_sessions")),
    )
    op.create_index("ix_console_sessions_ends_at", "console_sessions", ["ends_at"])


def downgrade() -> None:
    op.drop_table("console_sessions")
