"""API keys: when they expire, and the addresses from which they may be used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import Json, UtcTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("expires_at", UtcTime(), nullable=True))
    op.add_column("api_keys", sa.Column("addresses", Json, nullable=True))


def downgrade() -> None:
    op.drop_column("api_keys", "addresses")
    op.drop_column("api_keys", "expires_at")
