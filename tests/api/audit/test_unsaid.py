"""A change of which no operation says anything leaves a trace all the same, once, and only if it is made."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from app.storage.audit import acts
from app.storage.audit.acts import Act, Way
from app.storage.audit.changes import Change, note
from app.storage.side_tables import audit
from app.storage.tables import connections, cursors
from tests.api.calling import Api

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


async def kept(api: Api) -> list[list[str]]:
    """Paths, row by row."""
    async with api.gateway.database.read() as db:
        rows = await db.scalars(select(audit.c.changes).order_by(audit.c.id))
        return [[each["path"] for each in changes] for changes in rows]


async def rename(api: Api, *, says: bool = False, fails: bool = False) -> None:
    async with api.gateway.database.begin() as db:
        await db.execute(update(connections).values(integration="woocommerce"))
        if says:
            note(db, "connection shop", [Change("integration", None, "woocommerce")])
        if fails:
            raise KeyError("no")


async def test_it_is_kept_by_its_tables_once_in_a_request(api: Api) -> None:
    await api.connect("shop")
    await rename(api)
    assert await kept(api) == [], "nobody is at work"
    with acts.separate(Act(Way.API, "POST /new", "key_1", "new", clock=lambda: NOW)):
        with pytest.raises(KeyError):
            await rename(api, fails=True)
        assert await kept(api) == []
        await rename(api)
        await rename(api)
        assert await kept(api) == [["tables.connections"]]
        await rename(api, says=True)
        assert await kept(api) == [["tables.connections"], ["integration"]]
    await rename(api)
    assert len(await kept(api)) == 2


async def test_what_the_gateway_keeps_for_itself_is_no_change(api: Api) -> None:
    await api.connect("shop")
    with acts.separate(Act(Way.API, "POST /new", clock=lambda: NOW)):
        async with api.gateway.database.begin() as db:
            await db.execute(update(cursors).values(next_poll_at=NOW))
            await db.execute(update(connections).where(connections.c.id == "none").values(name="x"))
    assert await kept(api) == []
