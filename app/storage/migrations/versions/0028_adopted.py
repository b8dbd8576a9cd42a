"""Of an order that others had made in the WMS: whose rows are whose."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import Json

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mappings", sa.Column("adopted", Json, nullable=True))


def downgrade() -> None:
    op.drop_column("mappings", "adopted")
