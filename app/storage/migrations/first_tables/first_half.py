"""The first half of the tables of revision 0001."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import BigId, Json, UtcTime


def create_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("rights", Json, nullable=False),
        sa.Column("connection_ids", Json, nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("last_used_at", UtcTime(), nullable=True),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_keys_hash")),
    )
    op.create_table(
        "budgets",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("lane", sa.String(length=200), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("pauses", sa.Integer(), nullable=False),
        sa.Column("blocked_until", UtcTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_budgets")),
    )
    op.create_table(
        "connections",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("integration", sa.String(length=40), nullable=False),
        sa.Column("webhook_id", sa.String(length=60), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("shop_url", sa.Text(), nullable=False),
        sa.Column("warehouse_url", sa.Text(), nullable=False),
        sa.Column("goods_owner_id", sa.Integer(), nullable=False),
        sa.Column("lane", sa.String(length=200), nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.Column("settings_version", sa.Integer(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("facts", Json, nullable=True),
        sa.Column("test", Json, nullable=True),
        sa.Column("tested_at", UtcTime(), nullable=True),
        sa.Column("activated_at", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
        sa.UniqueConstraint("name", name=op.f("uq_connections_name")),
        sa.UniqueConstraint("webhook_id", name=op.f("uq_connections_webhook_id")),
    )
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_connections_integration"), ["integration"], unique=False)
        batch_op.create_index(batch_op.f("ix_connections_lane"), ["lane"], unique=False)


def create_lanes() -> None:
    op.create_table(
        "lanes",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("last_connection_id", sa.String(length=40), nullable=True),
        sa.Column("turns", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_lanes")),
    )
    op.create_table(
        "leases",
        sa.Column("key", sa.String(length=220), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=True),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_leases")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("trigger", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=80), nullable=False),
        sa.Column("options", Json, nullable=False),
        sa.Column("key_id", sa.String(length=40), nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("key_id", "idempotency_key", name=op.f("uq_runs_key_id_idempotency_key")),
    )
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.create_index("ix_runs_created_at", ["created_at"], unique=False)


def create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_alerts_connection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("kind", "connection_id", "subject", name=op.f("uq_alerts_kind_connection_id_subject")),
    )
    op.create_table(
        "cursors",
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("process", sa.String(length=20), nullable=False),
        sa.Column("cursor", Json, nullable=True),
        sa.Column("polled_at", UtcTime(), nullable=True),
        sa.Column("next_poll_at", UtcTime(), nullable=False),
        sa.Column("swept_at", UtcTime(), nullable=True),
        sa.Column("next_sweep_at", UtcTime(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_cursors_connection_id")),
        sa.PrimaryKeyConstraint("connection_id", "process", name=op.f("pk_cursors")),
    )


def create_hooks() -> None:
    op.create_table(
        "hooks",
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("checked_at", UtcTime(), nullable=True),
        sa.Column("next_check_at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("seen", Json, nullable=True),
        sa.Column("repairs", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_repair_at", UtcTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_hooks_connection_id")),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_hooks")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=True),
        sa.Column("process", sa.String(length=20), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=True),
        sa.Column("job_id", BigId, nullable=True),
        sa.Column("generation", sa.Integer(), nullable=True),
        sa.Column("reason_code", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_inbox_connection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
    )


def create_inbox() -> None:
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inbox_job",
            ["job_id"],
            unique=False,
            sqlite_where=sa.text("state in ('queued', 'held', 'dead')"),
            postgresql_where=sa.text("state in ('queued', 'held', 'dead')"),
        )
        batch_op.create_index(
            "ix_inbox_parked",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'parked'"),
            postgresql_where=sa.text("state = 'parked'"),
        )
        batch_op.create_index(
            "ix_inbox_ready",
            ["connection_id", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'received'"),
            postgresql_where=sa.text("state = 'received'"),
        )
        batch_op.create_index("ix_inbox_received_at", ["received_at"], unique=False)
        batch_op.create_index("ix_inbox_record", ["connection_id", "process", "source_id"], unique=False)


def create_mappings() -> None:
    op.create_table(
        "mappings",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("source_id", sa.String(length=80), nullable=False),
        sa.Column("parent_source_id", sa.String(length=80), nullable=True),
        sa.Column("source_number", sa.String(length=120), nullable=True),
        sa.Column("source_status", sa.String(length=40), nullable=True),
        sa.Column("lane", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=120), nullable=True),
        sa.Column("wms_id", BigId, nullable=True),
        sa.Column("wanted", sa.String(length=10), nullable=False),
        sa.Column("transfer", sa.String(length=12), nullable=False),
        sa.Column("warehouse_status", sa.Integer(), nullable=True),
        sa.Column("warehouse_status_text", sa.String(length=80), nullable=True),
        sa.Column("warehouse_read_at", UtcTime(), nullable=True),
        sa.Column("source_modified_at", UtcTime(), nullable=True),
        sa.Column("source_hash", sa.String(length=64), nullable=True),
        sa.Column("settings_version", sa.Integer(), nullable=True),
        sa.Column("sent_hash", sa.String(length=64), nullable=True),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.Column("reason_code", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("delivery", sa.String(length=12), nullable=True),
        sa.Column("delivery_code", sa.String(length=60), nullable=True),
        sa.Column("delivery_reason", sa.Text(), nullable=True),
        sa.Column("completed_at", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_mappings_connection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mappings")),
        sa.UniqueConstraint("connection_id", "kind", "source_id", name=op.f("uq_mappings_connection_id_kind_source_id")),
        sa.UniqueConstraint("lane", "kind", "number", name=op.f("uq_mappings_lane_kind_number")),
    )
    with op.batch_alter_table("mappings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_mappings_open",
            ["connection_id", "kind", "id"],
            unique=False,
            sqlite_where=sa.text("wms_id is not null and wanted = 'present'"),
            postgresql_where=sa.text("wms_id is not null and wanted = 'present'"),
        )
        batch_op.create_index("ix_mappings_source_number", ["source_number"], unique=False)
        batch_op.create_index("ix_mappings_wms_id", ["lane", "kind", "wms_id"], unique=False)


def create_run_parts() -> None:
    op.create_table(
        "run_parts",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("process", sa.String(length=20), nullable=False),
        sa.Column("full", sa.Boolean(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("cursor", Json, nullable=True),
        sa.Column("sweeping", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("read", sa.Integer(), server_default="0", nullable=False),
        sa.Column("calls", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reasons", Json, nullable=True),
        sa.Column("planned", Json, nullable=True),
        sa.Column("preview", Json, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=True),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_run_parts_connection_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_parts_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_parts")),
    )
    with op.batch_alter_table("run_parts", schema=None) as batch_op:
        batch_op.create_index("ix_run_parts_connection", ["connection_id", "process", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_run_parts_run_id"), ["run_id"], unique=False)
        batch_op.create_index("ix_run_parts_state", ["state", "id"], unique=False)


def create_shop_writes() -> None:
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
    with op.batch_alter_table("shop_writes", schema=None) as batch_op:
        batch_op.create_index("ix_shop_writes_connection", ["connection_id", "id"], unique=False)
    op.create_table(
        "stock_levels",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.String(length=80), nullable=False),
        sa.Column("parent_id", sa.String(length=80), server_default="", nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("sellable", sa.Float(), nullable=True),
        sa.Column("wms_read_at", UtcTime(), nullable=True),
        sa.Column("shop_quantity", sa.Integer(), nullable=True),
        sa.Column("shop_read_at", UtcTime(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("problem_code", sa.String(length=60), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_stock_levels_connection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_levels")),
        sa.UniqueConstraint("connection_id", "source_id", name=op.f("uq_stock_levels_connection_id_source_id")),
    )
    with op.batch_alter_table("stock_levels", schema=None) as batch_op:
        batch_op.create_index("ix_stock_levels_number", ["connection_id", "number"], unique=False)
        batch_op.create_index(
            "ix_stock_levels_parked",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'parked'"),
            postgresql_where=sa.text("state = 'parked'"),
        )
        batch_op.create_index(
            "ix_stock_levels_waiting",
            ["connection_id", "parent_id", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
