"""A draft counts for nothing: not in lanes, not in clashes, not in numbers, not in what is free to sell. It may be anybody's."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.engine.operations import connections, lanes
from app.errors import Conflict
from app.records.connections import Connection, Draft, Status
from app.storage.outbound_tables import reservations
from app.storage.tables import connections as rows
from app.storage.tables import inbox, jobs, mappings
from app.storage.tables import lanes as lane_rows
from tests.harness import Harness

MADE_UP = {"user": "somebody", "password": "made up"}


def elsewhere(goods_owner_id: int = 77) -> dict[str, Any]:
    """A warehouse of the other tenant's own, which is not there."""
    return {"url": "http://127.0.0.1:9/theirs/", **MADE_UP, "goods_owner_id": goods_owner_id}


async def make(harness: Harness, name: str, warehouse: dict[str, Any], **settings: Any) -> Connection:
    source = harness.shop.credentials()
    return await connections.make(
        harness.gateway, Draft(name=name, integration="woocommerce", source=source, warehouse=warehouse, settings=settings)
    )


async def test_one_that_points_at_anothers_goods_owner_is_not_on_its_lane(harness: Harness) -> None:
    shop = harness.connections["shop"]
    draft = await make(harness, "draft", {**elsewhere(), "url": shop.warehouse.url})
    assert draft.lane == f"draft:{draft.id}#77"
    shown = {lane.key: lane.connections for lane in await lanes.every(harness.gateway)}
    assert shown == {shop.lane: ("shop",), f"shop:{shop.id}": ("shop",), f"shop:{draft.id}": ("draft",)}
    saved = await connections.patch(harness.gateway, shop, {"settings": {"order_number_prefix": "X-"}})
    assert saved.changed == ("settings.order_number_prefix",)


async def test_its_records_take_no_number_and_no_piece_of_another(harness: Harness) -> None:
    """It was in use at a place of its own, where it has an order that waits. Then it is pointed at another's goods owner."""
    order = harness.shop.order("SOKK-1")
    theirs = await harness.connect("theirs", goods_owner_id=78)
    harness.warehouse.fail("status", status=503)
    await harness.announce(order, connection=theirs)
    await harness.work()
    harness.warehouse.mend()
    change = {"warehouse": {**MADE_UP, "goods_owner_id": 77}}
    moved = (await connections.patch(harness.gateway, await harness.gateway.connection_now(theirs.id), change)).connection
    assert (moved.status, moved.lane) == (Status.DRAFT, f"draft:{theirs.id}#77")
    assert await places_of(harness, theirs) == {moved.lane}
    harness.tick(3600)
    await harness.deliver(order)
    assert harness.warehouse.order(order["number"]) is not None
    assert await places_of(harness, theirs) == {moved.lane}


async def places_of(harness: Harness, connection: Connection) -> set[str]:
    """The lanes of its records, its jobs and the pieces that it keeps."""
    its = select(mappings.c.id).where(mappings.c.connection_id == connection.id)
    async with harness.gateway.database.read() as db:
        return {
            *await db.scalars(select(mappings.c.lane).where(mappings.c.connection_id == connection.id)),
            *await db.scalars(select(jobs.c.lane).where(jobs.c.connection_id == connection.id)),
            *await db.scalars(select(reservations.c.lane).where(reservations.c.mapping_id.in_(its))),
        }


async def test_it_comes_to_the_lane_when_it_is_activated_and_clashes_only_then(harness: Harness) -> None:
    shop = harness.connections["shop"]
    draft = await make(harness, "draft", harness.warehouse.credentials("gateway", 77), processes={"articles": False})
    with pytest.raises(Conflict, match="draft and shop share goods owner 77"):
        await connections.activate(harness.gateway, draft)
    draft = (await connections.patch(harness.gateway, draft, {"settings": {"order_number_prefix": "D-"}})).connection
    assert (await connections.activate(harness.gateway, draft)).ok
    active = await harness.gateway.connection_now(draft.id)
    assert (active.status, active.lane) == (Status.ACTIVE, shop.lane)
    async with harness.gateway.database.read() as db:
        keys = set(await db.scalars(select(lane_rows.c.key)))
    assert keys == {shop.lane, f"shop:{shop.id}", f"shop:{draft.id}"}


async def test_one_that_has_taken_webhooks_can_be_deleted_with_them(harness: Harness) -> None:
    draft = await make(harness, "draft", elsewhere())
    harness.connections["draft"] = draft
    for _ in range(2):
        assert (await harness.announce(harness.shop.order("SOKK-1"), connection=draft)).status_code == 200
    await harness.work()
    await connections.remove(harness.gateway, draft)
    async with harness.gateway.database.read() as db:
        assert await db.scalar(select(rows.c.id).where(rows.c.id == draft.id)) is None
        assert list(await db.scalars(select(inbox.c.id).where(inbox.c.connection_id == draft.id))) == []
        assert f"draft:{draft.id}#77" not in set(await db.scalars(select(lane_rows.c.key)))
