"""Events reach a connection's address: signed, once a try, tried again by a schedule, and held up by no other address."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.domain import OutgoingType
from app.engine.core import leases
from app.engine.outgoing import asking, schedule, sender, signing
from app.engine.upkeep import sweeper
from app.engine.upkeep.alerting import notify
from app.errors import Conflict
from app.http import client_on
from app.records import alerts, outgoing_webhooks
from app.records.alerts import AlertState
from app.records.connections import Connection, Status
from app.records.outgoing_webhooks import events
from app.records.outgoing_webhooks.events import OutgoingEvent, OutgoingState, Which
from app.storage.callers.tables import outgoing_addresses
from tests.harness import Harness, open_harness

URL = "https://erp.test/events"


@dataclass
class Reader:
    """A program that reads events. `answers` are given one after the other; then 204."""

    answers: list[int | httpx.Response | Exception] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    down: bool = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.down:
            raise httpx.ConnectError("nobody listens", request=request)
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer) if isinstance(answer, int) else answer

    @property
    def keys(self) -> list[str]:
        return [json.loads(each.content)["data"]["key"] for each in self.requests]


@pytest.fixture
async def harness(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    """Without a connection; on SQLite, but for tests that ask for both."""
    url = request.getfixturevalue("database_url" if "database_url" in request.fixturenames else "sqlite_database")
    async with open_harness(url, tmp_path) as opened:
        yield opened


ON_BOTH = pytest.mark.usefixtures("database_url")


@pytest.fixture
async def reader(harness: Harness) -> Reader:
    made = Reader()
    await harness.gateway.http.aclose()
    harness.gateway.http = client_on(httpx.MockTransport(made))
    return made


async def connected(harness: Harness, name: str = "shop", goods_owner_id: int = 77, **more: Any) -> tuple[Connection, str]:
    connection = await harness.connect(name, goods_owner_id=goods_owner_id, outgoing_webhooks={"url": URL, **more})
    secret = await asking.new_secret(harness.gateway, connection)
    harness.wake_ups.waiting.clear()
    return connection, secret


async def add(harness: Harness, connection: Connection, *keys: str) -> None:
    async with harness.gateway.database.begin() as db:
        for key in keys:
            kind, now = OutgoingType.RECEIPT_CREATED, harness.clock()
            await outgoing_webhooks.add(db, connection.id, kind, key, {"key": key, "quantity": 3}, now)


async def kept(harness: Harness, connection: Connection) -> dict[str, OutgoingEvent]:
    async with harness.gateway.database.read() as db:
        return {each.key: each for each in await events.search(db, Which([connection.id]))}


async def sent(harness: Harness) -> None:
    """What is due is sent, as the sweeper finds it."""
    harness.tick()
    await harness.work(sweep=True)


async def open_alerts(harness: Harness) -> list[str]:
    async with harness.gateway.database.read() as db:
        found = await alerts.search(db, connection_ids=None, kind=sender.KIND, state=AlertState.OPEN)
    return [each.subject for each in found]


def expected_signature(secret: str, request: httpx.Request) -> str:
    """As the specification says it, written out."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.content
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def test_the_signature_is_the_specifications_own_example() -> None:
    """https://github.com/standard-webhooks/standard-webhooks, the test vector that its libraries share."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    made = signing.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@ON_BOTH
async def test_an_event_is_sent_signed_with_its_type_time_connection_and_data(harness: Harness, reader: Reader) -> None:
    connection, secret = await connected(harness)
    await add(harness, connection, "PO-1")
    await sent(harness)

    (request,) = reader.requests
    assert str(request.url) == URL
    body = json.loads(request.content)
    assert (body["type"], body["data"]) == ("receipt.created", {"key": "PO-1", "quantity": 3})
    assert body["connection"] == {"id": connection.id, "name": "shop"}
    assert request.headers["webhook-signature"] == expected_signature(secret, request)
    assert abs(int(request.headers["webhook-timestamp"]) - harness.clock().timestamp()) < 60
    event = (await kept(harness, connection))["PO-1"]
    assert (event.state, event.tries, event.status, event.message_id) == ("sent", 1, 204, request.headers["webhook-id"])
    await sent(harness)
    assert len(reader.requests) == 1


async def test_events_are_sent_in_their_order(harness: Harness, reader: Reader) -> None:
    connection, _ = await connected(harness)
    await add(harness, connection, "a", "b", "c")
    await sent(harness)
    assert reader.keys == ["a", "b", "c"]


async def test_without_a_secret_events_wait_and_an_alert_says_so(harness: Harness, reader: Reader) -> None:
    connection = await harness.connect(outgoing_webhooks={"url": URL})
    await add(harness, connection, "a")
    await sent(harness)
    assert (reader.requests, await open_alerts(harness)) == ([], ["no-secret"])

    await asking.new_secret(harness.gateway, connection)
    await harness.work()
    assert reader.keys == ["a"]
    await notify.look(harness.gateway, 0, harness.clock())
    assert await open_alerts(harness) == []


class TestSecrets:
    async def test_a_new_secret_signs_beside_the_old_one_for_a_while(self, harness: Harness, reader: Reader) -> None:
        connection, first = await connected(harness, old_secret_minutes=60)
        second = await asking.new_secret(harness.gateway, connection)
        await add(harness, connection, "a")
        await sent(harness)
        harness.tick(3700)
        await add(harness, connection, "b")
        await sent(harness)

        both, later = reader.requests
        signed = [expected_signature(each, both) for each in (second, first)]
        assert both.headers["webhook-signature"] == " ".join(signed)
        assert later.headers["webhook-signature"] == expected_signature(second, later)

    async def test_at_once_the_old_one_signs_nothing_more(self, harness: Harness, reader: Reader) -> None:
        connection, _ = await connected(harness)
        second = await asking.new_secret(harness.gateway, connection, at_once=True)
        await add(harness, connection, "a")
        await sent(harness)
        assert reader.requests[0].headers["webhook-signature"] == expected_signature(second, reader.requests[0])

    async def test_it_is_kept_encrypted(self, harness: Harness) -> None:
        connection, secret = await connected(harness)
        async with harness.gateway.database.read() as db:
            sealed = await db.scalar(select(outgoing_addresses.c.sealed))
        assert secret.startswith("whsec_")
        assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
        assert secret.encode() not in (sealed or b"")
        assert connection.settings.outgoing_webhooks.url == URL


class TestTries:
    async def test_the_pauses_grow_and_the_tenth_failure_is_the_last(self, harness: Harness, reader: Reader) -> None:
        reader.down = True
        connection, _ = await connected(harness)
        await add(harness, connection, "a")
        began, at = harness.clock(), list[float]()
        for _ in range(12):
            await sent(harness)
            event = (await kept(harness, connection))["a"]
            if event.due_at is None:
                break
            at.append(round((event.due_at - began).total_seconds()))
            harness.tick(max((event.due_at - harness.clock()).total_seconds(), 301))
        gaps = [round(each.total_seconds()) for each in schedule.PAUSES]
        assert gaps == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
        assert len(at) == 9
        assert (event.state, event.tries, len(event.attempts)) == ("dead", 10, 10)
        assert "nobody listens" in (event.error or "")
        assert sorted(await open_alerts(harness)) == ["address", "dead"]

    async def test_a_refused_event_lets_those_behind_it_pass(self, harness: Harness, reader: Reader) -> None:
        reader.answers = [httpx.Response(422, json={"error": "unknown purchase order"})]
        connection, _ = await connected(harness)
        await add(harness, connection, "a", "b")
        await sent(harness)
        assert reader.keys == ["a"]
        harness.tick(6)
        await sent(harness)
        assert sorted(reader.keys) == ["a", "a", "b"]
        found = await kept(harness, connection)
        assert {key: each.state for key, each in found.items()} == {"a": "sent", "b": "sent"}
        assert found["a"].attempts[0]["error"] == 'it answered 422: {"error":"unknown purchase order"}'

    async def test_the_same_event_has_the_same_id_at_every_try(self, harness: Harness, reader: Reader) -> None:
        reader.answers = [500]
        connection, _ = await connected(harness)
        await add(harness, connection, "a")
        await sent(harness)
        harness.tick(6)
        await sent(harness)
        assert len({each.headers["webhook-id"] for each in reader.requests}) == 1
        assert len(reader.requests) == 2

    async def test_a_retry_after_is_kept(self, harness: Harness, reader: Reader) -> None:
        reader.answers = [httpx.Response(429, headers={"Retry-After": "600"})]
        connection, _ = await connected(harness)
        await add(harness, connection, "a", "b")
        await sent(harness)
        harness.tick(500)
        await sent(harness)
        assert len(reader.requests) == 1
        harness.tick(120)
        await sent(harness)
        assert len(reader.requests) == 3

    async def test_a_redirect_is_not_followed(self, harness: Harness, reader: Reader) -> None:
        reader.answers = [httpx.Response(301, headers={"Location": "http://169.254.169.254/"})]
        connection, _ = await connected(harness)
        await add(harness, connection, "a")
        await sent(harness)
        assert [str(each.url) for each in reader.requests] == [URL]
        assert (await kept(harness, connection))["a"].status == 301

    @ON_BOTH
    async def test_what_has_waited_for_all_of_its_schedule_dies_with_a_dead_address(
        self, harness: Harness, reader: Reader
    ) -> None:
        """However many wait, a dead address costs one call at a time."""
        reader.down = True
        connection, _ = await connected(harness)
        await add(harness, connection, *(f"e{number}" for number in range(30)))
        for _ in range(5):
            await sent(harness)
            harness.tick(2)
        assert len(reader.requests) <= 3
        harness.tick(schedule.LASTS.total_seconds())
        await sent(harness)
        found = await kept(harness, connection)
        assert {each.state for each in found.values()} == {OutgoingState.DEAD}

    async def test_what_waited_while_the_connection_was_paused_has_its_tries(self, harness: Harness, reader: Reader) -> None:
        connection, _ = await connected(harness)
        await add(harness, connection, "a", "b")
        await harness.set_status(connection, Status.PAUSED)
        harness.tick(schedule.LASTS.total_seconds() + 10)
        await harness.set_status(connection, Status.ACTIVE)
        reader.answers = [503]
        await sent(harness)
        found = await kept(harness, connection)
        assert [(key, each.state) for key, each in sorted(found.items())] == [("a", "waiting"), ("b", "waiting")]
        harness.tick(10)
        await sent(harness)
        assert {each.state for each in (await kept(harness, connection)).values()} == {OutgoingState.SENT}


@ON_BOTH
async def test_a_dead_address_holds_up_no_other_connection(harness: Harness, reader: Reader) -> None:
    first, _ = await connected(harness)
    second, _ = await connected(harness, "other", 78)
    reader.answers = [httpx.ConnectTimeout("no answer")]
    await add(harness, first, "a")
    await add(harness, second, "b")
    await sent(harness)
    states = {(await kept(harness, each))[key].state for each, key in ((first, "a"), (second, "b"))}
    assert states == {OutgoingState.WAITING, OutgoingState.SENT}


@ON_BOTH
async def test_a_paused_connections_events_wait(harness: Harness, reader: Reader) -> None:
    connection, _ = await connected(harness)
    await add(harness, connection, "a")
    await harness.set_status(connection, Status.PAUSED)
    await sent(harness)
    assert reader.requests == []
    await harness.set_status(connection, Status.ACTIVE)
    await sent(harness)
    assert reader.keys == ["a"]


async def test_an_address_inside_a_private_network_is_not_called(harness: Harness, reader: Reader) -> None:
    """It was saved when that was allowed."""
    connection, _ = await connected(harness)
    await harness.change_settings(connection, outgoing_webhooks={"url": "http://10.0.0.5/"})
    await add(harness, connection, "a")
    harness.gateway.settings = harness.gateway.settings.model_copy(update={"allow_private_addresses": False})
    harness.gateway.settings.__dict__.pop("reach", None)
    await sent(harness)
    assert reader.requests == []
    assert "private network" in ((await kept(harness, connection))["a"].error or "")


async def test_who_has_lost_the_lease_stores_nothing(harness: Harness, reader: Reader) -> None:
    connection, _ = await connected(harness)
    await add(harness, connection, "a")
    harness.tick()

    def steals(request: httpx.Request) -> httpx.Response:
        return httpx.Response(204)

    harness.gateway.http = client_on(httpx.MockTransport(steals))
    lease = await leases.acquire(harness.gateway.database, sender.lease_key(connection.id), 60)
    assert lease is not None
    await sender.deliver(harness.gateway, connection.id)
    assert (await kept(harness, connection))["a"].state is OutgoingState.WAITING


class TestReplay:
    async def test_a_sent_event_is_sent_again_with_its_id(self, harness: Harness, reader: Reader) -> None:
        connection, _ = await connected(harness)
        await add(harness, connection, "a")
        await sent(harness)
        await asking.replay(harness.gateway, (await kept(harness, connection))["a"])
        await sent(harness)
        assert len({each.headers["webhook-id"] for each in reader.requests}) == 1
        assert len(reader.requests) == 2
        event = (await kept(harness, connection))["a"]
        assert (event.replays, event.tries, len(event.attempts)) == (1, 1, 2)

    @ON_BOTH
    async def test_dead_ones_are_sent_when_the_address_works(self, harness: Harness, reader: Reader) -> None:
        reader.down = True
        connection, _ = await connected(harness)
        await add(harness, connection, "a")
        await sent(harness)
        harness.tick(schedule.LASTS.total_seconds() + 10)
        await sent(harness)
        assert (await kept(harness, connection))["a"].state is OutgoingState.DEAD
        reader.down = False
        assert await asking.replay_all(harness.gateway, list((await kept(harness, connection)).values())) == 1
        await harness.work()
        assert (await kept(harness, connection))["a"].state is OutgoingState.SENT
        await notify.look(harness.gateway, 0, harness.clock())
        assert "dead" not in await open_alerts(harness)

    async def test_one_that_waits_is_not_replayed(self, harness: Harness, reader: Reader) -> None:
        connection, _ = await connected(harness)
        await add(harness, connection, "a")
        with pytest.raises(Conflict, match="waits already"):
            await asking.replay(harness.gateway, (await kept(harness, connection))["a"])

    async def test_one_that_is_emptied_is_not_replayed(self, harness: Harness, reader: Reader) -> None:
        connection, _ = await connected(harness)
        await add(harness, connection, "a")
        await sent(harness)
        later = harness.clock() + timedelta(days=1)
        async with harness.gateway.database.begin() as db:
            await events.prune(db, later, later - timedelta(days=30), 100)
        event = (await kept(harness, connection))["a"]
        assert event.data is None
        with pytest.raises(Conflict, match="emptied"):
            await asking.replay(harness.gateway, event)


async def test_a_test_event_shows_whether_the_address_takes_events(harness: Harness, reader: Reader) -> None:
    connection, _ = await connected(harness, types=["return.received"])
    made = await asking.send_test(harness.gateway, connection)
    await harness.work()
    assert json.loads(reader.requests[0].content)["type"] == "test"
    assert (await kept(harness, connection))[made.key].state is OutgoingState.SENT


@pytest.mark.parametrize("settings", [{}, {"outgoing_webhooks": {"url": URL}}])
async def test_a_test_event_needs_an_address_and_a_secret(harness: Harness, settings: dict[str, Any]) -> None:
    connection = await harness.connect(**settings)
    with pytest.raises(Conflict):
        await asking.send_test(harness.gateway, connection)


async def test_a_sweep_without_events_rings_for_nobody(harness: Harness) -> None:
    await connected(harness)
    await sweeper.sweep(harness.gateway)
    assert [task for task, _ in harness.wake_ups.waiting if task.value == "outgoing"] == []
