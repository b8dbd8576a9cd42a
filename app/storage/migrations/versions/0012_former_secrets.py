"""Former webhook secrets, which are still accepted for some minutes, and what proves that a webhook reaches the gateway."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import Json, UtcTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "former_secrets",
        sa.Column("connection_id", sa.String(40), sa.ForeignKey("connections.id"), primary_key=True),
        sa.Column("part", sa.String(12), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
    )
    op.add_column("hooks", sa.Column("proofs", Json, nullable=True))


def downgrade() -> None:
    op.drop_column("hooks", "proofs")
    op.drop_table("former_secrets")
