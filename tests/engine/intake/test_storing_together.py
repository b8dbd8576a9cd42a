"""Deliveries that wait for one commit, and what they are answered when the database is away."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from app.engine.intake.inbox import Inbox, InboxFull, NotStored
from app.ttl_cache import TtlCache
from tests.engine.intake.intake_steps import BODY, CountingWriter, NoWriter, counted, delivery, post, signed, until
from tests.harness import Harness, open_harness


class TestGroupCommit:
    async def test_many_requests_share_one_transaction(self, harness: Harness) -> None:
        await post(harness)  # so that the address is known
        writer = counted(harness)
        writer.gate.clear()
        asked = [asyncio.create_task(post(harness))]
        await until(lambda: writer.batches == [1])
        asked += [asyncio.create_task(post(harness)) for _ in range(50)]
        await until(lambda: len(harness.intake.inbox._waiting) == 50)
        writer.gate.set()
        answers = await asyncio.gather(*asked)
        assert {answer.status_code for answer in answers} == {200}
        assert writer.batches == [1, 50]
        assert await harness.stored.events() == {"received": 52}

    async def test_nothing_is_answered_before_its_commit(self, harness: Harness) -> None:
        await post(harness)
        writer = counted(harness)
        writer.gate.clear()
        asked = asyncio.create_task(post(harness))
        await until(lambda: writer.batches == [1])
        assert not asked.done()
        assert await harness.stored.events() == {"received": 1}
        writer.gate.set()
        assert (await asked).status_code == 200
        assert await harness.stored.events() == {"received": 2}

    async def test_a_bad_row_in_a_batch_costs_nobody_else(self, harness: Harness) -> None:
        writer = counted(harness)
        writer.gate.clear()
        store = harness.intake.inbox.store
        first = store(delivery(harness.connection.id))
        await until(lambda: writer.batches == [1])
        before, bad, after = (store(delivery(name)) for name in (harness.connection.id, "con_nobody", harness.connection.id))
        writer.gate.set()
        await asyncio.gather(first, before, after)
        with pytest.raises(NotStored):
            await bad
        assert writer.batches == [1, 3, 1, 1, 1]
        assert await harness.stored.events() == {"received": 3}

    async def test_a_client_that_hangs_up_cancels_nothing(self, harness: Harness) -> None:
        await post(harness)
        writer = counted(harness)
        writer.gate.clear()
        asked = [asyncio.create_task(post(harness))]
        await until(lambda: writer.batches == [1])
        asked += [asyncio.create_task(post(harness)) for _ in range(2)]
        await until(lambda: len(harness.intake.inbox._waiting) == 2)
        for one in asked[:2]:
            one.cancel()
        await asyncio.gather(*asked[:2], return_exceptions=True)
        writer.gate.set()
        assert (await asked[2]).status_code == 200
        assert await harness.stored.events() == {"received": 4}

    async def test_waiting_bytes_are_bounded_then_it_is_503(self, sqlite_database: str, tmp_path: Path) -> None:
        async with open_harness(sqlite_database, tmp_path, max_waiting_bytes=2 * len(BODY) + 1024) as harness:
            await harness.connect()
            await post(harness)
            writer = counted(harness)
            writer.gate.clear()
            big = json.dumps("x" * 1000).encode()
            waiting = [asyncio.create_task(post(harness, body)) for body in (BODY, big)]
            await until(lambda: harness.intake.inbox._bytes == len(BODY) + len(big))
            refused = await post(harness, big)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            writer.gate.set()
            assert {each.status_code for each in await asyncio.gather(*waiting)} == {200}
            assert (await post(harness, big)).status_code == 200  # there is room again

    async def test_what_waits_is_committed_when_the_intake_closes_and_nothing_new_is_taken(self, sqlite_harness: Harness) -> None:
        rung: list[set[str]] = []
        writer = CountingWriter(sqlite_harness.intake.inbox.writer)
        mine = Inbox(writer, rung.append, 10_000)
        mine.start()
        writer.gate.clear()
        done = [mine.store(delivery(sqlite_harness.connection.id)) for _ in range(3)]
        closing = asyncio.create_task(mine.close())
        await until(lambda: mine._closing)
        with pytest.raises(InboxFull):
            mine.store(delivery(sqlite_harness.connection.id))
        writer.gate.set()
        await asyncio.gather(closing, *done)
        assert rung
        sqlite_harness.intake.inbox.writer = CountingWriter(NoWriter())  # this one is closed now


class TestStorageAway:
    async def test_a_database_that_does_not_take_it_is_503_with_retry_after(self, sqlite_harness: Harness) -> None:
        await post(sqlite_harness)
        counted(sqlite_harness).error = ConnectionError("the database is gone")
        answer = await post(sqlite_harness)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")

    async def test_it_is_taken_again_once_the_database_is_back(self, sqlite_harness: Harness) -> None:
        await post(sqlite_harness)
        writer = counted(sqlite_harness)
        writer.error = ConnectionError("the database is gone")
        await post(sqlite_harness)
        writer.error = None
        assert (await post(sqlite_harness)).status_code == 200

    async def test_a_commit_that_takes_too_long_is_503(self, sqlite_database: str, tmp_path: Path) -> None:
        async with open_harness(sqlite_database, tmp_path, commit_timeout_seconds=0.02) as harness:
            await harness.connect()
            writer = counted(harness)
            writer.gate.clear()
            answer = await post(harness)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            writer.gate.set()

    async def test_an_address_that_cannot_be_looked_up_is_503_not_404(
        self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away() -> Any:
            raise ConnectionError("the database is gone")

        monkeypatch.setattr(sqlite_harness.gateway.database, "read", away)
        assert (await sqlite_harness.client.post(f"/webhooks/{32 * 'n'}", content=BODY, headers=signed())).status_code == 503

    async def test_an_address_known_from_before_is_still_verified(
        self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sqlite_harness.intake._targets = TtlCache(-1, 10)  # what is put is too old at once
        await post(sqlite_harness)

        def away() -> Any:
            raise ConnectionError("the database is gone")

        monkeypatch.setattr(sqlite_harness.gateway.database, "read", away)
        assert (await post(sqlite_harness, headers=signed() | {"x-wc-webhook-signature": "x"})).status_code == 401
        assert (await post(sqlite_harness)).status_code == 200  # the writer decides for itself whether the database is there
