"""No page of the console reads a growing table from end to end, however long the history beside it is."""

from __future__ import annotations

from pathlib import Path

from tests.api.calling import client_of, open_site
from tests.browser.console.test_every_page import PAGES
from tests.browser.console.world import a_day, csrf_of
from tests.engine.cost import long_history
from tests.engine.cost.plans import recording, scans

ORDERS = 3_000


async def test_no_page_scans_a_table_that_grows(database_url: str, tmp_path: Path) -> None:
    found: list[str] = []
    async with open_site(database_url, tmp_path) as site:
        database = site.gateway.database
        shop = await site.connect("nettbutikk", processes={"shipments": True, "stock": True}, silent_hours=24)
        other = await site.connect("annen-butikk", goods_owner_id=78)
        places = await a_day(site, shop, other)
        await long_history.add(site, ORDERS)
        if not database.is_sqlite:
            await long_history.analyze(site)
        for rights, only in ((["admin"], None), (["admin"], [shop])):
            async with client_of(site.door.app) as person:
                csrf = csrf_of((await person.get("/console/login")).text)
                await person.post("/console/login", data={"csrf": csrf, "api_key": await site.door.key(*rights, only=only)})
                for name, path in PAGES.items():
                    with recording(database) as recorded:
                        answer = await person.get(path.format(**places))
                    assert answer.status_code == 200 or only is not None, (name, answer.text)
                    found += [f"{name}: {each}" for each in await scans(database, recorded)]
    assert not found, "\n".join(dict.fromkeys(found))
