"""Every error is a problem document that names the field and the fix, and gives nothing away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from app.api.kit import problems
from app.api.kit.auth import KnownKeys
from tests.api.calling import Api, client_of, open_api, settings_for


async def test_an_address_that_is_not_there(sqlite_harness: Api) -> None:
    answer = await sqlite_harness.admin.get("/nothing/here")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:gateway:problem:not-found",
        "title": "There is no such thing here",
        "status": 404,
        "detail": "there is nothing at /nothing/here",
        "instance": "/nothing/here",
        "request_id": answer.headers["X-Request-Id"],
        "trace_id": answer.json()["trace_id"],
        "fix": "see /docs for all addresses",
    }


async def test_a_method_that_is_not_for_the_address(sqlite_harness: Api) -> None:
    answer = await sqlite_harness.admin.delete("/runs")
    assert answer.status_code == 405
    assert answer.json()["type"] == "urn:gateway:problem:wrong-method"
    assert answer.headers["allow"] == "GET"
    assert answer.json()["fix"] == "it takes GET; see /docs for all addresses"


async def test_an_address_that_is_nearly_one_is_told_with_the_one_that_was_meant(sqlite_harness: Api) -> None:
    answer = await sqlite_harness.admin.post("/mappings/17/relese")
    assert answer.json()["fix"] == "did you mean /mappings/17/release? see /docs for all addresses"


async def test_so_is_a_connection_but_never_one_that_the_key_may_not_see(sqlite_harness: Api) -> None:
    shop, other = await sqlite_harness.connect("nettbutikk"), await sqlite_harness.connect("lager", goods_owner_id=78)
    answer = await sqlite_harness.admin.get("/connections/netbutikk")
    assert answer.json()["fix"] == "did you mean nettbutikk? list them with: gateway connections list"
    answer = await sqlite_harness.admin.post("/sync/netbutikk")
    assert answer.json()["fix"].startswith("did you mean nettbutikk? use one of: ")
    limited = await sqlite_harness.caller("read", only=[other])
    answer = await limited.get(f"/connections/{shop.name}x")
    assert answer.json()["fix"] == "list them with: gateway connections list"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/mappings?limit=1000", "limit"),
        ("/mappings?kind=box", "kind"),
        ("/mappings?cursor=abc", "cursor"),
        ("/events?cursor=W251bGxd", "cursor"),
        ("/runs?cursor=WzE3XQ", "cursor"),
        ("/dead-letters?cursor=WyIyMDI2LTAxLTAxIiwiam9iIiwxXQ", "cursor"),
        ("/events?since=2026-01-01T00:00:00", "since"),
        ("/mappings/0", "mapping_id"),
        ("/mappings/99999999999999999999", "mapping_id"),
        ("/events?record=%00", "record"),
    ],
)
async def test_a_parameter_that_is_not_right_is_named(sqlite_harness: Api, path: str, field: str) -> None:
    answer = await sqlite_harness.admin.get(path)
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field
    assert answer.json()["fix"]


@pytest.mark.parametrize(
    ("path", "fix"),
    [
        ("/mappings?unknown=1", "this takes "),
        ("/mappings?conection=shop", "did you mean connection? this takes "),
        ("/connections/shop?limit=1", "this takes no parameters"),
    ],
)
async def test_a_parameter_that_an_operation_does_not_take_is_refused(sqlite_harness: Api, path: str, fix: str) -> None:
    answer = await sqlite_harness.admin.get(path)
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == path.partition("?")[2].partition("=")[0]
    assert answer.json()["fix"].startswith(fix)


async def test_who_has_no_key_learns_no_parameter(sqlite_harness: Api) -> None:
    async with client_of(sqlite_harness.app) as nobody:
        assert (await nobody.get("/mappings?unknown=1")).status_code == 401


async def test_health_takes_what_a_platform_adds(sqlite_harness: Api) -> None:
    assert (await sqlite_harness.admin.get("/livez?at=1")).status_code == 200


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b'{\n  "name": "a",\n  "rights": [read]\n}', "line 3 column 14: Expecting value"),
        (b"{", "line 1 column 2: Expecting property name"),
    ],
)
async def test_where_a_body_is_no_json_is_said(sqlite_harness: Api, content: bytes, where: str) -> None:
    answer = await sqlite_harness.admin.post("/keys", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(f"body: it is not JSON at {where}")


async def test_a_misspelt_field_of_the_body_is_told_with_the_one_that_was_meant(sqlite_harness: Api) -> None:
    answer = await sqlite_harness.admin.post("/dead-letters/replay", json={"filter": {"conection": "x"}})
    assert answer.json()["detail"] == "filter.conection: there is no such field"
    assert answer.json()["fix"] == "did you mean connection?"


async def test_a_field_of_the_body_is_named_by_its_path(sqlite_harness: Api) -> None:
    answer = await sqlite_harness.admin.post("/dead-letters/replay", json={"filter": {"conection": "x"}})
    assert answer.status_code == 422
    assert answer.json()["field"] == "filter.conection"


async def test_all_that_is_wrong_is_listed(sqlite_harness: Api) -> None:
    answer = await sqlite_harness.admin.post("/keys", json={"rights": ["fly"]})
    assert {each["field"] for each in answer.json()["errors"]} == {"name", "rights.0"}


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\x00"])
async def test_a_body_that_is_not_json(sqlite_harness: Api, content: bytes) -> None:
    answer = await sqlite_harness.admin.post("/keys", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["field"] == "body"


async def test_a_body_that_is_far_too_large_is_not_read(sqlite_harness: Api) -> None:
    answer = await sqlite_harness.admin.post(
        "/keys", content=b" " * (1024 * 1024 + 1), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.json()["detail"] == "the body is larger than 1048576 bytes"


async def test_nor_is_one_that_does_not_say_how_large_it_is(sqlite_harness: Api) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65536

    answer = await sqlite_harness.admin.post("/keys", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


async def test_what_was_given_is_never_repeated_in_a_refusal(sqlite_harness: Api) -> None:
    given = {"name": "x", "integration": "woocommerce", "shop": {"consumer_secret": ["cs_very_secret"]}, "warehouse": {}}
    answer = await sqlite_harness.admin.post("/connections", json=given)
    assert answer.status_code == 422
    assert "cs_very_secret" not in answer.text


async def test_an_error_of_the_gateway_itself_gives_nothing_away(sqlite_harness: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(self: KnownKeys, secret: str, address: str) -> None:
        raise RuntimeError(f"the secret is {secret}")

    log = Mock()
    monkeypatch.setattr(KnownKeys, "find", fail)
    monkeypatch.setattr(problems, "log", log)
    answer = await sqlite_harness.admin.get("/runs")
    assert answer.status_code == 500
    assert answer.json()["detail"] == "an error of the gateway itself; its log has the details"
    assert "secret" not in answer.text
    assert isinstance(log.error.call_args.kwargs["exc_info"], RuntimeError)


async def test_a_database_that_is_away_is_503_with_retry_after(tmp_path: Path, sqlite_database: str) -> None:
    async with open_api(settings_for(sqlite_database, tmp_path)) as api, client_of(api.app, {"X-API-Key": "gw_x"}) as caller:
        (tmp_path / "gateway.db").unlink()
        (tmp_path / "gateway.db").mkdir()
        await api.gateway.database.engine.dispose()
        answer = await caller.get("/runs")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["type"] == "urn:gateway:problem:not-now"
