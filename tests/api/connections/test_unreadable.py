"""A row that cannot be read takes nothing from the other connections, and is named."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from app.commands import checkup
from app.storage.tables import connections
from tests.api.calling import Site

BROKEN = [
    {"secrets": b"sealed with a lost key"},
    {"settings": {"poll_interval_minutes": "often"}},
    {"settings": ["x"]},
    {"integration": "of-a-later-version"},
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: str(broken)[:40])
async def test_the_others_are_listed_read_and_synced(site: Site, broken: dict[str, Any]) -> None:
    await site.connect("lost", goods_owner_id=4300)
    async with site.gateway.database.begin() as db:
        await db.execute(update(connections).where(connections.c.name == "lost").values(**broken))
    site.gateway.forget(site.connection.id)
    listed = await site.client.get("/connections")
    assert (listed.status_code, [each["name"] for each in listed.json()["items"]]) == (200, ["shop"])
    assert (await site.client.get("/lanes")).status_code == 200
    assert (await site.client.post("/sync/shop", params={"process": "articles", "wait": 0})).status_code == 202
    alone = await site.client.get("/connections/lost")
    assert alone.status_code == 422
    assert "lost" in alone.json()["detail"] or "key" in alone.json()["detail"]


async def test_doctor_names_it_and_what_was_adjusted(lite_site: Site) -> None:
    await lite_site.connect("lost", goods_owner_id=4300)
    async with lite_site.gateway.database.begin() as db:
        await db.execute(update(connections).where(connections.c.name == "lost").values(settings={"of_a_later_version": 1}))
        saved = {**lite_site.connection.settings.model_dump(mode="json"), "poll_interval_minutes": 1e12}
        await db.execute(update(connections).where(connections.c.name == "shop").values(settings=saved))
    found = [each async for each in checkup.examine(lite_site.gateway.settings, lite_site.clock)]
    said = {each.check: each for each in found}
    assert said["lost: secrets"].is_failure
    assert "of_a_later_version" in said["lost: secrets"].finding
    assert said["shop: secrets"].row()["state"] == "ok"
    assert "poll_interval_minutes: 1000000000000.0 was out of its range" in said["shop: settings"].finding
