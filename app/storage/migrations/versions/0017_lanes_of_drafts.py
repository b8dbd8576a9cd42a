"""Drafts leave the lanes of goods owners: each has a lane of its own until it was tested."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

OWN = "draft:"

connections = sa.table("connections", *map(sa.column, ("id", "status", "lane", "warehouse_url", "goods_owner_id")))
lanes = sa.table("lanes", sa.column("key"))
mappings = sa.table("mappings", *map(sa.column, ("id", "connection_id", "lane")))
jobs = sa.table("jobs", *map(sa.column, ("connection_id", "lane", "state")))
reservations = sa.table("reservations", *map(sa.column, ("mapping_id", "lane")))


def upgrade() -> None:
    db = op.get_bind()
    for row in list(db.execute(sa.select(connections).where(connections.c.status == "draft"))):
        own = f"{OWN}{row.id}#{row.goods_owner_id}"
        db.execute(sa.insert(lanes).values(key=own))
        _move(row.id, row.lane, own)


def downgrade() -> None:
    """They go back to the lanes of their goods owners, where an older gateway looks for them."""
    db = op.get_bind()
    for row in list(db.execute(sa.select(connections).where(connections.c.lane.startswith(OWN)))):
        home = row.warehouse_url.partition("://")[2].rstrip("/").lower() + f"#{row.goods_owner_id}"
        if db.scalar(sa.select(lanes.c.key).where(lanes.c.key == home)) is None:
            db.execute(sa.insert(lanes).values(key=home))
        _move(row.id, row.lane, home)
        db.execute(sa.delete(lanes).where(lanes.c.key == row.lane))


def _move(connection_id: str, before: str, after: str) -> None:
    db = op.get_bind()
    its = sa.select(mappings.c.id).where(mappings.c.connection_id == connection_id)
    for table, mine in (
        (connections, connections.c.id == connection_id),
        (mappings, mappings.c.connection_id == connection_id),
        (jobs, sa.and_(jobs.c.connection_id == connection_id, jobs.c.state != "running")),
        (reservations, reservations.c.mapping_id.in_(its)),
    ):
        db.execute(sa.update(table).where(mine, table.c.lane == before).values(lane=after))
