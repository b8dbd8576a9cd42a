"""A key limited to some connections never sees anything of the others: it is answered as if they did not exist."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.records.connections import Connection
from tests.api.calling import Site


@dataclass
class Neighbours:
    """Two shops of two goods owners, each with an order in the warehouse and one dead; `guest` may see `theirs` only."""

    site: Site
    ours: Connection
    theirs: Connection
    guest: httpx.AsyncClient

    async def first(self, path: str, connection: str) -> dict[str, Any]:
        listed = (await self.site.client.get(path, params={"connection": connection})).json()["items"]
        return listed[0]


@pytest.fixture
async def neighbours(lite_site: Site) -> Neighbours:
    site = lite_site
    ours = site.connection
    theirs = await site.connect("theirs", goods_owner_id=78, processes={"articles": True, "orders": True})
    for connection in (ours, theirs):
        await site.take_in(site.shop.order(), connection=connection)
    site.warehouse.fail("status", status=400, method="PUT", path="/demo/api/v1/orders")
    for connection in (ours, theirs):
        await site.take_in(site.shop.order(), connection=connection)
        await site.take_in({"id": 1}, connection=connection, X_WC_Webhook_Source="https://staging.example/")
    for connection in (ours, theirs):
        await site.client.post(f"/sync/{connection.name}", params={"wait": 0})
    guest = await site.door.caller("admin", only=[theirs])
    guest.headers["X-Request-Id"] = "of-the-guest"  # answers are compared word by word
    return Neighbours(site, ours, theirs, guest)


LISTS = ["/connections", "/runs", "/mappings", "/events", "/jobs", "/lanes", "/dead-letters", "/alerts"]


async def test_lists_hold_only_what_is_theirs(neighbours: Neighbours) -> None:
    for path in LISTS:
        everything = (await neighbours.site.client.get(path)).json()
        theirs = (await neighbours.guest.get(path)).json()
        assert len(everything["items"]) > len(theirs["items"]) > 0, path
        assert neighbours.ours.name in _words(everything)
        assert neighbours.ours.name not in _words(theirs)


def _words(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_words, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(_words, value)) if value else set()
    return {str(value)}


async def test_a_filter_for_a_foreign_connection_finds_no_such_connection(neighbours: Neighbours) -> None:
    for path in LISTS:
        if path in ("/connections", "/lanes"):
            continue
        foreign = await neighbours.guest.get(path, params={"connection": "shop"})
        missing = await neighbours.guest.get(path, params={"connection": "spam"})
        assert foreign.status_code == missing.status_code == 404
        assert said(foreign).replace("shop", "spam") == said(missing)


FOREIGN = [
    ("/mappings", "GET", "/mappings/{id}"),
    ("/mappings", "GET", "/mappings/{id}/history"),
    ("/mappings", "POST", "/mappings/{id}/resync"),
    ("/mappings", "POST", "/mappings/{id}/release"),
    ("/mappings", "POST", "/mappings/{id}/resolve"),
    ("/events", "GET", "/events/{id}"),
    ("/events", "POST", "/events/{id}/replay"),
    ("/jobs", "GET", "/jobs/{id}"),
    ("/runs", "GET", "/runs/{id}"),
    ("/runs", "POST", "/runs/{id}/confirm"),
    ("/dead-letters", "POST", "/dead-letters/{id}/replay"),
]


def said(answer: httpx.Response) -> str:
    """The answer without its trace, which is another one each time."""
    return re.sub(r'"trace_id":"[0-9a-f]{32}"', "", answer.text)


MISSING = {"/runs": "run_nothing", "/dead-letters": "job-987654"}


async def test_what_is_foreign_answers_as_if_it_were_not_there(neighbours: Neighbours) -> None:
    for listed, method, path in FOREIGN:
        foreign, missing = str((await neighbours.first(listed, "shop"))["id"]), MISSING.get(listed, "987654")
        foreign_path, missing_path = path.format(id=foreign), path.format(id=missing)
        body = {"reason": "mine now"} if path.endswith("resolve") else None
        seen = await neighbours.guest.request(method, foreign_path, json=body)
        unseen = await neighbours.guest.request(method, missing_path, json=body)
        assert seen.status_code == unseen.status_code == 404, path
        assert said(seen) == said(unseen).replace(missing_path, foreign_path).replace(missing, foreign)


async def test_dead_letters_of_others_are_not_replayed(neighbours: Neighbours) -> None:
    foreign = (await neighbours.first("/dead-letters", "shop"))["id"]
    by_id = await neighbours.guest.post("/dead-letters/replay", json={"ids": [foreign], "dry_run": False})
    assert by_id.status_code == 404
    all_of_them = await neighbours.guest.post("/dead-letters/replay", json={"filter": {}, "dry_run": False})
    assert (all_of_them.json()["matched"], all_of_them.json()["replayed"]) == (1, 1)
    assert (await neighbours.first("/dead-letters", "shop"))["id"] == foreign


async def test_a_foreign_connection_is_not_there_by_name_or_id(neighbours: Neighbours) -> None:
    acts = ("test", "activate", "pause", "resume", "rotate-webhook-secret")
    calls = [("GET", ""), ("PATCH", ""), ("DELETE", ""), *(("POST", f"/{act}") for act in acts)]
    for name in (neighbours.ours.name, neighbours.ours.id):
        for method, path in calls:
            answer = await neighbours.guest.request(method, f"/connections/{name}{path}", json={} if method == "PATCH" else None)
            assert answer.status_code == 404, (method, path)


async def test_a_declaration_under_a_foreign_name_says_no_more_than_one_under_a_free_name(neighbours: Neighbours) -> None:
    given = neighbours.site.given()
    given.pop("name")
    taken = await neighbours.guest.put("/connections/shop", json=given)
    free = await neighbours.guest.put("/connections/spam", json=given)
    assert taken.status_code == free.status_code == 403
    assert said(taken).replace("shop", "spam") == said(free)


async def test_making_a_connection_needs_a_key_without_a_limit(neighbours: Neighbours) -> None:
    assert (await neighbours.guest.post("/connections", json=neighbours.site.given())).status_code == 403


async def test_a_clash_with_a_foreign_connection_does_not_name_it(neighbours: Neighbours) -> None:
    answer = await neighbours.guest.patch("/connections/theirs", json={"warehouse": {"goods_owner_id": 77}})
    assert answer.status_code == 409
    assert "shop" not in answer.json()["detail"]


async def test_a_sync_of_the_integration_covers_their_connections_only(neighbours: Neighbours) -> None:
    run = (await neighbours.guest.post("/sync/woocommerce", params={"wait": 0})).json()
    assert {part["connection"] for part in run["parts"]} == {"theirs"}
    assert (await neighbours.guest.post("/sync/shop", params={"wait": 0})).status_code == 404


async def test_of_a_run_over_both_they_see_their_part(neighbours: Neighbours) -> None:
    run = (await neighbours.site.client.post("/sync/woocommerce", params={"wait": 0})).json()
    assert {part["connection"] for part in run["parts"]} == {"shop", "theirs"}
    seen = (await neighbours.guest.get(f"/runs/{run['id']}")).json()
    assert {part["connection"] for part in seen["parts"]} == {"theirs"}


async def test_a_shared_lane_needs_a_key_without_a_limit(neighbours: Neighbours) -> None:
    site = neighbours.site
    await site.connect("neighbour", goods_owner_id=78, order_number_prefix="N-", processes={"articles": False, "orders": True})
    lanes = (await site.client.get("/lanes")).json()["items"]
    shared = next(lane for lane in lanes if lane["connections"] == ["neighbour", "theirs"])
    seen = (await neighbours.guest.get("/lanes")).json()["items"]
    assert [lane["key"] for lane in seen] == [f"shop:{neighbours.theirs.id}"]
    for act in ("pause", "resume"):
        assert (await neighbours.guest.post(f"/lanes/{shared['id']}/{act}")).status_code == 404
    assert (await (await site.door.caller("admin")).post(f"/lanes/{shared['id']}/pause")).status_code == 200


async def test_erasing_reaches_their_connections_only(neighbours: Neighbours) -> None:
    answer = await neighbours.guest.post("/erase", json={"text": "kari@example.com", "dry_run": False})
    assert answer.json()["jobs"] == 1
    ours = await neighbours.site.client.post("/erase", json={"text": "kari@example.com"})
    assert ours.json()["jobs"] == 1
