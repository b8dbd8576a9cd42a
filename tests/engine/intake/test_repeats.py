"""The same delivery again and again: kept as often as a shop may mean it, and no more."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from app.api.intake.repeats import Repeats
from app.engine.intake.inbox import NotStored
from tests.harness import Harness

SMALL = b'{"id": 1, "status": "pending"}'
LARGE = b'{"id": 1, "note": "' + b"x" * 8192 + b'"}'


async def deliver(harness: Harness, body: bytes, **headers: str) -> httpx.Response:
    given = {**harness.shop.delivery_headers(body, "order.updated"), **headers}
    return await harness.client.post(f"/webhooks/{harness.connection.webhook_id}", content=body, headers=given)


async def rows(harness: Harness) -> int:
    return sum((await harness.stored.events()).values())


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
async def test_a_delivery_that_is_replayed_for_ever_is_ten_rows_and_always_answered(sqlite_harness: Harness, body: bytes) -> None:
    answers = [await deliver(sqlite_harness, body) for _ in range(40)]
    assert {(each.status_code, each.content) for each in answers} == {(200, b'{"status":"accepted"}')}
    assert await rows(sqlite_harness) == 10


async def test_a_large_body_is_known_again_whatever_stands_before_it(sqlite_harness: Harness) -> None:
    for number in range(40):
        forged = {"X-WC-Webhook-Delivery-ID": f"{number:032}", "X-WC-Webhook-Topic": f"order.{number}"}
        assert (await deliver(sqlite_harness, LARGE, **forged)).status_code == 200
    assert await rows(sqlite_harness) == 10


async def test_small_ones_with_ids_of_their_own_are_all_kept(sqlite_harness: Harness) -> None:
    for number in range(40):
        await deliver(sqlite_harness, SMALL, **{"X-WC-Webhook-Delivery-ID": f"{number:032}"})
    assert await rows(sqlite_harness) == 40


async def test_another_body_is_kept_however_often_the_first_came(sqlite_harness: Harness) -> None:
    for _ in range(15):
        await deliver(sqlite_harness, LARGE)
    for number in range(15):
        await deliver(sqlite_harness, LARGE.replace(b'"id": 1', b'"id": %d' % (number + 2)))
    assert await rows(sqlite_harness) == 25


async def test_what_could_not_be_kept_is_not_counted(sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = sqlite_harness.intake.inbox.writer

    async def away(rows: Any) -> None:
        raise NotStored("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(writer, "write", away)
        assert {(await deliver(sqlite_harness, LARGE)).status_code for _ in range(15)} == {503}
    assert (await deliver(sqlite_harness, LARGE)).status_code == 200
    assert await rows(sqlite_harness) == 1


def test_after_two_hours_at_most_it_is_kept_again() -> None:
    now = [100_000.0]
    repeats = Repeats(lambda: now[0])
    for _ in range(10):
        assert not repeats.are_enough(("shop", "a"))
        repeats.kept(("shop", "a"))
    assert repeats.are_enough(("shop", "a"))
    assert not repeats.are_enough(("other", "a"))
    now[0] += 3599
    assert repeats.are_enough(("shop", "a"))
    now[0] += 1
    assert repeats.are_enough(("shop", "a"))
    now[0] += 3600
    assert not repeats.are_enough(("shop", "a"))


def test_memory_is_bounded() -> None:
    repeats = Repeats()
    for number in range(50_000):
        repeats.kept(("shop", str(number)))
    assert len(repeats._recent) + len(repeats._before) <= 20_000
    assert repeats._count(("shop", "49999")) == 1
