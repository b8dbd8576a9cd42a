"""Long work: reconciles and backfills, and their lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import BigId, Json, Line, UtcTime, Words

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

OPEN = sa.text("finished_at is null")
FINISHED = sa.text("finished_at is not null")


def upgrade() -> None:
    op.create_table(
        "long_works",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("options", Json, nullable=False),
        sa.Column("place", Json, nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.Column("notes", Json, nullable=False),
        sa.Column("part_id", BigId, nullable=True),
        sa.Column("error", Words(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("saves", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_long_works_connection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_long_works")),
    )
    op.create_index("ix_long_works_kind", "long_works", ["kind", "id"])
    op.create_index("ix_long_works_connection", "long_works", ["connection_id", "kind", "id"])
    op.create_index("ix_long_works_open", "long_works", ["id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_long_works_finished", "long_works", ["finished_at"], sqlite_where=FINISHED, postgresql_where=FINISHED)
    op.create_table(
        "long_work_lines",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("work_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("process", sa.String(length=20), nullable=False),
        sa.Column("number", Line(length=120), nullable=True),
        sa.Column("source_id", Line(length=80), nullable=True),
        sa.Column("mapping_id", BigId, nullable=True),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("text", Words(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=True),
        sa.Column("fields", Json, nullable=True),
        sa.ForeignKeyConstraint(["work_id"], ["long_works.id"], name=op.f("fk_long_work_lines_work_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_long_work_lines")),
    )
    op.create_index("ix_long_work_lines_kind", "long_work_lines", ["work_id", "kind", "id"])
    op.create_index("ix_long_work_lines_work", "long_work_lines", ["work_id", "id"])


def downgrade() -> None:
    op.drop_table("long_work_lines")
    op.drop_table("long_works")
