"""The second half of the tables of revision 0001."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import BigId, Json, UtcTime


def create_acknowledgements() -> None:
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


def create_history() -> None:
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


def create_jobs() -> None:
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


def create_reports() -> None:
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


def create_returned_goods() -> None:
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


def create_run_items() -> None:
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
