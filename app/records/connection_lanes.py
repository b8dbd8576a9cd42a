"""The lanes of connections, who may share one, and what becomes of records and jobs when a connection changes its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, case, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState
from app.errors import Conflict
from app.integrations.protocol import ConnectionSettings
from app.integrations.registry import integration
from app.integrations.stored_settings import stored_settings
from app.records.stock import adjustments
from app.storage.callers.tables import receipt_lines
from app.storage.outbound_tables import deliveries, reservations
from app.storage.tables import connections, jobs, lanes, mappings
from app.storage.upserts import insert_missing
from app.warehouse.credentials import OngoingCredentials


def lane_of(warehouse: OngoingCredentials) -> str:
    """The key of the lane for all writes to this goods owner, like `api.ongoingsystems.se/acme/api/v1#77`."""
    parts = urlsplit(warehouse.url)
    return f"{parts.netloc.lower()}{parts.path.rstrip('/').lower()}#{warehouse.goods_owner_id}"


DRAFT_LANE = "draft:"


def draft_lane(connection_id: str, goods_owner_id: int) -> str:
    """The key of a draft's own lane. It counts for nothing in a goods owner's before a test has shown that it may write there."""
    return f"{DRAFT_LANE}{connection_id}#{goods_owner_id}"


SHOP_LANE = "shop:"


def shop_lane(connection_id: str) -> str:
    """The key of the lane for all reports to one shop."""
    return f"{SHOP_LANE}{connection_id}"


def goods_owner_of(lane: str) -> str:
    """The goods owner in the key of a lane. The same one at another address is the same WMS, moved."""
    return lane.rpartition("#")[2]


HOME: ColumnElement[str] = case(
    (jobs.c.lane.startswith("shop:"), jobs.c.lane),
    else_=select(connections.c.lane).where(connections.c.id == jobs.c.connection_id).scalar_subquery(),
)
"""For an update of jobs: the lane that a job belongs to now. Its connection may have been moved since it was queued."""


@dataclass(frozen=True)
class Move:
    """A connection that goes from one lane to another."""

    connection_id: str
    name: str
    before: str
    after: str


async def ensure_lane(db: AsyncConnection, key: str) -> None:
    await insert_missing(db, lanes, key=key)


async def move(db: AsyncConnection, asked: Move) -> None:
    """Moves the records and their jobs along, to a lane that may be new.

    Left in a lane without its connection, they would be sent in spite of its pause.

    Raises Conflict when records are, or may be, in the stock of another goods owner.
    """
    await ensure_lane(db, asked.after)
    mine = (mappings.c.connection_id == asked.connection_id, mappings.c.lane == asked.before)
    if goods_owner_of(asked.before) != goods_owner_of(asked.after):
        await _refuse_left_behind(db, asked)
    its = select(mappings.c.id).where(mappings.c.connection_id == asked.connection_id)
    pieces = (reservations.c.mapping_id.in_(its), reservations.c.lane == asked.before)
    await db.execute(update(reservations).where(*pieces).values(lane=asked.after))
    seen = (deliveries.c.connection_id == asked.connection_id, deliveries.c.lane == asked.before)
    await db.execute(update(deliveries).where(*seen).values(lane=asked.after))
    if goods_owner_of(asked.before) == goods_owner_of(asked.after):
        await adjustments.move(db, asked.before, asked.after, asked.connection_id)
    try:
        await db.execute(update(mappings).where(*mine).values(lane=asked.after))
    except IntegrityError as error:
        raise Conflict(
            "another connection of that goods owner already has some of this connection's numbers",
            field="warehouse",
            fix="give this connection a settings.order_number_prefix of its own in a new connection",
        ) from error
    # A job that is being sent now is moved when it ends.
    waiting = (jobs.c.connection_id == asked.connection_id, jobs.c.lane == asked.before, jobs.c.state != JobState.RUNNING)
    await db.execute(update(jobs).where(*waiting).values(lane=asked.after))
    if asked.before.startswith(DRAFT_LANE):
        await db.execute(delete(lanes).where(lanes.c.key == asked.before))


async def _refuse_left_behind(db: AsyncConnection, asked: Move) -> None:
    mine, owner = (mappings.c.connection_id == asked.connection_id, mappings.c.lane == asked.before), goods_owner_of(asked.before)
    there = await db.scalar(select(mappings.c.id).where(*mine, mappings.c.wms_id.is_not(None)).limit(1))
    if there is not None:
        raise Conflict(
            f"records of {asked.name} are in the stock of goods owner {owner}",
            field="warehouse.goods_owner_id",
            fix="make a new connection for another goods owner, and pause this one",
        )
    received = select(receipt_lines.c.line_id).where(receipt_lines.c.connection_id == asked.connection_id)
    if await db.scalar(received.limit(1)) is not None:
        raise Conflict(
            f"goods that {asked.name} has given as receipts are in the stock of goods owner {owner}",
            field="warehouse.goods_owner_id",
            fix="make a new connection for another goods owner, and pause this one",
        )
    unsettled = mappings.c.unsettled_attempt_id.is_not(None) | (mappings.c.transfer == "unknown")
    perhaps = await db.scalar(select(mappings.c.source_id).where(*mine, unsettled).limit(1))
    if perhaps is not None:
        raise Conflict(
            f"it is not known whether {perhaps} of {asked.name} arrived at goods owner {owner}",
            field="warehouse.goods_owner_id",
            fix="let it be looked up first (its mapping says when), or make a new connection for another goods owner",
        )


def may_share(one: ConnectionSettings, other: ConnectionSettings) -> str | None:
    """Returns why two connections cannot share a goods owner; None when they can (requirement: rules for every connection, 8)."""
    if one.processes.articles and other.processes.articles:
        return "both have articles switched on; only one connection of a goods owner may own its articles"
    first, second = sorted((one.order_number_prefix, other.order_number_prefix), key=len)
    rest = second[len(first) :] if second.startswith(first) else "-"
    if one.processes.orders and other.processes.orders and (not rest or rest.isdigit()):
        return f"their order numbers can collide (prefixes {first!r} and {second!r}); give each a prefix of its own"
    return None


class Sharing(Protocol):
    """A connection that wants to use a goods owner, saved or not."""

    @property
    def name(self) -> str: ...
    @property
    def warehouse(self) -> OngoingCredentials: ...
    @property
    def settings(self) -> ConnectionSettings: ...


async def refuse_clash(db: AsyncConnection, wanted: Sharing, own_id: str = "") -> None:
    """Raises Conflict when a connection in use has the goods owner and the two cannot share it. A draft counts for nothing."""
    others = (connections.c.lane == lane_of(wanted.warehouse), connections.c.id != own_id, connections.c.status != "draft")
    for row in await db.execute(select(connections).where(*others).order_by(connections.c.name)):
        other = stored_settings(integration(row.integration), row.settings)
        if reason := may_share(wanted.settings, other.settings):
            raise Conflict(
                f"{wanted.name} and {row.name} share goods owner {row.goods_owner_id}: {reason}",
                field="settings",
                fix="switch settings.processes.articles off in one, and set settings.order_number_prefix in both",
            )


async def one_at_a_time(db: AsyncConnection) -> None:
    """Connections are made and changed one at a time: two that clash could not see each other. (SQLite has one writer anyway.)"""
    if db.dialect.name == "postgresql":
        await db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("connections", 0))))
