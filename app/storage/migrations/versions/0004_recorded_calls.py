"""One table for all recorded calls: writes of stock stand in `attempts`, as batches without a job; `shop_writes` goes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import BigId, Json, UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.alter_column("job_id", existing_type=BigId, nullable=True)
        batch_op.alter_column("mapping_id", existing_type=BigId, nullable=True)
        batch_op.alter_column("generation", existing_type=sa.Integer(), nullable=True)
    op.create_index(
        "ix_attempts_batches",
        "attempts",
        ["lane", "finished_at"],
        unique=False,
        sqlite_where=sa.text("job_id is null"),
        postgresql_where=sa.text("job_id is null"),
    )
    seconds = _on("round((julianday(over_at) - julianday(started_at)) * 86400, 3)", "extract(epoch from over_at - started_at)")
    op.execute(
        "INSERT INTO attempts (lane, fence, call, request, started_at, timeout_seconds, finished_at, result, answer)"  # noqa: S608
        f" SELECT 'stock:' || connection_id, 0, call, request, started_at, {seconds}, finished_at, result, error"
        " FROM shop_writes ORDER BY id"
    )
    op.drop_table("shop_writes")


def downgrade() -> None:
    op.create_table(
        "shop_writes",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("call", sa.String(length=120), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("request", Json, nullable=True),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("over_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("result", sa.String(length=20), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_shop_writes_connection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_writes")),
    )
    op.create_index("ix_shop_writes_connection", "shop_writes", ["connection_id", "id"], unique=False)
    items = _on(
        "(SELECT count(*) FROM json_each(request))",
        "(SELECT count(*) FROM jsonb_object_keys(coalesce(nullif(request, 'null'), '{}')))",
    )
    over = _on(
        "strftime('%Y-%m-%d %H:%M:%f', started_at, timeout_seconds || ' seconds') || '000'",
        "started_at + make_interval(secs => timeout_seconds)",
    )
    op.execute(
        "INSERT INTO shop_writes"  # noqa: S608
        " (connection_id, call, items, request, started_at, over_at, finished_at, result, error)"
        f" SELECT substr(lane, 7), call, {items}, request, started_at, {over}, finished_at, result, answer"
        " FROM attempts WHERE job_id IS NULL ORDER BY id"
    )
    op.execute("DELETE FROM attempts WHERE job_id IS NULL")
    op.drop_index("ix_attempts_batches", table_name="attempts")
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.alter_column("job_id", existing_type=BigId, nullable=False)
        batch_op.alter_column("mapping_id", existing_type=BigId, nullable=False)
        batch_op.alter_column("generation", existing_type=sa.Integer(), nullable=False)


def _on(sqlite: str, postgresql: str) -> str:
    return sqlite if op.get_bind().dialect.name == "sqlite" else postgresql
