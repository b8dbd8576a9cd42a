"""Consents: sessions that only a person can renew, and the visits of people who connect a system."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import UtcTime, Words

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("ended_at", UtcTime(), nullable=True))
    op.add_column("sessions", sa.Column("ended_words", Words(), nullable=True))
    op.create_table(
        "visits",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("integration", sa.String(length=40), nullable=False),
        sa.Column("browser", sa.String(length=64), nullable=True),
        sa.Column("link", sa.String(length=64), nullable=True),
        sa.Column("key_id", sa.String(length=40), nullable=True),
        sa.Column("connection_id", sa.String(length=40), nullable=True),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=True),
        sa.Column("state_until", UtcTime(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("link", name=op.f("uq_visits_link")),
        sa.UniqueConstraint("state", name=op.f("uq_visits_state")),
    )
    op.create_index("ix_visits_browser", "visits", ["browser", "integration", "created_at"])
    op.create_index("ix_visits_expires_at", "visits", ["expires_at"])


def downgrade() -> None:
    op.drop_table("visits")
    op.drop_column("sessions", "ended_words")
    op.drop_column("sessions", "ended_at")
