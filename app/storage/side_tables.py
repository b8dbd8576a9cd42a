"""Tables beside the pipe: leases, keys, work by the clock, people who log in or connect a system, suppliers, mutes, the audit,
and long work (reconciles and backfills)."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from app.storage.tables import metadata, partial
from app.storage.types import BigId, Json, Line, UtcTime, Words

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("rights", Json, nullable=False),  # read, sync, admin
    Column("connection_ids", Json),  # None: all
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),  # None: never
    Column("addresses", Json),  # networks from which it may be used; None: from anywhere
    Column("last_used_at", UtcTime),
    Column("revoked_at", UtcTime),
)

console_sessions = Table(
    "console_sessions",
    metadata,
    Column("token", String(64), primary_key=True),  # hash of the cookie
    Column("key_id", String(40), nullable=False),  # the API key with which somebody has logged in
    Column("begins_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Index("ix_console_sessions_ends_at", "ends_at"),
)

leases = Table(
    "leases",
    metadata,
    Column("key", String(220), primary_key=True),
    Column("holder", String(80)),
    Column("until", UtcTime),
    Column("fence", Integer, nullable=False),
)

upkeep = Table(
    "upkeep",
    metadata,
    Column("task", String(40), primary_key=True),
    Column("due_at", UtcTime),
    Column("position", BigId, nullable=False),  # the id up to which it has come
    Column("moment", UtcTime),  # or the time
)

visits = Table(
    "visits",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("integration", String(40), nullable=False),
    Column("browser", String(64)),  # hash of the cookie; None: a link that nobody has followed yet
    Column("link", String(64), unique=True),  # hash of the one-time link; None: somebody came with a key
    Column("key_id", String(40)),  # the API key that allows it
    Column("connection_id", String(40)),  # to be connected again, or made by this visit
    # open → asked (sent to the system's consent page) → made
    Column("stage", String(10), nullable=False),
    Column("state", String(64), unique=True),  # hash of the `state` that is out, or was
    Column("state_until", UtcTime),
    Column("sealed", LargeBinary),  # what the person typed, until the connection is made
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Index("ix_visits_browser", "browser", "integration", "created_at"),
    Index("ix_visits_expires_at", "expires_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("way", String(10), nullable=False),  # api, cli, page
    Column("key_id", String(40)),
    Column("key_name", Words),
    Column("actor", Words),  # a user of the machine, or a page's visit
    Column("address", String(64)),
    Column("route", String(200), nullable=False),
    # No foreign key, and its name as it was: a deleted draft leaves its rows behind.
    Column("connection_id", String(40)),
    Column("connection_name", Text),
    Column("subject", Words, nullable=False),
    Column("changes", Json, nullable=False),
    Index("ix_audit_connection", "connection_id", "id"),
    Index("ix_audit_key", "key_id", "id"),
    Index("ix_audit_route", "route", "id"),
    Index("ix_audit_at", "at"),
)

suppliers = Table(
    "suppliers",
    metadata,
    Column("connection_id", String(40), ForeignKey("connections.id"), primary_key=True),
    Column("source_id", String(80), primary_key=True),
    Column("number", Line(120), nullable=False),
    Column("content", Json, nullable=False),  # the supplier as it was mapped last
    Column("changed_at", UtcTime, nullable=False),
    Column("is_new", Boolean, nullable=False),  # the articles that were sent before this change do not have it yet
    Index("ix_suppliers_new", "connection_id", "is_new", "source_id"),
)

mutes = Table(
    "mutes",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("kind", String(40), nullable=False),
    # Empty: alerts that belong to no connection. So no foreign key.
    Column("connection_id", String(40), nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
    UniqueConstraint("kind", "connection_id"),
)

long_works = Table(
    "long_works",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("connection_id", String(40), ForeignKey("connections.id"), nullable=False),
    Column("kind", String(12), nullable=False),  # reconcile, backfill, adopt
    # waiting → running → done | failed | stopped; paused: until somebody lets it go on
    Column("state", String(12), nullable=False),
    Column("options", Json, nullable=False),
    Column("place", Json, nullable=False),  # where the next slice goes on
    Column("counts", Json, nullable=False),
    Column("notes", Json, nullable=False),  # what was not compared or left out, and why
    Column("part_id", BigId),  # of a backfill: the part of a run that its records belong to
    Column("error", Words),
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
    Column("saves", Integer, nullable=False, server_default="0"),  # how often its progress was stored
    Column("due_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("finished_at", UtcTime),
    Index("ix_long_works_kind", "kind", "id"),
    Index("ix_long_works_connection", "connection_id", "kind", "id"),
    partial("ix_long_works_open", "id", where="finished_at is null"),
    partial("ix_long_works_finished", "finished_at", where="finished_at is not null"),
)

long_work_lines = Table(
    "long_work_lines",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("work_id", BigId, ForeignKey("long_works.id"), nullable=False),
    Column("kind", String(12), nullable=False),  # missing, doubled, extra, different, stuck, stock; or a backfill's outcome
    Column("process", String(20), nullable=False),
    Column("number", Line(120)),
    Column("source_id", Line(80)),
    Column("mapping_id", BigId),
    Column("code", String(60)),
    Column("text", Words, nullable=False),
    Column("action", String(20)),  # what mends it: resync, release, replay …
    Column("fields", Json),
    Index("ix_long_work_lines_kind", "work_id", "kind", "id"),
    Index("ix_long_work_lines_work", "work_id", "id"),
)

compatibility = Table(
    "compatibility",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1: there is one row
    Column("oldest", Integer, nullable=False),  # the oldest gateway, by the revision it knows, that may run on this database
)
