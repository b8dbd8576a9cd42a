"""Sessions: OAuth tokens and logins that the gateway renews itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_sessions_connection_id")),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_sessions")),
    )


def downgrade() -> None:
    op.drop_table("sessions")
