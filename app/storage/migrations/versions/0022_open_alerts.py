"""Alerts are open or closed, and can be muted. What said that trouble is over is the closing of its alert now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import BigId, UtcTime, Words

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TOLD_BEFORE = sa.text("sent_at is null or last_at > sent_at")
UNTOLD = sa.text("closed_at is null and (sent_at is null or last_at > sent_at)")
CLOSING_UNTOLD = sa.text(
    "closed_at is not null and sent_at is not null and (closing_sent_at is null or closing_sent_at < sent_at)"
)
OPEN = sa.text("closed_at is null")
PROBLEM = sa.text("problem_code is not null")

TIMES = ("closed_at", "closing_sent_at", "muted_until")
WORDS = ("closed_by", "closed_why")
INDEXES = {
    "ix_alerts_open": (["id"], OPEN),
    "ix_alerts_open_of": (["connection_id", "id"], OPEN),
    "ix_alerts_untold": (["id"], UNTOLD),
    "ix_alerts_closing_untold": (["id"], CLOSING_UNTOLD),
}

alerts = sa.table("alerts", *map(sa.column, ("kind", "last_at", "sent_at", "closed_at", "closing_sent_at")))


def upgrade() -> None:
    for name in TIMES:
        op.add_column("alerts", sa.Column(name, UtcTime(), nullable=True))
    for name in WORDS:
        op.add_column("alerts", sa.Column(name, Words(), nullable=True))
    # Nobody is told now that trouble of an earlier version is over.
    op.execute(sa.update(alerts).values(closing_sent_at=alerts.c.sent_at))
    op.execute(sa.update(alerts).where(alerts.c.kind == "recovered").values(closed_at=alerts.c.last_at))
    op.drop_index("ix_alerts_untold", table_name="alerts")
    for name, (columns, where) in INDEXES.items():
        op.create_index(name, "alerts", columns, sqlite_where=where, postgresql_where=where)
    of_stock = ["connection_id", "problem_code"]
    op.create_index("ix_stock_levels_problem", "stock_levels", of_stock, sqlite_where=PROBLEM, postgresql_where=PROBLEM)
    op.create_table(
        "mutes",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("made_by", Words(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mutes")),
        sa.UniqueConstraint("kind", "connection_id", name=op.f("uq_mutes_kind_connection_id")),
    )


def downgrade() -> None:
    op.drop_table("mutes")
    op.drop_index("ix_stock_levels_problem", table_name="stock_levels")
    for name in INDEXES:
        op.drop_index(name, table_name="alerts")
    op.create_index("ix_alerts_untold", "alerts", ["id"], sqlite_where=TOLD_BEFORE, postgresql_where=TOLD_BEFORE)
    for name in (*TIMES, *WORDS):
        op.drop_column("alerts", name)
