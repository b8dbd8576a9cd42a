"""Tables of the way back from the warehouse to the shop: deliveries and what was reported of them, stock levels, reservations."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from app.storage.tables import metadata, partial
from app.storage.types import BigId, Json, Line, UtcTime, Words

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
    Column("tracking", Line(120)),  # its first tracking number or way bill, to find it by
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
    partial("ix_deliveries_watched", "connection_id", "watched_until", "look_at", where="watched_until is not null"),
    partial("ix_deliveries_tracking", "tracking", where="tracking is not null"),
    partial("ix_deliveries_back_order", "number", where="back_order_for is not null"),
    partial("ix_deliveries_shipped", "connection_id", "shipped_at", "mapping_id", where="shipped_at is not null"),
    partial("ix_deliveries_full", "read_at", where="snapshot is not null"),
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

return_records = Table(
    "return_records",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("connection_id", String(40), ForeignKey("connections.id"), nullable=False),
    Column("mapping_id", BigId, ForeignKey("mappings.id")),  # the order's; None: it names none
    Column("lane", String(200), nullable=False),
    Column("way", String(20), nullable=False),  # order, return-order, purchase-order
    Column("number", String(120), nullable=False),  # of the return in the WMS; of the order itself for what stands on it
    Column("record_id", BigId),  # the WMS's id of it; None: not there yet
    Column("order_number", String(120)),
    # What a caller has announced, and whether it is to be in the WMS: present, absent; None: nobody announced it here.
    Column("announced", Json),
    Column("wanted", String(10)),
    Column("sent_at", UtcTime),  # when the WMS got it as it is announced now
    Column("withdrawn_at", UtcTime),
    Column("lines", Json),  # what came back, line by line; None: nothing yet
    Column("returned_at", UtcTime),
    Column("digest", String(64)),  # of what came back, as it was read
    Column("refund", String(12), nullable=False, server_default="none"),  # none, waiting, refunded, by-hand, held, settled
    Column("reason", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("lane", "way", "number"),
    Index("ix_return_records_connection", "connection_id", "id"),
    Index("ix_return_records_number", "connection_id", "number"),
    Index("ix_return_records_mapping", "mapping_id"),
    partial("ix_return_records_open", "connection_id", "refund", "id", where="refund in ('by-hand', 'held', 'waiting')"),
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
    partial("ix_reports_tracking", "key", where="kind = 'tracking'"),
    partial("ix_reports_full", "done_at", where="request is not null and kind <> 'refund'"),
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("mapping_id", BigId, ForeignKey("mappings.id"), nullable=False),
    Column("wms_order_id", BigId, nullable=False),
    Column("line_id", BigId, nullable=False),
    # picked, returned; received (on a purchase order, whose id is then given); cancelled (the order with the rest)
    Column("kind", String(12), nullable=False),
    Column("quantity", Float, nullable=False),  # as it was read when it was reported to the shop
    Column("acknowledged", Float),  # as the WMS has confirmed it
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("wms_order_id", "line_id", "kind", "mapping_id"),
    Index("ix_acknowledgements_mapping", "mapping_id"),
)

OPEN_LEVEL = "state <> 'same'"
"""Of a stock level: there is something to do about it, or nothing is known yet. Most levels are not like that."""

stock_levels = Table(
    "stock_levels",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("connection_id", String(40), ForeignKey("connections.id"), nullable=False),
    Column("source_id", String(80), nullable=False),
    Column("parent_id", String(80), nullable=False, server_default=""),  # empty: a product of its own
    Column("number", String(120), nullable=False),
    Column("sellable", Float),  # the WMS's figure at `wms_read_at`, when its read began; on the shelf where settings say so
    Column("wms_read_at", UtcTime),
    Column("shop_quantity", Float),  # as the shop said last; None: it keeps no quantity of its own there
    Column("shop_read_at", UtcTime),
    # The last write that the shop answered. Its quantity is written again only when there is something new to say.
    Column("written_quantity", Integer),
    Column("written_at", UtcTime),
    Column("shown_after", Float),  # what the shop showed in its answer
    Column("shown_before", Float),  # what it showed instead of the same quantity, written once before
    # Pieces in the orders of this shop, since the row is there: a shop that takes few quantities a run gets the most sold first.
    Column("sold", Float, nullable=False, server_default="0"),
    # A product that keeps one quantity for its variations: what it must show is their sum, where the settings say so.
    Column("sums_variations", Boolean, nullable=False, server_default=text("false")),
    Column("state", String(10), nullable=False),  # same, waiting, parked, problem, none, unknown
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcTime),
    Column("problem_code", String(60)),
    Column("problem", Text),
    Column("differs_since", UtcTime),  # waiting, parked or problem since then; None otherwise
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("connection_id", "source_id"),
    Index("ix_stock_levels_number", "number", "connection_id", "id"),
    Index("ix_stock_levels_state", "state", "id"),
    Index("ix_stock_levels_connection", "connection_id", "id"),
    partial("ix_stock_levels_open", "connection_id", "state", "id", "problem_code", where=OPEN_LEVEL),
    partial("ix_stock_levels_summed", "connection_id", "parent_id", where="problem_code = 'stock-summed'"),
    partial("ix_stock_levels_waiting", "connection_id", "parent_id", "id", where="state = 'waiting'"),
    partial("ix_stock_levels_most_sold", "connection_id", "sold", "id", where="state = 'waiting'"),
    Index("ix_stock_levels_written", "connection_id", "written_at"),
    partial("ix_stock_levels_parked", "due_at", where="state = 'parked'"),
    partial("ix_stock_levels_problem", "connection_id", "problem_code", where="problem_code is not null"),
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
    partial("ix_reservations_transferred", "transferred_at", where="transferred_at is not null"),
)

stock_adjustments = Table(
    "stock_adjustments",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("lane", String(200), nullable=False),  # its goods owner's: connections of one goods owner share them
    Column("inventory_id", BigId, nullable=False),
    Column("article_system_id", BigId, nullable=False),
    Column("digest", String(24), nullable=False),  # tells those of one stock-taking and article apart
    Column("number", Line(200), nullable=False),
    Column("article_name", Line(200), nullable=False),
    Column("pieces", Float, nullable=False),
    Column("made_at", UtcTime),
    Column("cause_code", Line(200), nullable=False),
    Column("cause_name", Line(200), nullable=False),
    Column("is_scrapped", Boolean, nullable=False),
    Column("batch", Line(200), nullable=False),
    Column("serial", Line(200), nullable=False),
    Column("expires_at", UtcTime),
    Column("location", Line(200), nullable=False),
    Column("status", Line(200), nullable=False),
    Column("warehouse_id", BigId),
    Column("warehouse", Line(200), nullable=False),
    Column("comment", Words, nullable=False),
    Column("read_at", UtcTime, nullable=False),
    Column("confirmed_at", UtcTime),  # when the WMS was told that it is known here
    Column("problem", Words),  # why it would not be told
    UniqueConstraint("lane", "inventory_id", "article_system_id", "digest", name="uq_stock_adjustments_same"),
    Index("ix_stock_adjustments_lane", "lane", "id"),
    Index("ix_stock_adjustments_number", "lane", "number", "id"),
    Index("ix_stock_adjustments_read", "read_at"),
    partial("ix_stock_adjustments_open", "lane", "id", where="confirmed_at is null and problem is null"),
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
    # A check that began before this moment does not answer what was asked then.
    Column("asked_at", UtcTime),
    Column("renews", Boolean, nullable=False, server_default=text("false")),  # the secret is to be written into the shop
    Column("proofs", Json),  # by the webhook's id in the shop: when it was made, and when it rang
)

former_secrets = Table(
    "former_secrets",
    metadata,
    Column("connection_id", String(40), ForeignKey("connections.id"), primary_key=True),
    Column("part", String(12), primary_key=True),  # source: of the shop's webhooks; warehouse: of the WMS's
    Column("sealed", LargeBinary, nullable=False),
    Column("until", UtcTime, nullable=False),
)
