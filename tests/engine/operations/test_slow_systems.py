"""The test of a connection whose systems drip their answers, or give more than is read."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from app.engine.operations import connection_test
from app.http import BoundedTransport
from tests.harness import Harness


async def test_it_ends_and_says_which_side_has_not_answered(sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would never end by itself."""

    async def never(*_: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(connection_test, "MOST_SECONDS", 0.2)
    monkeypatch.setattr(BoundedTransport, "handle_async_request", never)
    report = await connection_test.test(sqlite_harness.gateway, sqlite_harness.connection)
    assert [(each.system, each.name, each.ok) for each in report.checks] == [
        ("shop", "answers", False),
        ("warehouse", "answers", False),
    ]
    assert report.checks[0].message == "the shop has not answered all that the test asks within 0.2 s"


def test_both_sides_and_what_follows_are_done_within_100_seconds() -> None:
    assert connection_test.MOST_SECONDS + connection_test.LAST_SECONDS <= 95


async def test_a_shop_that_answers_more_than_is_read_is_told_as_that(
    sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = BoundedTransport.handle_async_request

    async def too_much(self: BoundedTransport, request: httpx.Request) -> httpx.Response:
        answer = await whole(self, request)
        if "wc/v3" not in request.url.path:
            return answer
        return httpx.Response(200, content=b"[" + b"{}," * 3_000_000 + b"{}]", headers={"Content-Type": "application/json"})

    monkeypatch.setattr(BoundedTransport, "handle_async_request", too_much)
    report = await connection_test.test(sqlite_harness.gateway, sqlite_harness.connection)
    assert not report.ok
    assert any("more values than can be kept in memory" in each.message for each in report.checks)
