"""Wrong API keys, secrets and links: slowed down, counted, told of; the right one is let in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from app.api.door.wrong_tries import WrongTries
from app.ids import unguessable
from tests.api.calling import Api, open_api, settings_for

ELSEWHERE = "198.51.100.7"


@pytest.fixture
async def api(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with open_api(settings_for(sqlite_database, tmp_path, wrong_tries=3)) as opened:
        yield opened


def at(api: Api, address: str, **headers: str) -> httpx.AsyncClient:
    """Somebody at that address."""
    transport = httpx.ASGITransport(api.app, raise_app_exceptions=False, client=(address, 40000))
    return httpx.AsyncClient(transport=transport, base_url="http://gateway.test", headers=headers)


def figure(name: str, door: str) -> float:
    return REGISTRY.get_sample_value(name, {"door": door}) or 0.0


async def alerts_of(api: Api) -> list[tuple[str, str | None]]:
    listed = (await api.admin.get("/alerts")).json()["items"]
    return [(each["kind"], each["connection"]) for each in listed]


def keys_of(api: Api) -> Any:
    return api.app.state.keys


async def test_wrong_keys_are_slowed_counted_and_told_of(api: Api) -> None:
    wrong, slowed = figure("gateway_wrong_tries_total", "api"), figure("gateway_slowed_total", "api")
    async with at(api, ELSEWHERE, Authorization="Bearer gw_wrong") as stranger:
        answers = [await stranger.get("/connections") for _ in range(6)]
    assert [each.status_code for each in answers] == [401, 401, 401, 429, 429, 429]
    last = answers[-1]
    assert last.headers["content-type"] == "application/problem+json"
    assert 1 <= int(last.headers["retry-after"]) <= 60
    assert last.json()["type"] == "urn:gateway:problem:too-many"
    assert "wait" in last.json()["fix"]
    assert figure("gateway_wrong_tries_total", "api") - wrong == 3
    assert figure("gateway_slowed_total", "api") - slowed == 3
    await keys_of(api).tries.settle()
    assert await alerts_of(api) == [("wrong-keys", None)]
    text = (await api.admin.get("/alerts")).json()["items"][0]["text"]
    assert ELSEWHERE in text


async def test_a_slowed_address_is_not_looked_up_and_others_are_as_ever(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    key = await api.key("read")
    async with at(api, ELSEWHERE) as stranger, at(api, "203.0.113.5", **{"X-API-Key": key}) as friend:
        for number in range(3):
            await stranger.get("/connections", headers={"X-API-Key": f"gw_{number}"})
        assert (await stranger.get("/connections", headers={"X-API-Key": key})).status_code == 429
        assert (await friend.get("/connections")).status_code == 200
        assert (await api.admin.get("/connections")).status_code == 200

        def away() -> Any:
            raise AssertionError("a slowed address costs no look-up")

        monkeypatch.setattr(api.gateway.database, "read", away)
        assert (await stranger.get("/connections", headers={"X-API-Key": "gw_more"})).status_code == 429


async def test_the_right_key_is_let_in_after_the_pause(api: Api) -> None:
    tries: WrongTries = keys_of(api).tries
    now = [1000.0]
    tries.throttle.now = lambda: now[0]
    key = await api.key("read")
    async with at(api, ELSEWHERE) as caller:
        for _ in range(40):  # goes on trying for a long time
            answer = await caller.get("/connections", headers={"X-API-Key": "gw_wrong"})
            now[0] += int(answer.headers.get("retry-after", 0))
        answer = await caller.get("/connections", headers={"X-API-Key": "gw_wrong"})
        wait = int((await caller.get("/connections", headers={"X-API-Key": key})).headers["retry-after"])
        assert wait <= 60
        now[0] += wait
        assert (await caller.get("/connections", headers={"X-API-Key": key})).status_code == 200


async def test_a_key_that_was_right_at_an_address_is_let_in_whatever_others_try_from_there(api: Api) -> None:
    key, other = await api.key("read"), await api.key("read")
    async with at(api, ELSEWHERE) as caller:
        # It has just been seen from elsewhere: an address becomes known by itself.
        async with at(api, "203.0.113.5", **{"X-API-Key": key}) as friend:
            assert (await friend.get("/connections")).status_code == 200
        assert (await caller.get("/connections", headers={"X-API-Key": key})).status_code == 200
        for _ in range(5):
            await caller.get("/connections", headers={"X-API-Key": "gw_wrong"})
        assert (await caller.get("/connections", headers={"X-API-Key": key})).status_code == 200
        assert (await caller.get("/connections", headers={"X-API-Key": other})).status_code == 429


async def test_a_line_of_ipv6_is_one_address(api: Api) -> None:
    for number in range(3):
        async with at(api, f"2001:db8:1:2::{number}") as stranger:
            assert (await stranger.get("/connections", headers={"X-API-Key": "gw_wrong"})).status_code == 401
    async with at(api, "2001:db8:1:2:ffff::1") as stranger:
        assert (await stranger.get("/connections", headers={"X-API-Key": "gw_wrong"})).status_code == 429
    async with at(api, "2001:db8:1:3::1") as stranger:
        assert (await stranger.get("/connections", headers={"X-API-Key": "gw_wrong"})).status_code == 401


async def test_tries_from_many_addresses_are_told_of_too(api: Api) -> None:
    for number in range(30):  # ten times what one address may do
        async with at(api, f"198.51.100.{number}") as stranger:
            assert (await stranger.get("/connections", headers={"X-API-Key": "gw_wrong"})).status_code == 401
    await keys_of(api).tries.settle()
    assert await alerts_of(api) == [("wrong-keys", None)]


async def test_no_key_at_all_is_no_try(api: Api) -> None:
    async with at(api, ELSEWHERE) as stranger:
        assert {(await stranger.get("/connections")).status_code for _ in range(6)} == {401}


async def test_links_and_keys_on_the_pages_are_slowed_too(api: Api) -> None:
    async with at(api, ELSEWHERE) as stranger:
        for _ in range(3):
            assert (await stranger.get("/oauth/mystore/start", params={"link": "made-up"})).status_code == 404
        answer = await stranger.get("/oauth/mystore/start", params={"link": "made-up"})
        assert (answer.status_code, answer.headers["content-type"]) == (429, "text/html; charset=utf-8")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert f"wait {answer.headers['retry-after']} seconds" in answer.text
        assert (await stranger.get("/oauth/mystore/start", headers={"X-API-Key": "gw_wrong"})).status_code == 429


class TestTheDoorOfTheWms:
    async def test_wrong_secrets_are_slowed_and_told_of_and_others_are_heard(self, api: Api) -> None:
        shop = await api.connect("shop")
        given = {"warehouse": {"webhook_secret": "a-fixed-secret-of-the-wms"}}
        assert (await api.admin.patch("/connections/shop", json=given)).status_code == 200
        right, wrong = {"X-Auth-Token": "a-fixed-secret-of-the-wms"}, {"X-Auth-Token": "guessed"}
        path = f"/webhooks/ongoing/{shop.webhook_id}"
        async with at(api, ELSEWHERE) as stranger, at(api, "203.0.113.5") as wms:
            answers = [await stranger.post(path, headers=wrong, content=b"{}") for _ in range(5)]
            assert [each.status_code for each in answers] == [401, 401, 401, 429, 429]
            assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
            assert answers[-1].headers["content-type"] == "application/problem+json"
            assert (await stranger.post(path, headers=right, content=b"{}")).status_code == 429
            assert (await wms.post(path, headers=right, content=b"{}")).status_code == 200
        await api.app.from_warehouse.tries.settle()
        assert await alerts_of(api) == [("wrong-secrets", "shop")]


class TestTheDoorOfShops:
    async def test_wrong_signatures_are_slowed_and_a_right_one_never(self, api: Api) -> None:
        shop = await api.connect("shop")
        wrong = {"X-WC-Webhook-Signature": "guessed", "X-WC-Webhook-Topic": "order.updated", "Content-Type": "application/json"}
        path = f"/webhooks/{shop.webhook_id}"
        async with at(api, ELSEWHERE) as stranger:
            answers = [await stranger.post(path, headers=wrong, content=b'{"id":1}') for _ in range(5)]
            assert [each.status_code for each in answers] == [401, 401, 401, 429, 429]
            assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
            # HMAC-SHA256 of {"id":1} with the secret "x"
            right = {**wrong, "X-WC-Webhook-Signature": "YMIwKZsZBSUdC3wOfNV+Z65KuZqT/Nm5Si9V2GknkTY="}
            assert (await stranger.post(path, headers=right, content=b'{"id":1}')).status_code == 200
        await asyncio.gather(api.app.intake.signatures.settle(), api.app.intake.tries.settle())
        assert await alerts_of(api) == [("signatures", "shop")]


class TestAddressesThatCannotBeOurs:
    IDS = ("%00", "x", "a" * 31, "a" * 33, "a" * 50_000, "å" * 32, "a" * 31 + "-", "", "%2e%2e")

    async def test_they_are_unknown_without_look_up_memory_or_a_line(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        def away() -> Any:
            raise AssertionError("it is looked up")

        monkeypatch.setattr(api.gateway.database, "read", away)
        written: list[Any] = []
        for taker in (api.app.intake, api.app.from_warehouse):
            monkeypatch.setattr(taker.lines, "warning", lambda *given, **said: written.append(given))
        async with at(api, ELSEWHERE) as stranger:
            for path in (f"/webhooks/{door}{webhook_id}" for door in ("", "ongoing/") for webhook_id in self.IDS):
                answer = await stranger.post(path, content=b"{}")
                said = (answer.status_code, answer.headers["content-type"], answer.json()["type"])
                assert (path, *said) == (path, 404, "application/problem+json", "urn:gateway:problem:unknown")
        assert written == []
        assert not api.app.intake._targets._kept
        assert not api.app.from_warehouse._known._kept

    async def test_one_that_could_be_is_looked_up(self, api: Api) -> None:
        other = unguessable()
        async with at(api, ELSEWHERE) as stranger:
            assert (await stranger.post(f"/webhooks/{other}", content=b"{}")).status_code == 404
            assert (await stranger.post(f"/webhooks/ongoing/{other}", content=b"{}")).status_code == 404
        assert list(api.app.intake._targets._kept) == list(api.app.from_warehouse._known._kept) == [other]
