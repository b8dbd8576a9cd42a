"""Events and jobs name the request and the trace that they come from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = ("inbox", "jobs")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("request_id", sa.String(64)))
        op.add_column(table, sa.Column("traceparent", sa.String(55)))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "traceparent")
        op.drop_column(table, "request_id")
