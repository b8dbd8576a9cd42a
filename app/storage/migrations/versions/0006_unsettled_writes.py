"""That a write's outcome is unknown is a fact about the mapping; that the shop had an order cancelled is one too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import BigId, UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NEWEST = (
    "SELECT attempts.id FROM attempts WHERE attempts.mapping_id = mappings.id"
    " AND attempts.call IN ('PUT /orders', 'DELETE /orders', 'PUT /articles')"
    " AND (mappings.kind <> 'order' OR attempts.call <> 'PUT /articles')"
)


def upgrade() -> None:
    with op.batch_alter_table("mappings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unsettled_attempt_id", BigId, nullable=True))
        batch_op.add_column(sa.Column("taken_back_at", UtcTime(), nullable=True))
    newest = f"{_NEWEST} ORDER BY attempts.id DESC LIMIT 1"
    op.execute(f"UPDATE mappings SET unsettled_attempt_id = ({newest}) WHERE transfer = 'unknown'")  # noqa: S608
    # Held, refused or left out since: the outcome was still not known then, and no read has settled it.
    unknown = f"{_NEWEST} AND attempts.result IN ('malformed', 'unavailable', 'unknown')"
    last = f"({unknown} AND attempts.id = ({newest}))"
    op.execute(
        f"UPDATE mappings SET unsettled_attempt_id = {last}"  # noqa: S608
        f" WHERE transfer IN ('held', 'refused', 'none') AND EXISTS {last}"
    )
    op.execute(
        "UPDATE mappings SET taken_back_at = updated_at WHERE kind = 'order' AND transfer IN ('sent', 'held')"
        " AND reason_code IN ('cancelled', 'reopened-after-cancel')"
    )


def downgrade() -> None:
    with op.batch_alter_table("mappings", schema=None) as batch_op:
        batch_op.drop_column("taken_back_at")
        batch_op.drop_column("unsettled_attempt_id")
