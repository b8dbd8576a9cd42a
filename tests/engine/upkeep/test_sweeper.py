"""One process sweeps, in few statements whatever the number of connections, and rings for nothing twice."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update

from app.domain import POLLED
from app.engine.core.queue import MemoryWakeUps, Task
from app.engine.core.runtime import Gateway, open_gateway
from app.engine.upkeep import gauges, retention, sweeper
from app.engine.upkeep.alerting import mail
from app.engine.upkeep.alerting import notify as alert_mail
from app.engine.upkeep.alerting.message import Message
from app.records.connections import Connection, Status
from app.settings import Settings
from app.storage.outbound_tables import hooks
from app.storage.side_tables import leases
from app.storage.tables import alerts, connections, cursors, jobs, lanes
from tests.harness import Harness, open_harness
from tests.harness.connections import NEVER

PLAIN = {"stock": False, "shipments": False, "returns": False}
MOST_STATEMENTS = 12


@contextlib.contextmanager
def counted(gateway: Gateway) -> Iterator[list[str]]:
    """The statements that are run meanwhile. The beginning of a transaction is none."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            found.append(statement)

    engine = gateway.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


async def multiply(harness: Harness, number: int, first: int = 0) -> None:
    """So many more connections like the first, each in a lane of its own, with nothing to do."""
    numbers = range(first, first + number)
    async with harness.gateway.database.begin() as db:
        row = (await db.execute(select(connections).where(connections.c.id == harness.connection.id))).one()._mapping
        more = [{**row, "id": f"con_{n}", "name": f"shop-{n}", "webhook_id": f"w-{n}", "lane": f"w#{n}"} for n in numbers]
        if more:
            keys = [{"key": key} for n in numbers for key in (f"w#{n}", f"shop:con_{n}")]
            await db.execute(insert(connections), more)
            await db.execute(insert(lanes), keys)
            later = {"next_poll_at": harness.clock() + NEVER, "next_sweep_at": harness.clock() + NEVER}
            places = [{"connection_id": f"con_{n}", "process": process.value} for n in numbers for process in POLLED]
            await db.execute(insert(cursors), [{**place, **later} for place in places])
            checked = {"next_check_at": harness.clock() + NEVER, "state": "fine"}
            await db.execute(insert(hooks), [{"connection_id": f"con_{n}", **checked} for n in numbers])


async def sweep(harness: Harness) -> list[tuple[Task, str]]:
    """What one sweep rings for. Nobody takes it."""
    harness.wake_ups.waiting.clear()
    await sweeper.sweep(harness.gateway)
    found = list(harness.wake_ups.waiting)
    harness.wake_ups.waiting.clear()
    return found


async def until_rung(wake_ups: MemoryWakeUps) -> None:
    rung = asyncio.Event()
    send = wake_ups.send

    async def sent(task: Task, key: str) -> bool:
        rung.set()
        return await send(task, key)

    wake_ups.send = sent  # type: ignore[method-assign]
    await rung.wait()


@contextlib.asynccontextmanager
async def another_process(harness: Harness) -> AsyncIterator[tuple[Gateway, MemoryWakeUps]]:
    wake_ups = MemoryWakeUps()
    async with open_gateway(harness.gateway.settings, wake_ups, harness.clock) as gateway:
        yield gateway, wake_ups


class TestStatements:
    async def test_a_sweep_takes_as_many_with_500_idle_connections_as_with_one(
        self, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def nothing(*_: Any) -> None:
            """Retention, once an hour."""

        monkeypatch.setattr(retention, "prune_when_due", nothing)
        more: dict[str, Any] = {"alert_webhook_url": "http://127.0.0.1:1/", "public_url": "https://gateway.test"}
        async with open_harness(database_url, tmp_path, **more) as harness:
            await harness.connect(processes=PLAIN, silent_hours=1000, webhooks={"managed": True})
            found = []
            for first, number in ((0, 0), (0, 50), (50, 450)):
                await multiply(harness, number, first)
                await sweep(harness)
                found.append(sorted([len(await self.of_a_sweep(harness)) for _ in range(3)]))  # not every part is in each
            assert found[0] == found[1] == found[2]
            assert found[0][-1] <= MOST_STATEMENTS

    async def of_a_sweep(self, harness: Harness) -> list[str]:
        harness.tick(20)
        with counted(harness.gateway) as statements:
            await sweeper.sweep(harness.gateway)
        written = [each.split()[:2] for each in statements if not each.startswith(("SELECT", "WITH"))]
        assert written == [["UPDATE", "leases"]]
        return statements

    async def test_nothing_is_decrypted_that_has_not_changed(self, harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        opened = []
        vault = harness.gateway.vault
        open_ = vault.open

        def counting(sealed: bytes) -> dict[str, Any]:
            opened.append(sealed)
            return open_(sealed)

        monkeypatch.setattr(vault, "open", counting)
        for _ in range(3):
            await sweep(harness)
        assert len(opened) == 1
        await harness.change_settings(harness.connection, poll_interval_minutes=5)
        opened.clear()
        for _ in range(3):
            await sweep(harness)
        assert len(opened) == 1

    async def test_who_does_not_sweep_asks_one_statement_that_writes_nothing(self, harness: Harness) -> None:
        await sweep(harness)
        async with another_process(harness) as (gateway, wake_ups):
            await harness.announce(harness.shop.order())
            with counted(gateway) as statements:
                await sweeper.sweep(gateway)
            assert [each.split()[0] for each in statements] == ["SELECT"]
            assert not wake_ups.waiting
            assert 0 < sweeper.of(gateway).pause_after(0) <= 7.6


class TestTurn:
    async def test_a_sweeper_that_died_is_replaced(self, harness: Harness) -> None:
        await sweep(harness)
        await harness.announce(harness.shop.order())
        async with another_process(harness) as (gateway, wake_ups):
            await harness.stored.expire_leases()
            await sweeper.sweep(gateway)
            assert list(wake_ups.waiting) == [(Task.INGEST, harness.connection.id)]
            assert await sweep(harness) == []  # it was only stopped, and finds that another one sweeps

    async def test_a_process_that_starts_takes_its_turn_at_once_and_gives_it_back_at_its_end(self, harness: Harness) -> None:
        await sweep(harness)
        await harness.announce(harness.shop.order())
        async with another_process(harness) as (gateway, wake_ups):
            running = asyncio.create_task(sweeper.run(gateway))
            await until_rung(wake_ups)
            assert await sweep(harness) == []
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        assert await sweep(harness) == [(Task.INGEST, harness.connection.id)]

    async def test_the_lease_is_shorter_than_two_intervals(self, sqlite_harness: Harness) -> None:
        await sweep(sqlite_harness)
        turn = sweeper.of(sqlite_harness.gateway).turn
        async with another_process(sqlite_harness) as (gateway, _):
            await sweeper.sweep(gateway)
            assert sweeper.of(gateway).pause_after(0) < 2 * turn.interval


class TestTroubleOfOne:
    @pytest.mark.parametrize(
        "broken",
        [
            {"secrets": b"sealed with a lost key"},
            {"settings": {"poll_interval_minutes": "often"}},
            {"settings": {"of_a_later_version": 1}},
            {"settings": ["x"]},
            {"settings": None},
            {"integration": "of-a-later-version"},
        ],
        ids=lambda broken: str(broken)[:40],
    )
    async def test_a_connection_that_cannot_be_opened_fails_no_sweep_and_is_named_once(
        self, harness: Harness, broken: dict[str, Any]
    ) -> None:
        other = await harness.connect("other", goods_owner_id=78, processes=PLAIN)
        await self.break_(harness, harness.connection, broken)
        await harness.announce(harness.shop.order(), connection=other)
        assert (Task.INGEST, other.id) in await sweep(harness)
        for _ in range(3):
            harness.tick(90)
            await sweep(harness)
        told = await harness.stored.rows(select(alerts).where(alerts.c.kind == "failing"))
        assert [(row.connection_id, row.subject, row.count) for row in told] == [(harness.connection.id, "cannot be opened", 1)]

    async def test_a_connection_that_cannot_be_opened_stops_no_other_of_its_goods_owner(self, harness: Harness) -> None:
        other = await harness.connect("other", order_number_prefix="O-", processes={"articles": False})
        stuck, free = harness.shop.order(), harness.shop.order()
        await harness.announce(stuck)
        await harness.ingest()
        await self.break_(harness, harness.connection, {"secrets": b"sealed with a lost key"})
        harness.gateway.forget(harness.connection.id)
        await harness.deliver(free, connection=other)
        assert harness.warehouse.order(f"O-{free['number']}") is not None
        assert (await harness.stored.job(stuck["id"])).state == "waiting"
        await harness.work(sweep=True)  # nothing is woken up for ever for what cannot be sent
        assert (await harness.stored.job(stuck["id"])).state == "waiting"

    async def break_(self, harness: Harness, connection: Connection, values: dict[str, Any]) -> None:
        async with harness.gateway.database.begin() as db:
            if values.get("settings") is None and "settings" in values:
                values = {"settings": "null"}
            await db.execute(cursors.delete().where(cursors.c.connection_id == connection.id))
            await db.execute(
                update(connections).where(connections.c.id == connection.id).values(**values, updated_at=harness.clock())
            )

    async def test_what_is_no_json_at_all_fails_no_sweep(self, sqlite_harness: Harness) -> None:
        other = await sqlite_harness.connect("other", goods_owner_id=78, processes=PLAIN)
        async with sqlite_harness.gateway.database.begin() as db:
            await db.exec_driver_sql("UPDATE connections SET settings = '{' WHERE name = 'shop'")
        await sqlite_harness.announce(sqlite_harness.shop.order(), connection=other)
        assert await sweep(sqlite_harness) == [(Task.INGEST, other.id)]

    async def test_one_that_can_be_opened_again_goes_on_and_is_told_of(self, harness: Harness) -> None:
        async with harness.gateway.database.begin() as db:
            sealed = await db.scalar(select(connections.c.secrets))
            await db.execute(update(connections).values(secrets=b"lost"))
        assert await sweep(harness) == []
        async with harness.gateway.database.begin() as db:
            await db.execute(update(connections).values(secrets=sealed))
        await harness.announce(harness.shop.order())
        harness.tick(90)
        assert await sweep(harness) == [(Task.INGEST, harness.connection.id)]
        await alert_mail.look(harness.gateway, 0, harness.clock())
        (alert,) = await harness.stored.rows(select(alerts))
        assert (alert.kind, alert.closed_why) == ("failing", "the connection can be opened again")

    async def test_a_part_of_a_sweep_that_fails_ends_no_other(self, harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        async def fails(*_: Any) -> Any:
            raise ZeroDivisionError

        for module, name in (("due", "signs"), ("due", "polls"), ("health_alerts", "look_for_silence"), ("gauges", "update")):
            monkeypatch.setattr(getattr(sweeper, module), name, fails)
        await harness.announce(harness.shop.order())
        assert await sweep(harness) == [(Task.INGEST, harness.connection.id)]


class TestRings:
    async def test_what_is_rung_for_and_not_taken_is_not_rung_for_again_at_once(self, harness: Harness) -> None:
        await harness.announce(harness.shop.order())
        await harness.make_due("orders")
        due = [(Task.INGEST, harness.connection.id), (Task.POLL, f"{harness.connection.id}:orders")]
        assert await sweep(harness) == due
        harness.tick(5)
        assert await sweep(harness) == []
        harness.tick(5)
        assert await sweep(harness) == due[:1]  # a wake-up for events that was lost costs two intervals
        harness.tick(50)
        assert set(await sweep(harness)) == set(due)  # one for a poll a minute

    async def test_what_was_taken_and_is_due_again_is_rung_for_at_once(self, harness: Harness) -> None:
        for _ in range(3):
            await harness.announce(harness.shop.order())
            assert await sweep(harness) == [(Task.INGEST, harness.connection.id)]
            harness.wake_ups.waiting.append((Task.INGEST, harness.connection.id))
            await harness.work()

    async def test_what_somebody_works_on_is_not_rung_for(self, harness: Harness) -> None:
        await harness.announce(harness.shop.order())
        until = harness.clock() + timedelta(days=3650)
        async with harness.gateway.database.begin() as db:
            await db.execute(insert(leases).values(key=f"ingest:{harness.connection.id}", holder="x", until=until, fence=1))
        assert await sweep(harness) == []
        await harness.stored.expire_leases()
        assert await sweep(harness) == [(Task.INGEST, harness.connection.id)]

    async def test_a_queue_that_is_away_loses_nothing(self, harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        tried = []

        async def lost(task: Task, key: str) -> bool:
            tried.append((task, key))
            return False

        await harness.announce(harness.shop.order())
        await harness.make_due("orders")
        with monkeypatch.context() as away:
            away.setattr(harness.wake_ups, "send", lost)
            await sweep(harness)
        assert tried == [(Task.INGEST, harness.connection.id)]  # the second would only wait for the same Redis
        assert len(await sweep(harness)) == 2

    async def test_2000_polls_that_are_due_at_once_are_spread(self, harness: Harness) -> None:
        await multiply(harness, 499)
        async with harness.gateway.database.begin() as db:
            await db.execute(update(cursors).values(next_poll_at=harness.clock()))
        rung: list[tuple[Task, str]] = []
        for _ in range(3):
            rung += await sweep(harness)
            harness.tick(5)
        assert len(rung) == len(set(rung)) == 50  # nobody takes them, so no more are rung for
        async with harness.gateway.database.begin() as db:
            for task, key in rung:
                assert task is Task.POLL
                connection_id, _, process = key.partition(":")
                mine = (cursors.c.connection_id == connection_id, cursors.c.process == process)
                await db.execute(update(cursors).where(*mine).values(next_poll_at=harness.clock() + NEVER))
        more = await sweep(harness)
        assert len(more) == 50
        assert not set(more) & set(rung)

    async def test_first_polls_of_many_new_connections_are_spread_over_the_first_part_of_their_interval(
        self, harness: Harness
    ) -> None:
        await multiply(harness, 99)
        async with harness.gateway.database.begin() as db:
            await db.execute(cursors.delete())
        assert len(await sweep(harness)) == 50
        rows = await harness.stored.rows(select(cursors.c.next_poll_at))
        moments = sorted(row.next_poll_at for row in rows)
        assert len(moments) == 200
        assert moments[0] == moments[49] < moments[50]
        assert moments[-1] - moments[0] <= timedelta(minutes=5)
        assert len(set(moments)) > 100

    async def test_the_next_poll_comes_within_its_interval_at_a_moment_of_its_own(self, sqlite_harness: Harness) -> None:
        pauses = set()
        for _ in range(5):
            await sqlite_harness.poll()
            row = (await sqlite_harness.stored.rows(select(cursors).where(cursors.c.process == "orders")))[0]
            pauses.add((row.next_poll_at - sqlite_harness.clock()).total_seconds())
        assert len(pauses) == 5
        assert all(13 * 60 < pause <= 15 * 60 for pause in pauses)


class TestNothingIsWokenThatCannotWork:
    async def job(self, harness: Harness, connection: Connection) -> None:
        await harness.announce(harness.shop.order(), connection=connection)
        await harness.ingest()

    async def test_a_paused_lane_and_one_of_a_paused_connection(self, harness: Harness) -> None:
        await self.job(harness, harness.connection)
        assert await sweep(harness) == [(Task.DRAIN, harness.connection.lane)]
        harness.tick(60)
        async with harness.gateway.database.begin() as db:
            await db.execute(update(lanes).values(paused=True))
        assert await sweep(harness) == []
        async with harness.gateway.database.begin() as db:
            await db.execute(update(lanes).values(paused=False))
        await harness.set_status(harness.connection, Status.PAUSED)
        assert await sweep(harness) == []

    @pytest.mark.parametrize("state", ["waiting", "running", "parked"])
    async def test_a_paused_connections_jobs_in_a_lane_that_is_shared(self, harness: Harness, state: str) -> None:
        other = await harness.connect("other", order_number_prefix="2-", processes={"articles": False, **PLAIN})
        await self.job(harness, harness.connection)
        async with harness.gateway.database.begin() as db:
            await db.execute(update(jobs).values(state=state, due_at=harness.clock()))
        assert await sweep(harness) == [(Task.DRAIN, other.lane)]
        await harness.set_status(harness.connection, Status.PAUSED)
        harness.tick(60)
        assert await sweep(harness) == []
        await self.job(harness, other)
        assert await sweep(harness) == [(Task.DRAIN, other.lane)]

    async def test_polls_of_a_paused_connection_and_of_what_is_switched_off(self, harness: Harness) -> None:
        await harness.make_due("orders")
        await harness.make_due("articles")
        await harness.change_settings(harness.connection, processes={"articles": False})
        assert await sweep(harness) == [(Task.POLL, f"{harness.connection.id}:orders")]
        harness.tick(90)
        await harness.set_status(harness.connection, Status.PAUSED)
        assert await sweep(harness) == []


class TestSlowThings:
    async def test_a_mail_that_hangs_holds_up_no_sweep(self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
        begun, enough, sweeps = [], asyncio.Event(), 0

        async def hangs(*_: Any) -> None:
            begun.append(1)
            await asyncio.Event().wait()

        async def counts(_: Any, now: Any) -> None:
            nonlocal sweeps
            sweeps += 1
            if sweeps >= 3:
                enough.set()

        monkeypatch.setattr(alert_mail, "notify", hangs)
        monkeypatch.setattr(gauges, "update", counts)
        monkeypatch.setattr(sweeper, "GAUGES_EVERY", timedelta())
        monkeypatch.setattr(sqlite_harness.gateway.settings, "sweep_interval_seconds", 0.001)
        running = asyncio.create_task(sweeper.run(sqlite_harness.gateway))
        await enough.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert begun == [1]

    async def test_a_mail_server_that_never_ends_is_waited_for_only_so_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for_ever = threading.Event()
        monkeypatch.setattr(mail, "error_of", lambda *_: for_ever.wait())
        settings = Settings(smtp_host="mail.test", alert_mail_to=["operator@example.test"])
        told = await mail.error_within(settings, Message([]), seconds=0.01)
        assert told == "mail.test:587 had not taken the mail after 0.01 s"
        for_ever.set()
