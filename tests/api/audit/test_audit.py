"""Who changed what, when and from where: kept with the change or not at all, read by those who may, for as long as it is set."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from app.engine.upkeep.retention import prune
from app.errors import Conflict
from app.storage.audit.changes import Changes
from app.storage.side_tables import audit
from tests.api.calling import Api, Site, open_api, settings_for

Row = dict[str, Any]


async def entries(api: Api, **query: Any) -> list[Row]:
    answer = await api.admin.get("/audit", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def values(row: Row) -> dict[str, tuple[Any, Any]]:
    return {each["path"]: (each["old"], each["new"]) for each in row["changes"]}


async def test_a_change_is_told_by_whom_from_where_and_with_both_values(api: Api) -> None:
    await api.connect("shop", order_number_prefix="A-")
    answer = await api.admin.patch("/connections/shop", json={"name": "butikk", "settings": {"order_number_prefix": "B-"}})
    assert answer.status_code == 200, answer.text
    (row,) = await entries(api)
    assert (row["way"], row["route"]) == ("api", "PATCH /connections/{connection}")
    assert row["key"]["name"] == "test"
    assert row["key"]["id"].startswith("key_")
    assert (row["address"], row["actor"]) == ("127.0.0.1", None)
    assert (row["connection"], row["subject"]) == ("butikk", "connection butikk")
    assert values(row) == {"name": ("shop", "butikk"), "settings.order_number_prefix": ("A-", "B-")}
    assert row["at"].endswith("Z")


async def test_a_table_with_keys_of_ones_own_is_told_key_by_key(api: Api) -> None:
    await api.connect("shop", extra_order_fields={"consigneeOrderNumber": "meta_data._po"})
    change = {"settings": {"extra_order_fields": {"consigneeOrderNumber": "meta_data._po_number"}}}
    assert (await api.admin.patch("/connections/shop", json=change)).status_code == 200
    (row,) = await entries(api)
    path = "settings.extra_order_fields.consigneeOrderNumber"
    assert values(row) == {path: ("meta_data._po", "meta_data._po_number")}


async def test_a_secret_is_named_as_changed_and_its_value_is_never_there(api: Api) -> None:
    await api.connect("shop")
    secrets = {"consumer_secret": "cs_neverseen", "webhook_secret": "neverseen-either", "consumer_key": "ck_neverseen"}
    sent = {"source": secrets, "warehouse": {"password": "neverseen-password", "webhook_secret": "neverseen-webhook-secret"}}
    assert (await api.admin.patch("/connections/shop", json=sent)).status_code == 200
    rotated = (await api.admin.post("/connections/shop/rotate-webhook-secret")).json()["webhook_secret"]
    made = (await api.admin.post("/keys", json={"name": "new", "rights": ["read"]})).json()["key"]
    key, rotation, change = await entries(api)
    assert values(key) == {"name": (None, "new"), "rights": (None, ["read"])}
    assert [(each["path"], each["is_secret"]) for each in rotation["changes"]] == [("source.webhook_secret", True)]
    expected = {*(f"source.{name}" for name in secrets), "warehouse.password", "warehouse.webhook_secret"}
    assert {each["path"] for each in change["changes"] if each["is_secret"]} == expected
    async with api.gateway.database.read() as db:
        stored = json.dumps([list(map(str, row)) for row in await db.execute(select(audit))])
    assert [each for each in ("neverseen", rotated, made) if each in stored] == []


async def test_what_is_refused_or_changes_nothing_leaves_no_row(api: Api) -> None:
    await api.connect("shop")
    for method, path, body, status in (
        ("PATCH", "/connections/shop", {"settings": {"no_such": 1}}, 422),
        ("PATCH", "/connections/shop", {"settings": {}}, 200),
        ("POST", "/connections/none/pause", None, 404),
        ("DELETE", "/keys/key_none", None, 404),
        ("POST", "/erase", {"text": "kari@example.com"}, 200),
        ("POST", "/erase", {"text": "kari@example.com", "dry_run": False}, 200),
    ):
        answer = await api.admin.request(method, path, json=body)
        assert answer.status_code == status, answer.text
    assert await entries(api) == []


async def test_a_change_whose_row_cannot_be_kept_is_not_made(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    await api.connect("shop", order_number_prefix="A-")

    async def fails(self: Changes, db: Any) -> None:
        raise Conflict("no room")

    with monkeypatch.context() as broken:
        broken.setattr(Changes, "write", fails)
        answer = await api.admin.patch("/connections/shop", json={"settings": {"order_number_prefix": "B-"}})
        assert answer.status_code == 409
        assert (await api.admin.post("/keys", json={"name": "new", "rights": ["read"]})).status_code == 409
    shown = (await api.admin.get("/connections/shop")).json()
    assert shown["settings"]["order_number_prefix"] == "A-"
    assert [each["name"] for each in (await api.admin.get("/keys")).json()["items"]] == ["test"]


async def test_a_key_that_is_limited_sees_the_rows_of_its_connections_only(api: Api) -> None:
    await api.connect("ours")
    theirs = await api.connect("theirs", goods_owner_id=78)
    for name in ("ours", "theirs"):
        assert (await api.admin.post(f"/connections/{name}/pause")).status_code == 200
    await api.admin.post("/keys", json={"name": "new", "rights": ["read"]})
    guest = await api.caller("admin", only=[theirs])
    seen = (await guest.get("/audit")).json()["items"]
    assert [(row["connection"], row["route"]) for row in seen] == [("theirs", "POST /connections/{connection}/pause")]
    for name in ("ours", "spam"):
        assert (await guest.get("/audit", params={"connection": name})).status_code == 404
    assert len(await entries(api)) == 3


async def test_who_it_was_in_person_takes_the_right_admin(api: Api) -> None:
    await api.connect("shop")
    await api.admin.post("/connections/shop/pause")
    (row,) = (await (await api.caller("read")).get("/audit")).json()["items"]
    assert (row["address"], row["actor"]) == (None, None)
    assert values(row) == {"status": ("active", "paused")}


async def test_a_connection_that_was_deleted_can_still_be_asked_for(api: Api) -> None:
    await api.connect("draft", active=False)
    assert (await api.admin.delete("/connections/draft")).status_code == 204
    (row,) = await entries(api, connection="draft")
    assert (row["connection"], row["route"]) == ("draft", "DELETE /connections/{connection}")
    assert values(row)["status"] == ("draft", None)
    assert (await api.admin.get("/audit", params={"connection": "never"})).status_code == 404


async def test_filters_and_pages(site: Site) -> None:
    api, moments = site.door, []
    for act in ("pause", "resume", "pause"):
        moments.append(site.clock().isoformat())
        assert (await site.client.post(f"/connections/shop/{act}")).status_code == 200
        site.tick(60)
    other = await api.caller("admin")
    assert (await other.post("/connections/shop/resume")).status_code == 200
    key_id = (await entries(api))[0]["key"]["id"]

    async def routes(**query: Any) -> list[str]:
        return [row["route"].rpartition("/")[2] for row in await entries(api, **query)]

    assert await routes() == ["resume", "pause", "resume", "pause"]
    assert await routes(connection="shop") == ["resume", "pause", "resume", "pause"]
    assert await routes(key=key_id) == ["resume"]
    assert await routes(route="/connections/{connection}/pause") == ["pause", "pause"]
    assert await routes(route="POST /connections/{connection}/resume") == ["resume", "resume"]
    assert await routes(since=moments[1]) == ["resume", "pause", "resume"]
    assert await routes(before=moments[1]) == ["pause"]
    assert await routes(since=moments[1], before=moments[2]) == ["resume"]
    first = (await site.client.get("/audit", params={"limit": 3})).json()
    rest = (await site.client.get("/audit", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [len(first["items"]), len(rest["items"]), rest["next_cursor"]] == [3, 1, None]


async def test_it_is_kept_as_long_as_it_is_set_beside_the_history(site: Site) -> None:
    await site.client.post("/connections/shop/pause")
    kept = site.gateway.settings.audit_days
    assert kept == 400
    for days, count in ((399, 1), (2, 0)):
        site.tick(timedelta(days=days).total_seconds())
        assert await prune(site.gateway, site.clock())
        async with site.gateway.database.read() as db:
            assert await db.scalar(select(func.count()).select_from(audit)) == count


@pytest.mark.parametrize(("trusted", "address"), [([], "127.0.0.1"), (["127.0.0.0/8"], "198.51.100.7")])
async def test_behind_a_trusted_proxy_it_is_the_callers_address(
    sqlite_database: str, tmp_path: Path, trusted: list[str], address: str
) -> None:
    async with open_api(settings_for(sqlite_database, tmp_path, trusted_proxies=trusted)) as api:
        await api.connect("shop")
        api.admin.headers["X-Forwarded-For"] = "203.0.113.1, 198.51.100.7"
        assert (await api.admin.post("/connections/shop/pause")).status_code == 200
        assert [row["address"] for row in await entries(api)] == [address]


async def test_what_the_gateway_does_by_itself_is_nobodys(site: Site) -> None:
    await site.take_in(site.shop.order())
    await site.poll()
    await site.work(sweep=True)
    assert await entries(site.door) == []


async def test_one_change_takes_one_statement_more_and_a_webhook_none(site: Site) -> None:
    written: list[str] = []

    def seen(_db: Any, statement: Any, *_rest: Any) -> None:
        if getattr(statement, "is_dml", False):
            written.append(statement.table.name)

    event.listen(site.gateway.database.engine.sync_engine, "after_execute", seen)
    await site.client.post("/connections/shop/pause")
    assert written.count("audit") == 1
    written.clear()
    assert (await site.announce(site.shop.order())).status_code == 200
    assert "audit" not in written
