"""Tables of the way back from the warehouse to the shop: deliveries and what was reported of them, stock levels, reservations."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from app.storage.tables import metadata, only
from app.storage.types import BigId, Json, UtcTime

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("connection_id", String(40), ForeignKey("connections.id"), nullable=False),
    Column("mapping_id", BigId, ForeignKey("mappings.id"), nullable=False),
    Column("lane", String(200), nullable=False),
    Column("wms_order_id", BigId, nullable=False),
    Column("number", String(120), nullable=False),
    Column("back_order_for", BigId),
    Column("snapshot", Json),  # the order as the WMS gave it; emptied by retention
    # Digests of what each process reports, as it was queued last; None: nothing yet.
    Column("digest", String(64)),
    Column("returns_digest", String(64)),
    Column("status", Integer, nullable=False),
    Column("shipped_at", UtcTime),
    # Read again until this moment: a tracking number may come long after the order was sent, and another after that.
    Column("watched_until", UtcTime),
    Column("look_at", UtcTime),  # when it is read next; the pause grows while nothing changes
    Column("changed_at", UtcTime, nullable=False),
    Column("read_at", UtcTime, nullable=False),  # when the call that showed it began
    UniqueConstraint("lane", "wms_order_id"),
    Index("ix_deliveries_mapping", "mapping_id"),
    Index("ix_deliveries_watched", "connection_id", "look_at", **only("look_at is not null")),  # type: ignore[arg-type]
)

returned_goods = Table(
    "returned_goods",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("mapping_id", BigId, ForeignKey("mappings.id"), nullable=False),
    Column("lane", String(200), nullable=False),
    Column("way", String(20), nullable=False),  # return-order, purchase-order: returns that are records of their own
    Column("record_id", BigId, nullable=False),
    Column("line_id", BigId, nullable=False),
    Column("row_number", String(80), nullable=False),  # the source's id of the order line
    Column("quantity", Float, nullable=False),  # a total, as it was read last
    Column("read_at", UtcTime, nullable=False),
    UniqueConstraint("lane", "way", "record_id", "line_id", "row_number"),
    Index("ix_returned_goods_mapping", "mapping_id"),
)

reports = Table(
    "reports",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("mapping_id", BigId, ForeignKey("mappings.id"), nullable=False),
    # tracking, refund, note: not idempotent in the shop, so the intent is committed before the write
    Column("kind", String(20), nullable=False),
    Column("key", String(200), nullable=False),  # the tracking number, the refund's reference, the note's reason
    Column("request", Json),
    Column("remote_id", String(80)),  # set when the shop has it
    Column("intended_at", UtcTime, nullable=False),
    Column("done_at", UtcTime),
    UniqueConstraint("mapping_id", "kind", "key"),
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("mapping_id", BigId, ForeignKey("mappings.id"), nullable=False),
    Column("wms_order_id", BigId, nullable=False),
    Column("line_id", BigId, nullable=False),
    Column("kind", String(12), nullable=False),  # picked, returned; received (on a purchase order, whose id is then given)
    Column("quantity", Float, nullable=False),  # as it was read when it was reported to the shop
    Column("acknowledged", Float),  # as the WMS has confirmed it
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("wms_order_id", "line_id", "kind", "mapping_id"),
    Index("ix_acknowledgements_mapping", "mapping_id"),
)

stock_levels = Table(
    "stock_levels",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("connection_id", String(40), ForeignKey("connections.id"), nullable=False),
    Column("source_id", String(80), nullable=False),
    Column("parent_id", String(80), nullable=False, server_default=""),  # empty: a product of its own
    Column("number", String(120), nullable=False),
    Column("sellable", Float),  # as the WMS said at `wms_read_at`, the moment its read began
    Column("wms_read_at", UtcTime),
    Column("shop_quantity", Integer),  # as the shop said last; None: it keeps no quantity of its own there
    Column("shop_read_at", UtcTime),
    Column("state", String(10), nullable=False),  # same, waiting, parked, problem, unknown
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcTime),
    Column("problem_code", String(60)),
    Column("problem", Text),
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("connection_id", "source_id"),
    Index("ix_stock_levels_number", "connection_id", "number"),
    Index("ix_stock_levels_waiting", "connection_id", "parent_id", "id", **only("state = 'waiting'")),  # type: ignore[arg-type]
    Index("ix_stock_levels_parked", "due_at", **only("state = 'parked'")),  # type: ignore[arg-type]
)

reservations = Table(
    "reservations",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("lane", String(200), nullable=False),
    Column("mapping_id", BigId, ForeignKey("mappings.id"), nullable=False),
    Column("number", String(120), nullable=False),
    Column("quantity", Float, nullable=False),
    # When the WMS got the order; until a stock read that began after this, its own figure does not show it.
    Column("transferred_at", UtcTime),
    Index("ix_reservations_number", "lane", "number"),
    Index("ix_reservations_mapping", "mapping_id"),
)

hooks = Table(
    "hooks",
    metadata,
    Column("connection_id", String(40), ForeignKey("connections.id"), primary_key=True),
    Column("checked_at", UtcTime),
    Column("next_check_at", UtcTime, nullable=False),
    Column("state", String(12), nullable=False),  # unknown, fine, repaired, failed
    Column("seen", Json),
    Column("repairs", Integer, nullable=False, server_default="0"),
    Column("last_repair_at", UtcTime),
    Column("last_error", Text),
)
