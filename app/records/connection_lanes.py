"""What becomes of a connection's records and jobs when its warehouse or goods owner changes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import JobState
from app.errors import Conflict
from app.storage.tables import connections, jobs, mappings


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


async def move(db: AsyncConnection, asked: Move) -> None:
    """Moves the records and their jobs along. Left in a lane without its connection, they would be sent in spite of its pause.

    Raises Conflict when records are, or may be, in the stock of another goods owner.
    """
    mine = (mappings.c.connection_id == asked.connection_id, mappings.c.lane == asked.before)
    if goods_owner_of(asked.before) != goods_owner_of(asked.after):
        await _refuse_left_behind(db, asked)
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


async def _refuse_left_behind(db: AsyncConnection, asked: Move) -> None:
    mine, owner = (mappings.c.connection_id == asked.connection_id, mappings.c.lane == asked.before), goods_owner_of(asked.before)
    there = await db.scalar(select(mappings.c.id).where(*mine, mappings.c.wms_id.is_not(None)).limit(1))
    if there is not None:
        raise Conflict(
            f"records of {asked.name} are in the stock of goods owner {owner}",
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
