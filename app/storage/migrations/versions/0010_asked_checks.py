"""What the guard was asked for while it checked a connection's webhooks, or before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hooks", sa.Column("asked_at", UtcTime(), nullable=True))
    op.add_column("hooks", sa.Column("renews", sa.Boolean(), nullable=False, server_default=sa.text("false")))


def downgrade() -> None:
    op.drop_column("hooks", "renews")
    op.drop_column("hooks", "asked_at")
