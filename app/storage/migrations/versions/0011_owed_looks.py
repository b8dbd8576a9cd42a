"""Looks at records that wait for something, which are owed since their system was away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cursors", sa.Column("look_again", sa.String(12), nullable=True))


def downgrade() -> None:
    op.drop_column("cursors", "look_again")
