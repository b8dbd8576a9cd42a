"""Indexes: what a turn, a sweep, a search and retention ask for is found by index, however much history there is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.types import BigId, UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Indexes = tuple[tuple[str, str, tuple[str, ...], str | None], ...]
"""Each index with its table, its columns, and the condition of a partial one."""

NEW: Indexes = (
    ("ix_inbox_job", "inbox", ("job_id", "state", "generation"), "job_id is not null"),
    ("ix_inbox_record", "inbox", ("connection_id", "process", "source_id", "id"), "source_id is not null"),
    ("ix_inbox_connection", "inbox", ("connection_id", "state", "id"), "state <> 'received'"),
    ("ix_inbox_state", "inbox", ("state", "id"), "state <> 'received'"),
    ("ix_inbox_reason", "inbox", ("reason_code", "id"), "reason_code is not null"),
    ("ix_inbox_dead", "inbox", ("settled_at", "id"), "state = 'dead' and job_id is null"),
    ("ix_inbox_full", "inbox", ("received_at",), "body is not null and state in ('done', 'merged', 'ignored')"),
    ("ix_jobs_connection", "jobs", ("connection_id", "process", "id"), "id > 0"),
    ("ix_jobs_mapping", "jobs", ("mapping_id", "id"), None),
    ("ix_jobs_any_number", "jobs", ("number", "id"), "number is not null"),
    ("ix_jobs_source", "jobs", ("source_id", "id"), None),
    ("ix_jobs_reason", "jobs", ("reason_code", "id"), "reason_code is not null"),
    ("ix_jobs_dead", "jobs", ("updated_at", "id"), "state = 'dead'"),
    ("ix_jobs_full", "jobs", ("updated_at",), "source is not null and state = 'done'"),
    ("ix_mappings_wms_id", "mappings", ("wms_id", "lane", "kind"), "wms_id is not null"),
    ("ix_mappings_first", "mappings", ("connection_id", "kind", "lane", "wms_id"), "wms_id is not null"),
    ("ix_mappings_source", "mappings", ("source_id", "id"), None),
    ("ix_mappings_source_number", "mappings", ("source_number", "id"), "source_number is not null"),
    ("ix_mappings_number", "mappings", ("number", "id"), "number is not null"),
    ("ix_mappings_connection", "mappings", ("connection_id", "kind", "id"), "id > 0"),
    ("ix_mappings_transfer", "mappings", ("transfer", "id"), "transfer <> 'sent'"),
    ("ix_mappings_absent", "mappings", ("id",), "wanted = 'absent'"),
    ("ix_mappings_delivery", "mappings", ("delivery", "id"), "delivery is not null"),
    ("ix_mappings_reason", "mappings", ("reason_code", "id"), "reason_code is not null"),
    ("ix_attempts_job", "attempts", ("job_id", "id"), "job_id is not null"),
    ("ix_runs_created_at", "runs", ("created_at", "id"), None),
    ("ix_runs_unfinished", "runs", ("created_at",), "finished_at is null"),
    ("ix_run_parts_connection", "run_parts", ("connection_id", "id"), "id > 0"),
    ("ix_run_parts_working", "run_parts", ("id",), "state = 'working'"),
    ("ix_run_parts_to_read", "run_parts", ("connection_id", "process", "id"), "state in ('waiting', 'reading')"),
    ("ix_run_parts_preview", "run_parts", ("finished_at",), "preview is not null"),
    ("ix_run_items_part", "run_items", ("part_id", "outcome", "id"), None),
    ("ix_alerts_last", "alerts", ("kind", "connection_id", "id"), None),
    ("ix_alerts_kind", "alerts", ("kind", "id"), "id > 0"),
    ("ix_alerts_connection", "alerts", ("connection_id", "id"), "id > 0"),
    ("ix_alerts_untold", "alerts", ("id",), "sent_at is null or last_at > sent_at"),
    ("ix_alerts_told", "alerts", ("sent_at",), "sent_at is not null"),
    ("ix_deliveries_watched", "deliveries", ("connection_id", "watched_until", "look_at"), "watched_until is not null"),
    ("ix_deliveries_full", "deliveries", ("read_at",), "snapshot is not null"),
    ("ix_reports_full", "reports", ("done_at",), "request is not null and kind <> 'refund'"),
    ("ix_stock_levels_number", "stock_levels", ("number", "connection_id", "id"), None),
    ("ix_stock_levels_state", "stock_levels", ("state", "id"), None),
    ("ix_reservations_transferred", "reservations", ("transferred_at",), "transferred_at is not null"),
)

OLD: Indexes = (
    ("ix_inbox_job", "inbox", ("job_id",), "state in ('queued', 'held', 'dead')"),
    ("ix_inbox_record", "inbox", ("connection_id", "process", "source_id"), None),
    ("ix_mappings_wms_id", "mappings", ("lane", "kind", "wms_id"), None),
    ("ix_mappings_source_number", "mappings", ("source_number",), None),
    ("ix_mappings_open", "mappings", ("connection_id", "kind", "id"), "wms_id is not null and wanted = 'present'"),
    ("ix_runs_created_at", "runs", ("created_at",), None),
    ("ix_run_parts_connection", "run_parts", ("connection_id", "process", "id"), None),
    ("ix_run_parts_state", "run_parts", ("state", "id"), None),
    ("ix_run_items_part", "run_items", ("part_id", "outcome"), None),
    ("ix_deliveries_watched", "deliveries", ("connection_id", "look_at"), "look_at is not null"),
    ("ix_stock_levels_number", "stock_levels", ("connection_id", "number"), None),
    ("ix_attempts_started_at", "attempts", ("started_at",), None),
    ("ix_history_at", "history", ("at",), None),
)


def upgrade() -> None:
    _drop(OLD)
    _create(NEW)
    op.create_table(
        "upkeep",
        sa.Column("task", sa.String(length=40), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("position", BigId, nullable=False),
        sa.Column("moment", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("task", name=op.f("pk_upkeep")),
    )


def downgrade() -> None:
    op.drop_table("upkeep")
    _drop(NEW)
    _create(OLD)


def _drop(indexes: Indexes) -> None:
    for name, table, _columns, _where in indexes:
        op.drop_index(name, table_name=table)


def _create(indexes: Indexes) -> None:
    for name, table, columns, where in indexes:
        condition = None if where is None else sa.text(where)
        op.create_index(name, table, list(columns), sqlite_where=condition, postgresql_where=condition)
