"""API keys: who may do what, and what they are told when they may not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update

from app.storage.side_tables import api_keys
from tests.api.calling import Api, client_of, open_api, settings_for
from tests.harness import Clock


async def test_without_a_key_the_answer_says_how_to_send_one(sqlite_harness: Api) -> None:
    async with client_of(sqlite_harness.app) as nobody:
        answer = await nobody.get("/mappings")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="gateway"'
    assert answer.headers["content-type"] == "application/problem+json"
    assert "X-API-Key" in answer.json()["fix"]


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
async def test_a_key_is_taken_in_either_header(sqlite_harness: Api, header: str) -> None:
    key = await sqlite_harness.key("read")
    async with client_of(sqlite_harness.app, {header: f"Bearer {key}" if header == "Authorization" else key}) as caller:
        assert (await caller.get("/mappings")).status_code == 200


async def test_a_key_that_was_never_made_is_refused(sqlite_harness: Api) -> None:
    async with client_of(sqlite_harness.app, {"X-API-Key": "gw_nobody"}) as caller:
        assert (await caller.get("/mappings")).status_code == 401


@pytest.mark.parametrize(
    ("right", "method", "path", "status"),
    [
        ("read", "GET", "/runs", 200),
        ("read", "POST", "/dead-letters/replay", 403),
        ("read", "GET", "/keys", 403),
        ("sync", "GET", "/events", 200),
        ("sync", "POST", "/dead-letters/replay", 200),
        ("sync", "POST", "/lanes/lane_x/pause", 403),
        ("sync", "POST", "/connections", 403),
        ("sync", "POST", "/erase", 403),
        ("admin", "GET", "/keys", 200),
        ("admin", "POST", "/lanes/lane_x/pause", 404),
    ],
)
async def test_rights_include_those_below_and_none_above(
    sqlite_harness: Api, right: str, method: str, path: str, status: int
) -> None:
    bodies = {"/erase": {"text": "kari@example.com"}, "/dead-letters/replay": {"filter": {}}}
    given = (
        {"name": "x", "integration": "woocommerce", "shop": {}, "warehouse": {}} if path == "/connections" else bodies.get(path)
    )
    answer = await (await sqlite_harness.caller(right)).request(method, path, json=given)
    assert answer.status_code == status, answer.text


async def test_a_right_that_is_missing_is_named(sqlite_harness: Api) -> None:
    answer = await (await sqlite_harness.caller("read")).get("/keys")
    assert answer.json()["detail"] == "this needs a key with the right admin; yours has read"
    assert answer.json()["fix"] == "make one with: gateway keys create NAME --right admin"


async def test_a_new_key_is_shown_once_and_kept_as_a_hash(api: Api) -> None:
    made = await api.admin.post("/keys", json={"name": "smoke test", "rights": ["sync"]})
    assert made.status_code == 201
    secret = made.json()["key"]
    assert secret.startswith("gw_")
    listed = (await api.admin.get("/keys")).json()["items"]
    entry = next(each for each in listed if each["name"] == "smoke test")
    assert (entry["rights"], entry["connections"]) == (["read", "sync"], None)
    assert secret not in (await api.admin.get("/keys")).text
    async with api.gateway.database.read() as db:
        assert secret not in {row.hash for row in await db.execute(select(api_keys.c.hash))}


async def test_a_key_can_be_limited_to_connections_by_name(api: Api) -> None:
    await api.connect("butikk")
    made = await api.admin.post("/keys", json={"name": "theirs", "rights": ["read"], "connections": ["butikk"]})
    assert made.status_code == 201
    entry = next(each for each in (await api.admin.get("/keys")).json()["items"] if each["name"] == "theirs")
    assert entry["connections"] == ["butikk"]


async def test_a_key_for_a_connection_that_does_not_exist_is_not_made(api: Api) -> None:
    made = await api.admin.post("/keys", json={"name": "x", "rights": ["read"], "connections": ["nowhere"]})
    assert made.status_code == 404


async def test_a_revoked_key_is_refused_at_once_by_the_process_that_revoked_it(api: Api) -> None:
    made = (await api.admin.post("/keys", json={"name": "short-lived", "rights": ["read"]})).json()
    async with client_of(api.app, {"X-API-Key": made["key"]}) as caller:
        assert (await caller.get("/runs")).status_code == 200
        assert (await api.admin.delete(f"/keys/{made['id']}")).status_code == 204
        assert (await caller.get("/runs")).status_code == 401
    assert (await api.admin.delete(f"/keys/{made['id']}")).status_code == 404


async def test_when_a_key_was_used_last_is_noted_and_not_with_every_request(api: Api) -> None:
    caller = await api.caller("read")
    await caller.get("/runs")
    async with api.gateway.database.begin() as db:
        used = await db.scalar(select(api_keys.c.last_used_at).where(api_keys.c.last_used_at.is_not(None)).limit(1))
        assert used is not None
        await db.execute(update(api_keys).values(last_used_at=None))
    await caller.get("/runs")
    async with api.gateway.database.read() as db:
        assert await db.scalar(select(api_keys.c.id).where(api_keys.c.last_used_at.is_not(None)).limit(1)) is None


async def test_a_key_limited_to_connections_can_neither_see_nor_make_keys(api: Api) -> None:
    own = await api.connect("butikk")
    caller: httpx.AsyncClient = await api.caller("admin", only=[own])
    for answer in (
        await caller.get("/keys"),
        await caller.post("/keys", json={"name": "more", "rights": ["admin"]}),
        await caller.delete("/keys/key_x"),
    ):
        assert answer.status_code == 403


class TestAKeyThatExpires:
    async def test_it_is_refused_from_its_moment_on_also_where_it_is_remembered(self, api: Api) -> None:
        clock = api.gateway.clock = Clock()
        ends = clock() + timedelta(hours=1)
        made = await api.admin.post("/keys", json={"name": "guest", "rights": ["read"], "expires_at": ends.isoformat()})
        assert made.status_code == 201
        async with client_of(api.app, {"X-API-Key": made.json()["key"]}) as caller:
            clock.tick(3000)
            assert (await caller.get("/runs")).status_code == 200
            clock.tick(600)
            answer = await caller.get("/runs")
        assert answer.status_code == 401
        assert answer.json()["detail"] == f"this API key expired at {ends:%Y-%m-%d %H:%M} UTC"
        assert answer.json()["fix"] == "make one with: gateway keys create NAME"

    async def test_the_list_says_when(self, api: Api) -> None:
        await api.admin.post("/keys", json={"name": "guest", "rights": ["read"], "expires_at": "2099-01-01T00:00:00+01:00"})
        listed = {each["name"]: each for each in (await api.admin.get("/keys")).json()["items"]}
        assert listed["guest"]["expires_at"] == "2098-12-31T23:00:00Z"
        assert listed["guest"]["addresses"] is None

    @pytest.mark.parametrize("moment", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00", "tomorrow"])
    async def test_a_moment_that_is_over_or_has_no_zone_is_refused(self, api: Api, moment: str) -> None:
        made = await api.admin.post("/keys", json={"name": "guest", "rights": ["read"], "expires_at": moment})
        assert made.status_code == 422
        assert "expires_at" in made.text
        assert len((await api.admin.get("/keys")).json()["items"]) == 1


class TestAKeyLimitedToAddresses:
    async def status_from(self, api: Api, key: str, address: str, forwarded: str | None = None) -> tuple[int, str]:
        headers = {"X-API-Key": key, **({"X-Forwarded-For": forwarded} if forwarded else {})}
        transport = httpx.ASGITransport(api.app, client=(address, 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test", headers=headers) as caller:
            answer = await caller.get("/runs")
        return answer.status_code, answer.json().get("detail", "")

    async def test_it_is_refused_from_elsewhere_with_the_address(self, api: Api) -> None:
        given = ["203.0.113.7", "10.0.0.0/8", "2001:db8::/32"]
        made = (await api.admin.post("/keys", json={"name": "office", "rights": ["read"], "addresses": given})).json()
        for address in ("203.0.113.7", "10.200.3.4", "2001:db8:1::5", "::ffff:10.1.1.1"):
            assert await self.status_from(api, made["key"], address) == (200, ""), address
        for address in ("203.0.113.8", "11.0.0.1", "2001:db9::1"):
            assert await self.status_from(api, made["key"], address) == (403, f"this API key may not be used from {address}")
        listed = {each["name"]: each for each in (await api.admin.get("/keys")).json()["items"]}
        assert listed["office"]["addresses"] == ["203.0.113.7/32", "10.0.0.0/8", "2001:db8::/32"]

    async def test_what_anybody_says_in_a_header_is_no_address(self, api: Api) -> None:
        made = (await api.admin.post("/keys", json={"name": "o", "rights": ["read"], "addresses": ["203.0.113.7"]})).json()
        assert (await self.status_from(api, made["key"], "198.51.100.1", forwarded="203.0.113.7"))[0] == 403

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (["10.0.0.1/8"], "'10.0.0.1/8' is no address and no range of addresses"),
            (["office"], "'office' is no address and no range of addresses"),
            (["::ffff:10.0.0.1"], "'::ffff:10.0.0.1' is an IPv4 address written as IPv6"),
        ],
    )
    async def test_what_is_no_address_is_refused_with_the_field(self, api: Api, given: list[str], said: str) -> None:
        made = await api.admin.post("/keys", json={"name": "office", "rights": ["read"], "addresses": given})
        assert made.status_code == 422
        assert made.json()["detail"] == said
        assert made.json()["field"] == "addresses"

    async def test_no_address_at_all_is_refused(self, api: Api) -> None:
        made = await api.admin.post("/keys", json={"name": "office", "rights": ["read"], "addresses": []})
        assert made.status_code == 422


async def test_behind_a_trusted_proxy_its_word_is_the_address(database_url: str, tmp_path: Path) -> None:
    async with open_api(settings_for(database_url, tmp_path, trusted_proxies=["192.0.2.1"])) as api:
        made = (await api.admin.post("/keys", json={"name": "o", "rights": ["read"], "addresses": ["203.0.113.7"]})).json()
        status_from = TestAKeyLimitedToAddresses().status_from
        assert (await status_from(api, made["key"], "192.0.2.1", forwarded="203.0.113.7"))[0] == 200
        assert (await status_from(api, made["key"], "192.0.2.1", forwarded="203.0.113.8"))[0] == 403
        assert (await status_from(api, made["key"], "192.0.2.1"))[0] == 403
