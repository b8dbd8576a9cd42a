"""How the tables of revision 0001 are dropped again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def drop_run_items() -> None:
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


def drop_stock_levels() -> None:
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


def drop_api_keys() -> None:
    op.drop_table("api_keys")
