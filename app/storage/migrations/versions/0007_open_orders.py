"""Open orders: which of them the deep sweep reads, and until when it reads those that the shop has completed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPEN_ORDER = (
    "kind = 'order' and completed_at is null and closes_at is null and (wms_id is not null and wanted = 'present' "
    "or wms_id is null and transfer in ('pending', 'held', 'refused', 'unknown'))"
)
CLOSING = "closes_at is not null"


def upgrade() -> None:
    op.add_column("mappings", sa.Column("closes_at", UtcTime(), nullable=True))
    _index("ix_mappings_swept", ["connection_id", "kind", "id"], OPEN_ORDER)
    _index("ix_mappings_closing", ["connection_id", "closes_at"], CLOSING)


def downgrade() -> None:
    op.drop_index("ix_mappings_closing", table_name="mappings")
    op.drop_index("ix_mappings_swept", table_name="mappings")
    op.drop_column("mappings", "closes_at")


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "mappings", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
