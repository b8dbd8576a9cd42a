"""Every table. Times are UTC; states are spelled out where they are used first."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from app.storage.types import BigId, Json, Line, UtcTime, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def partial(name: str, *columns: str, where: str) -> Index:
    """An index of the rows for which `where` holds, on both databases. SQLite uses it only if the query shows that: with
    `column = value` for a condition of that form, with any comparison of the column for `is not null`, else word by word."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


LISTED = "id > 0"
"""Every row, in the words of indexes that only lists ask for. SQLite would take them for other questions too, and read more."""

connections = Table(
    "connections",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("integration", String(40), nullable=False, index=True),
    # The end of a webhook's address. It cannot be guessed, and is not the id, so that it can be shown or changed on its own.
    Column("webhook_id", String(60), nullable=False, unique=True),
    Column("status", String(20), nullable=False),  # draft, active, paused
    Column("account_key", Text, nullable=False),  # the account on the other side: `Account.key`
    Column("warehouse_url", Text, nullable=False),
    Column("goods_owner_id", Integer, nullable=False),
    Column("lane", String(200), nullable=False, index=True),
    Column("settings", Json, nullable=False),
    Column("settings_version", Integer, nullable=False),
    Column("secrets", LargeBinary, nullable=False),
    Column("facts", Json),
    Column("test", Json),
    Column("tested_at", UtcTime),
    Column("activated_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("connection_id", String(40), ForeignKey("connections.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),  # counts up at every renewal; the connection's settings_version stays
    Column("expires_at", UtcTime),
    Column("updated_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),  # since when it cannot be renewed without a person
    Column("ended_words", Words),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("connection_id", String(40), ForeignKey("connections.id"), nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("headers", Json, nullable=False),
    Column("body", LargeBinary),  # emptied by retention
    Column("size", Integer, nullable=False),
    # received → (parked →) queued → done | held | dead; or merged, ignored
    Column("state", String(12), nullable=False),
    Column("topic", Line(100)),
    Column("process", String(20)),
    Column("source_id", String(80)),
    Column("job_id", BigId),
    Column("generation", Integer),
    Column("reason_code", String(60)),
    Column("reason", Words),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcTime),
    Column("settled_at", UtcTime),
    Column("request_id", String(64)),
    Column("traceparent", String(55)),
    partial("ix_inbox_ready", "connection_id", "id", where="state = 'received'"),
    partial("ix_inbox_parked", "due_at", where="state = 'parked'"),
    partial("ix_inbox_job", "job_id", "state", "generation", where="job_id is not null"),
    partial("ix_inbox_record", "connection_id", "process", "source_id", "id", where="source_id is not null"),
    partial("ix_inbox_connection", "connection_id", "state", "id", where="state <> 'received'"),
    partial("ix_inbox_state", "state", "id", where="state <> 'received'"),
    partial("ix_inbox_reason", "reason_code", "id", where="reason_code is not null"),
    partial("ix_inbox_dead", "settled_at", "id", where="state = 'dead' and job_id is null"),
    partial("ix_inbox_full", "received_at", where="body is not null and state in ('done', 'merged', 'ignored')"),
    Index("ix_inbox_received_at", "received_at"),
)

STUCK = "state in ('held', 'dead')"  # of a job: it goes on only when somebody does something
jobs = Table(
    "jobs",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("connection_id", String(40), ForeignKey("connections.id"), nullable=False),
    Column("process", String(20), nullable=False),
    Column("source_id", String(80), nullable=False),
    Column("mapping_id", BigId, ForeignKey("mappings.id"), nullable=False),
    Column("lane", String(200), nullable=False),
    # waiting → running → done | held | dead; parked: waiting for `due_at`
    Column("state", String(12), nullable=False),
    Column("priority", Integer, nullable=False),  # 0 cancellation, 1 order, 2 any other
    Column("suspect", Integer, nullable=False, server_default="0"),  # 1: was refused before, never run back to back
    Column("generation", Integer, nullable=False),
    Column("taken_generation", Integer, nullable=False, server_default="0"),
    Column("fence", Integer, nullable=False, server_default="0"),  # the fence of the lease under which it was claimed
    Column("done_generation", Integer, nullable=False, server_default="0"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("ready_at", UtcTime, nullable=False),
    Column("due_at", UtcTime),
    Column("received_at", UtcTime),  # of the oldest event that waits for this job
    Column("number", Line(120)),  # the WMS number of the record
    Column("source", Json),
    Column("payload", Json),
    Column("schema_version", Integer, nullable=False),
    Column("settings_version", Integer, nullable=False),
    Column("found_by", String(20), nullable=False),  # webhook, poll, sweep, operator, again, caller
    Column("override", String(40)),  # an operator's decision for this generation: release
    Column("request_id", String(64)),  # of what asked for this generation, as the next
    Column("traceparent", String(55)),
    Column("reason_code", String(60)),
    Column("reason", Words),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("connection_id", "process", "source_id"),
    partial("ix_jobs_claim", "lane", "suspect", "priority", "connection_id", "ready_at", where="state = 'waiting'"),
    partial("ix_jobs_oldest", "lane", "suspect", "priority", "ready_at", where="state = 'waiting'"),
    partial("ix_jobs_parked", "lane", "due_at", where="state = 'parked'"),
    partial("ix_jobs_running", "lane", where="state = 'running'"),
    partial("ix_jobs_number", "lane", "process", "number", where="state in ('waiting', 'parked')"),
    Index("ix_jobs_state", "state", "id"),
    partial("ix_jobs_connection", "connection_id", "process", "id", where=LISTED),
    Index("ix_jobs_mapping", "mapping_id", "id"),
    partial("ix_jobs_any_number", "number", "id", where="number is not null"),
    Index("ix_jobs_source", "source_id", "id"),
    partial("ix_jobs_reason", "reason_code", "id", where="reason_code is not null"),
    partial("ix_jobs_stuck", "connection_id", "process", "state", where=STUCK),
    partial("ix_jobs_purchases", "connection_id", "state", "priority", "id", where="process = 'purchase-orders'"),
    partial("ix_jobs_dead", "updated_at", "id", where="state = 'dead'"),
    partial("ix_jobs_full", "updated_at", where="source is not null and state = 'done'"),
)

OPEN_ORDER = (
    "kind = 'order' and completed_at is null and closes_at is null and (wms_id is not null and wanted = 'present' "
    "or wms_id is null and transfer in ('pending', 'held', 'refused', 'unknown'))"
)
"""Of a mapping: an order that the deep sweep reads. The index has only these: it costs the same however many are done."""

mappings = Table(
    "mappings",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("connection_id", String(40), ForeignKey("connections.id"), nullable=False),
    Column("kind", String(12), nullable=False),  # order, article, supplier, purchase
    Column("source_id", String(80), nullable=False),
    Column("parent_source_id", String(80)),  # of a variation
    Column("supplier_source_id", String(80)),  # of an article
    Column("has_variations", Boolean),  # of an article; None: stored by a version that did not ask
    Column("source_number", Line(120)),
    Column("source_status", Line(40)),
    Column("lane", String(200), nullable=False),
    Column("number", Line(120)),  # claimed in the WMS
    Column("wms_id", BigId),
    Column("wanted", String(10), nullable=False),  # present, absent
    Column("transfer", String(12), nullable=False),  # pending, sent, held, refused, unknown, none
    Column("warehouse_status", Integer),
    Column("warehouse_status_text", Line(80)),
    Column("warehouse_read_at", UtcTime),
    Column("source_modified_at", UtcTime),
    Column("source_hash", String(64)),
    Column("settings_version", Integer),
    Column("sent_hash", String(64)),
    Column("adopted", Json),  # of an order that others had made: whose rows are whose (app.warehouse.adopted)
    Column("sent_at", UtcTime),
    Column("entered_at", UtcTime),  # of an order: when the warehouse got it first; None too where that was before 0020
    Column("unsettled_attempt_id", BigId),  # the write whose outcome is not known, until a read settles it
    Column("taken_back_at", UtcTime),  # cancelled in the warehouse because the shop cancelled it
    Column("reason_code", String(60)),
    Column("reason", Words),
    Column("delivery", String(12)),  # the way back: none, waiting, partly, reported, held
    Column("delivery_code", String(60)),
    Column("delivery_reason", Words),
    Column("completed_at", UtcTime),
    Column("closes_at", UtcTime),  # the shop has completed it: until then the deep sweep still reads it
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("connection_id", "kind", "source_id"),
    UniqueConstraint("lane", "kind", "number"),
    partial("ix_mappings_wms_id", "wms_id", "lane", "kind", where="wms_id is not null"),
    partial("ix_mappings_first", "connection_id", "kind", "lane", "wms_id", where="wms_id is not null"),
    Index("ix_mappings_source", "source_id", "id"),
    partial("ix_mappings_supplier", "connection_id", "supplier_source_id", "id", where="supplier_source_id is not null"),
    partial("ix_mappings_source_number", "source_number", "id", where="source_number is not null"),
    partial("ix_mappings_number", "number", "id", where="number is not null"),
    partial("ix_mappings_connection", "connection_id", "kind", "id", where=LISTED),
    partial("ix_mappings_transfer", "transfer", "id", where="transfer <> 'sent'"),
    partial("ix_mappings_absent", "id", where="wanted = 'absent'"),
    partial("ix_mappings_delivery", "delivery", "id", where="delivery is not null"),
    partial("ix_mappings_reason", "reason_code", "id", where="reason_code is not null"),
    partial("ix_mappings_swept", "connection_id", "kind", "id", where=OPEN_ORDER),
    partial("ix_mappings_came_in", "connection_id", "kind", "created_at", where="created_at is not null"),
    partial("ix_mappings_entered", "connection_id", "entered_at", where="entered_at is not null"),
    partial("ix_mappings_completed", "connection_id", "completed_at", where="completed_at is not null"),
    partial("ix_mappings_closing", "connection_id", "closes_at", where="closes_at is not null"),
)

history = Table(
    "history",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("mapping_id", BigId, ForeignKey("mappings.id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("code", String(60), nullable=False),
    Column("text", Words, nullable=False),
    Column("detail", Json),
    Column("event_id", BigId),
    Column("job_id", BigId),
    Column("attempt_id", BigId),
    Column("run_id", String(40)),
    Index("ix_history_mapping", "mapping_id", "id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("job_id", BigId, ForeignKey("jobs.id")),  # None, as the next and the generation: a batch of stock
    Column("mapping_id", BigId, ForeignKey("mappings.id")),
    Column("lane", String(200), nullable=False),  # the key of the lease under which it was made
    Column("fence", Integer, nullable=False),
    Column("generation", Integer),
    Column("call", String(120), nullable=False),
    Column("request", Json),
    Column("started_at", UtcTime, nullable=False),
    Column("timeout_seconds", Float, nullable=False),
    Column("finished_at", UtcTime),
    # ok, unavailable, rate-limited, login-refused, malformed, refused; unknown: the worker ended before the answer came
    Column("result", String(20)),
    Column("status", Integer),
    Column("answer", Words),
    partial("ix_attempts_job", "job_id", "id", where="job_id is not null"),
    partial("ix_attempts_open", "job_id", where="finished_at is null"),
    partial("ix_attempts_batches", "lane", "finished_at", where="job_id is null"),
    Index("ix_attempts_mapping", "mapping_id", "id"),
)

lanes = Table(
    "lanes",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("paused", Boolean, nullable=False, server_default=text("false")),
    Column("pause_reason", Text),
    Column("last_connection_id", String(40)),
    Column("turns", Integer, nullable=False, server_default="0"),
)

budgets = Table(
    "budgets",
    metadata,
    Column("key", String(300), primary_key=True),  # WMS address, user, method
    Column("lane", String(200)),
    Column("failures", Integer, nullable=False),
    Column("pauses", Integer, nullable=False),
    Column("blocked_until", UtcTime),
    Column("last_error", Words),
    Column("updated_at", UtcTime, nullable=False),
    partial("ix_budgets_failing", "key", where="failures > 0"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("connection_id", String(40), ForeignKey("connections.id"), primary_key=True),
    Column("process", String(20), primary_key=True),
    Column("cursor", Json),
    Column("polled_at", UtcTime),
    Column("next_poll_at", UtcTime, nullable=False),
    Column("swept_at", UtcTime),
    Column("next_sweep_at", UtcTime, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_error", Words),
    Column("look_again", String(12)),  # owed to records that wait for it, after the next poll: articles, settings, filters
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("trigger", String(20), nullable=False),  # schedule, webhook, api, cli
    Column("target", String(80), nullable=False),
    Column("options", Json, nullable=False),
    Column("key_id", String(40)),
    Column("idempotency_key", String(200)),
    Column("created_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    UniqueConstraint("key_id", "idempotency_key"),
    Index("ix_runs_created_at", "created_at", "id"),
    partial("ix_runs_unfinished", "created_at", where="finished_at is null"),
)

run_parts = Table(
    "run_parts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("run_id", String(40), ForeignKey("runs.id"), nullable=False, index=True),
    Column("connection_id", String(40), ForeignKey("connections.id"), nullable=False),
    Column("process", String(20), nullable=False),
    Column("full", Boolean, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    # waiting → reading → working → done | failed; braked: waits for an operator
    Column("state", String(12), nullable=False),
    Column("cursor", Json),  # where reading goes on after a pause
    Column("sweeping", Boolean, nullable=False, server_default=text("false")),  # past the changes, at the open records
    Column("read", Integer, nullable=False, server_default="0"),
    Column("calls", Integer, nullable=False, server_default="0"),
    Column("skipped", Integer, nullable=False, server_default="0"),
    Column("unchanged", Integer, nullable=False, server_default="0"),
    Column("reasons", Json),
    Column("planned", Json),  # of a dry run: how many would be created, updated …
    Column("preview", Json),
    Column("error", Words),
    Column("started_at", UtcTime),
    Column("finished_at", UtcTime),
    partial("ix_run_parts_working", "id", where="state = 'working'"),
    partial("ix_run_parts_connection", "connection_id", "id", where=LISTED),
    partial("ix_run_parts_to_read", "connection_id", "process", "id", where="state in ('waiting', 'reading')"),
    partial("ix_run_parts_preview", "finished_at", where="preview is not null"),
)

run_items = Table(
    "run_items",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("part_id", BigId, ForeignKey("run_parts.id"), nullable=False),
    Column("job_id", BigId, ForeignKey("jobs.id"), nullable=False),
    Column("generation", Integer, nullable=False),
    # None until finished: created, updated, cancelled, unchanged, skipped, held, failed
    Column("outcome", String(12)),
    Column("source_id", String(80), nullable=False),
    Column("reason_code", String(60)),
    Column("reason", Words),
    Index("ix_run_items_part", "part_id", "outcome", "id"),
    partial("ix_run_items_open", "job_id", where="outcome is null"),
)

UNTOLD = "closed_at is null and (sent_at is null or last_at > sent_at)"
"""Of an alert: it is open, and people do not know, or do not know that it came again."""
CLOSING_UNTOLD = "closed_at is not null and sent_at is not null and (closing_sent_at is null or closing_sent_at < sent_at)"
"""Of an alert: it is over, and people know only of its beginning."""

alerts = Table(
    "alerts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("kind", String(40), nullable=False),
    Column("connection_id", String(40), ForeignKey("connections.id")),
    Column("subject", String(200), nullable=False),
    Column("text", Words, nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_at", UtcTime, nullable=False),
    Column("last_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),  # when somebody was told of it last
    Column("closed_at", UtcTime),  # None: it is open
    Column("closed_by", Words),  # the person; None: the gateway, because the trouble was over
    Column("closed_why", Words),
    Column("closing_sent_at", UtcTime),  # when somebody was told that it is over
    Column("muted_until", UtcTime),
    UniqueConstraint("kind", "connection_id", "subject"),
    Index("ix_alerts_last", "kind", "connection_id", "id"),
    partial("ix_alerts_kind", "kind", "id", where=LISTED),
    partial("ix_alerts_connection", "connection_id", "id", where=LISTED),
    partial("ix_alerts_open", "id", where="closed_at is null"),
    partial("ix_alerts_open_of", "connection_id", "id", where="closed_at is null"),
    partial("ix_alerts_untold", "id", where=UNTOLD),
    partial("ix_alerts_closing_untold", "id", where=CLOSING_UNTOLD),
    partial("ix_alerts_told", "sent_at", where="sent_at is not null"),
)
