"""The tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import BigId, Json, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
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

    op.create_table(
        "acknowledgements",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("mapping_id", BigId, nullable=False),
        sa.Column("wms_order_id", BigId, nullable=False),
        sa.Column("line_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("quantity", sa.Float(), nullable=False),
        sa.Column("acknowledged", sa.Float(), nullable=True),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["mapping_id"], ["mappings.id"], name=op.f("fk_acknowledgements_mapping_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgements")),
        sa.UniqueConstraint(
            "wms_order_id", "line_id", "kind", "mapping_id", name=op.f("uq_acknowledgements_wms_order_id_line_id_kind_mapping_id")
        ),
    )
    with op.batch_alter_table("acknowledgements", schema=None) as batch_op:
        batch_op.create_index("ix_acknowledgements_mapping", ["mapping_id"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("mapping_id", BigId, nullable=False),
        sa.Column("lane", sa.String(length=200), nullable=False),
        sa.Column("wms_order_id", BigId, nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("back_order_for", BigId, nullable=True),
        sa.Column("snapshot", Json, nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("returns_digest", sa.String(length=64), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("shipped_at", UtcTime(), nullable=True),
        sa.Column("watched_until", UtcTime(), nullable=True),
        sa.Column("look_at", UtcTime(), nullable=True),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("read_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_deliveries_connection_id")),
        sa.ForeignKeyConstraint(["mapping_id"], ["mappings.id"], name=op.f("fk_deliveries_mapping_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("lane", "wms_order_id", name=op.f("uq_deliveries_lane_wms_order_id")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_mapping", ["mapping_id"], unique=False)
        batch_op.create_index(
            "ix_deliveries_watched",
            ["connection_id", "look_at"],
            unique=False,
            sqlite_where=sa.text("look_at is not null"),
            postgresql_where=sa.text("look_at is not null"),
        )

    op.create_table(
        "history",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("mapping_id", BigId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("detail", Json, nullable=True),
        sa.Column("event_id", BigId, nullable=True),
        sa.Column("job_id", BigId, nullable=True),
        sa.Column("attempt_id", BigId, nullable=True),
        sa.Column("run_id", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["mapping_id"], ["mappings.id"], name=op.f("fk_history_mapping_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
    )
    with op.batch_alter_table("history", schema=None) as batch_op:
        batch_op.create_index("ix_history_at", ["at"], unique=False)
        batch_op.create_index("ix_history_mapping", ["mapping_id", "id"], unique=False)

    op.create_table(
        "jobs",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.String(length=40), nullable=False),
        sa.Column("process", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.String(length=80), nullable=False),
        sa.Column("mapping_id", BigId, nullable=False),
        sa.Column("lane", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("suspect", sa.Integer(), server_default="0", nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("taken_generation", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_generation", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ready_at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("received_at", UtcTime(), nullable=True),
        sa.Column("number", sa.String(length=120), nullable=True),
        sa.Column("source", Json, nullable=True),
        sa.Column("payload", Json, nullable=True),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("settings_version", sa.Integer(), nullable=False),
        sa.Column("found_by", sa.String(length=20), nullable=False),
        sa.Column("override", sa.String(length=40), nullable=True),
        sa.Column("reason_code", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_jobs_connection_id")),
        sa.ForeignKeyConstraint(["mapping_id"], ["mappings.id"], name=op.f("fk_jobs_mapping_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("connection_id", "process", "source_id", name=op.f("uq_jobs_connection_id_process_source_id")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_jobs_claim",
            ["lane", "suspect", "priority", "connection_id", "ready_at"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.create_index(
            "ix_jobs_number",
            ["lane", "process", "number"],
            unique=False,
            sqlite_where=sa.text("state in ('waiting', 'parked')"),
            postgresql_where=sa.text("state in ('waiting', 'parked')"),
        )
        batch_op.create_index(
            "ix_jobs_oldest",
            ["lane", "suspect", "priority", "ready_at"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.create_index(
            "ix_jobs_parked",
            ["lane", "due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'parked'"),
            postgresql_where=sa.text("state = 'parked'"),
        )
        batch_op.create_index(
            "ix_jobs_running",
            ["lane"],
            unique=False,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )
        batch_op.create_index("ix_jobs_state", ["state", "id"], unique=False)

    op.create_table(
        "reports",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("mapping_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request", Json, nullable=True),
        sa.Column("remote_id", sa.String(length=80), nullable=True),
        sa.Column("intended_at", UtcTime(), nullable=False),
        sa.Column("done_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["mapping_id"], ["mappings.id"], name=op.f("fk_reports_mapping_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("mapping_id", "kind", "key", name=op.f("uq_reports_mapping_id_kind_key")),
    )
    op.create_table(
        "reservations",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("lane", sa.String(length=200), nullable=False),
        sa.Column("mapping_id", BigId, nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("quantity", sa.Float(), nullable=False),
        sa.Column("transferred_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["mapping_id"], ["mappings.id"], name=op.f("fk_reservations_mapping_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
    )
    with op.batch_alter_table("reservations", schema=None) as batch_op:
        batch_op.create_index("ix_reservations_mapping", ["mapping_id"], unique=False)
        batch_op.create_index("ix_reservations_number", ["lane", "number"], unique=False)

    op.create_table(
        "returned_goods",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("mapping_id", BigId, nullable=False),
        sa.Column("lane", sa.String(length=200), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("record_id", BigId, nullable=False),
        sa.Column("line_id", BigId, nullable=False),
        sa.Column("row_number", sa.String(length=80), nullable=False),
        sa.Column("quantity", sa.Float(), nullable=False),
        sa.Column("read_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["mapping_id"], ["mappings.id"], name=op.f("fk_returned_goods_mapping_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned_goods")),
        sa.UniqueConstraint(
            "lane",
            "way",
            "record_id",
            "line_id",
            "row_number",
            name=op.f("uq_returned_goods_lane_way_record_id_line_id_row_number"),
        ),
    )
    with op.batch_alter_table("returned_goods", schema=None) as batch_op:
        batch_op.create_index("ix_returned_goods_mapping", ["mapping_id"], unique=False)

    op.create_table(
        "attempts",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("job_id", BigId, nullable=False),
        sa.Column("mapping_id", BigId, nullable=False),
        sa.Column("lane", sa.String(length=200), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("call", sa.String(length=120), nullable=False),
        sa.Column("request", Json, nullable=True),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("timeout_seconds", sa.Float(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.Column("result", sa.String(length=20), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_attempts_job_id")),
        sa.ForeignKeyConstraint(["mapping_id"], ["mappings.id"], name=op.f("fk_attempts_mapping_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index("ix_attempts_mapping", ["mapping_id", "id"], unique=False)
        batch_op.create_index(
            "ix_attempts_open",
            ["job_id"],
            unique=False,
            sqlite_where=sa.text("finished_at is null"),
            postgresql_where=sa.text("finished_at is null"),
        )
        batch_op.create_index("ix_attempts_started_at", ["started_at"], unique=False)

    op.create_table(
        "run_items",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("part_id", BigId, nullable=False),
        sa.Column("job_id", BigId, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("source_id", sa.String(length=80), nullable=False),
        sa.Column("reason_code", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_run_items_job_id")),
        sa.ForeignKeyConstraint(["part_id"], ["run_parts.id"], name=op.f("fk_run_items_part_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_items")),
    )
    with op.batch_alter_table("run_items", schema=None) as batch_op:
        batch_op.create_index(
            "ix_run_items_open",
            ["job_id"],
            unique=False,
            sqlite_where=sa.text("outcome is null"),
            postgresql_where=sa.text("outcome is null"),
        )
        batch_op.create_index("ix_run_items_part", ["part_id", "outcome"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("run_items", schema=None) as batch_op:
        batch_op.drop_index("ix_run_items_part")
        batch_op.drop_index(
            "ix_run_items_open", sqlite_where=sa.text("outcome is null"), postgresql_where=sa.text("outcome is null")
        )

    op.drop_table("run_items")
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index("ix_attempts_started_at")
        batch_op.drop_index(
            "ix_attempts_open", sqlite_where=sa.text("finished_at is null"), postgresql_where=sa.text("finished_at is null")
        )
        batch_op.drop_index("ix_attempts_mapping")

    op.drop_table("attempts")
    with op.batch_alter_table("returned_goods", schema=None) as batch_op:
        batch_op.drop_index("ix_returned_goods_mapping")

    op.drop_table("returned_goods")
    with op.batch_alter_table("reservations", schema=None) as batch_op:
        batch_op.drop_index("ix_reservations_number")
        batch_op.drop_index("ix_reservations_mapping")

    op.drop_table("reservations")
    op.drop_table("reports")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index("ix_jobs_state")
        batch_op.drop_index(
            "ix_jobs_running", sqlite_where=sa.text("state = 'running'"), postgresql_where=sa.text("state = 'running'")
        )
        batch_op.drop_index(
            "ix_jobs_parked", sqlite_where=sa.text("state = 'parked'"), postgresql_where=sa.text("state = 'parked'")
        )
        batch_op.drop_index(
            "ix_jobs_oldest", sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'")
        )
        batch_op.drop_index(
            "ix_jobs_number",
            sqlite_where=sa.text("state in ('waiting', 'parked')"),
            postgresql_where=sa.text("state in ('waiting', 'parked')"),
        )
        batch_op.drop_index(
            "ix_jobs_claim", sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'")
        )

    op.drop_table("jobs")
    with op.batch_alter_table("history", schema=None) as batch_op:
        batch_op.drop_index("ix_history_mapping")
        batch_op.drop_index("ix_history_at")

    op.drop_table("history")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_deliveries_watched", sqlite_where=sa.text("look_at is not null"), postgresql_where=sa.text("look_at is not null")
        )
        batch_op.drop_index("ix_deliveries_mapping")

    op.drop_table("deliveries")
    with op.batch_alter_table("acknowledgements", schema=None) as batch_op:
        batch_op.drop_index("ix_acknowledgements_mapping")

    op.drop_table("acknowledgements")
    with op.batch_alter_table("stock_levels", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_stock_levels_waiting", sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'")
        )
        batch_op.drop_index(
            "ix_stock_levels_parked", sqlite_where=sa.text("state = 'parked'"), postgresql_where=sa.text("state = 'parked'")
        )
        batch_op.drop_index("ix_stock_levels_number")

    op.drop_table("stock_levels")
    with op.batch_alter_table("shop_writes", schema=None) as batch_op:
        batch_op.drop_index("ix_shop_writes_connection")

    op.drop_table("shop_writes")
    with op.batch_alter_table("run_parts", schema=None) as batch_op:
        batch_op.drop_index("ix_run_parts_state")
        batch_op.drop_index(batch_op.f("ix_run_parts_run_id"))
        batch_op.drop_index("ix_run_parts_connection")

    op.drop_table("run_parts")
    with op.batch_alter_table("mappings", schema=None) as batch_op:
        batch_op.drop_index("ix_mappings_wms_id")
        batch_op.drop_index("ix_mappings_source_number")
        batch_op.drop_index(
            "ix_mappings_open",
            sqlite_where=sa.text("wms_id is not null and wanted = 'present'"),
            postgresql_where=sa.text("wms_id is not null and wanted = 'present'"),
        )

    op.drop_table("mappings")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_record")
        batch_op.drop_index("ix_inbox_received_at")
        batch_op.drop_index(
            "ix_inbox_ready", sqlite_where=sa.text("state = 'received'"), postgresql_where=sa.text("state = 'received'")
        )
        batch_op.drop_index(
            "ix_inbox_parked", sqlite_where=sa.text("state = 'parked'"), postgresql_where=sa.text("state = 'parked'")
        )
        batch_op.drop_index(
            "ix_inbox_job",
            sqlite_where=sa.text("state in ('queued', 'held', 'dead')"),
            postgresql_where=sa.text("state in ('queued', 'held', 'dead')"),
        )

    op.drop_table("inbox")
    op.drop_table("hooks")
    op.drop_table("cursors")
    op.drop_table("alerts")
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_index("ix_runs_created_at")

    op.drop_table("runs")
    op.drop_table("leases")
    op.drop_table("lanes")
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_connections_lane"))
        batch_op.drop_index(batch_op.f("ix_connections_integration"))

    op.drop_table("connections")
    op.drop_table("budgets")
    op.drop_table("api_keys")
