"""People hear of trouble: by mail and by a signed webhook, the same trouble once in a window."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import email
import email.policy
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.engine.polling import health_alerts
from app.engine.upkeep.alerting import notify as alert_mail
from app.records import alerts as records
from app.records.alerts import closing, mutes
from app.storage.tables import alerts
from tests.harness import Harness, open_harness

SECRET = "alert-secret"
PLAIN = {"stock": False, "shipments": False, "returns": False}


@dataclass
class Postman:
    """A mail server on this machine that takes every message, unless it is told not to. Speaks as much SMTP as that needs."""

    mails: list[EmailMessage] = field(default_factory=list)
    refuses: bool = False
    connections: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(b"220 postman ESMTP\r\n")
        while line := await reader.readline():
            word = line.strip().upper()
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                message = b""
                while (part := await reader.readline()) != b".\r\n":
                    message += part.removeprefix(b".") if part.startswith(b"..") else part
                parsed = email.message_from_bytes(message, policy=email.policy.default)
                assert isinstance(parsed, EmailMessage)
                self.mails.append(parsed)
                writer.write(b"250 taken\r\n")
            elif word == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            elif word.startswith(b"MAIL") and self.refuses:
                writer.write(b"550 not from you\r\n")
            else:
                writer.write(b"250 ok\r\n")
            await writer.drain()
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@dataclass
class Hook:
    """Somebody's alert webhook."""

    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.splitlines()[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.got.append((headers, body))
        writer.write(f"HTTP/1.1 {self.status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@contextlib.asynccontextmanager
async def listening(serve: Any) -> AsyncIterator[int]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def postman() -> Postman:
    return Postman()


@pytest.fixture
def hook() -> Hook:
    return Hook()


@pytest.fixture
async def harness(database_url: str, tmp_path: Path, postman: Postman, hook: Hook) -> AsyncIterator[Harness]:
    """On both databases: what is due is found in SQL."""
    async with listening(postman.serve) as mail_port, listening(hook.serve) as hook_port:
        ways: dict[str, Any] = {
            "alert_mail_to": ["drift@example.com", "vakt@example.com"],
            "smtp_host": "127.0.0.1",
            "smtp_port": mail_port,
            "smtp_tls": False,
            "smtp_from": "gateway@example.com",
            "alert_webhook_url": f"http://127.0.0.1:{hook_port}/alerts",
            "alert_webhook_secret": SECRET,
        }
        async with open_harness(database_url, tmp_path, **ways) as opened:
            await opened.connect(processes=PLAIN)
            yield opened


async def trouble(harness: Harness, kind: str = "held", subject: str = "orders:1", text: str = "Order 1 is held") -> None:
    async with harness.gateway.database.begin() as db:
        await records.raise_alert(db, kind, harness.connection.id, subject, text, harness.clock())


async def tell(harness: Harness) -> int:
    return await alert_mail.notify(harness.gateway, harness.clock())


async def close(harness: Harness) -> None:
    """The sweep's look whether the trouble of alerts is over."""
    await alert_mail.look(harness.gateway, 0, harness.clock())


def bodies(hook: Hook) -> list[list[dict[str, Any]]]:
    return [json.loads(body)["alerts"] for _, body in hook.got]


async def test_a_mail_says_what_is_the_matter_with_which_connection(harness: Harness, postman: Postman) -> None:
    await trouble(harness, text="Order 1 is held: the address has no post code")

    assert await tell(harness) == 1

    (mail,) = postman.mails
    assert mail["Subject"] == "Gateway: Records that wait for a person (shop)"
    assert (mail["From"], mail["To"]) == ("gateway@example.com", "drift@example.com, vakt@example.com")
    assert mail.get_content().splitlines()[:3] == [
        "Records that wait for a person",
        "",
        "- shop, orders:1: Order 1 is held: the address has no post code",
    ]


async def test_the_webhook_is_signed_over_its_body(harness: Harness, hook: Hook) -> None:
    await trouble(harness)
    await tell(harness)

    ((headers, body),) = hook.got
    assert headers["x-gateway-signature"] == base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    (alert,) = json.loads(body)["alerts"]
    assert (alert["kind"], alert["connection"], alert["count"]) == ("held", "shop", 1)


async def test_nothing_new_is_no_message(harness: Harness, postman: Postman) -> None:
    await trouble(harness)
    await tell(harness)

    assert await tell(harness) == 0
    harness.tick(7200)
    assert await tell(harness) == 0
    assert len(postman.mails) == 1


async def test_the_same_trouble_is_told_once_in_a_window_with_what_came_in_between(harness: Harness, hook: Hook) -> None:
    await trouble(harness)
    await tell(harness)
    for number in range(2, 6):
        harness.tick(300)
        await trouble(harness, subject=f"orders:{number}")
        await trouble(harness)
        assert await tell(harness) == 0

    harness.tick(3600)
    assert await tell(harness) == 5

    assert [[alert["subject"] for alert in alerts] for alerts in bodies(hook)] == [
        ["orders:1"],
        [f"orders:{number}" for number in range(1, 6)],
    ]
    assert bodies(hook)[1][0]["count"] == 5


async def test_other_trouble_is_told_at_once(harness: Harness, hook: Hook) -> None:
    await trouble(harness)
    await tell(harness)
    harness.tick(60)
    await trouble(harness, "signatures", "wrong", "Many deliveries with a wrong signature")

    assert await tell(harness) == 1
    assert [alert["kind"] for alert in bodies(hook)[1]] == ["signatures"]


async def test_five_hundred_at_once_are_one_message(harness: Harness, postman: Postman, hook: Hook) -> None:
    for number in range(500):
        await trouble(harness, subject=f"orders:{number}", text=f"Order {number} is held")

    assert await tell(harness) == 500
    assert await tell(harness) == 0

    assert len(postman.mails) == len(hook.got) == 1
    text = postman.mails[0].get_content()
    assert "Order 99 is held" in text
    assert "Order 100 is held" not in text
    assert "And 400 more; see: gateway alerts" in text


async def test_one_way_that_fails_does_not_stop_the_other(harness: Harness, postman: Postman, hook: Hook) -> None:
    postman.refuses = True
    await trouble(harness)

    assert await tell(harness) == 1
    assert (len(postman.mails), len(hook.got)) == (0, 1)


async def test_when_nobody_could_be_told_it_is_tried_again_after_a_pause(harness: Harness, postman: Postman, hook: Hook) -> None:
    postman.refuses, hook.status = True, 500
    await trouble(harness)
    assert await tell(harness) == 0
    tried = postman.connections
    for _ in range(5):
        assert await tell(harness) == 0
    assert postman.connections == tried == 1

    postman.refuses, hook.status = False, 200
    await harness.stored.expire_leases()
    assert await tell(harness) == 1
    assert len(postman.mails) == 1


async def test_two_workers_tell_once(harness: Harness, postman: Postman) -> None:
    await trouble(harness)

    assert sorted(await asyncio.gather(tell(harness), tell(harness))) == [0, 1]
    assert len(postman.mails) == 1


async def test_a_record_that_was_solved_before_anybody_was_told_is_no_message(harness: Harness, hook: Hook) -> None:
    nowhere = {"first_name": "Kari", "address_1": "Gata 1", "postcode": "0150", "city": "", "country": "NO"}
    solved, open_one = (harness.shop.order(billing=nowhere, shipping=nowhere) for _ in range(2))
    await harness.deliver(solved, "order.created")
    await harness.deliver(open_one, "order.created")
    somewhere = {**nowhere, "city": "Oslo"}
    harness.tick()
    await harness.deliver(harness.shop.change(solved["id"], billing=somewhere, shipping=somewhere))

    assert await tell(harness) == 1
    assert [[alert["subject"] for alert in alerts] for alerts in bodies(hook)] == [[f"orders:{open_one['id']}"]]
    harness.tick(7200)
    assert await tell(harness) == 0


async def test_the_sweep_tells(harness: Harness, postman: Postman) -> None:
    await trouble(harness)
    await harness.work(sweep=True)

    assert len(postman.mails) == 1


async def test_without_a_way_nothing_is_done(sqlite_database: str, tmp_path: Path) -> None:
    async with open_harness(sqlite_database, tmp_path) as harness:
        await harness.connect(processes=PLAIN)
        await trouble(harness)
        assert await tell(harness) == 0


class TestTheEnd:
    """People hear that trouble is over if they had heard of it."""

    async def end(self, harness: Harness, *ids: int) -> None:
        async with harness.gateway.database.begin() as db:
            found = {each.id: (each, "it is over") for each in await records.open_ones(db, 0, 50) if each.id in ids}
            await closing.close_seen(db, found, harness.clock())

    async def test_it_is_told_once(self, harness: Harness, postman: Postman, hook: Hook) -> None:
        await trouble(harness)
        await tell(harness)
        await self.end(harness, 1)

        assert await tell(harness) == 1
        assert await tell(harness) == 0

        assert postman.mails[1]["Subject"] == "Gateway: Closed: Records that wait for a person (shop)"
        assert "- shop, orders:1: closed: it is over" in postman.mails[1].get_content()
        (closed,) = json.loads(hook.got[1][1])["closed"]
        assert (closed["state"], closed["closed_why"], closed["kind"]) == ("closed", "it is over", "held")

    async def test_what_nobody_was_told_of_ends_in_silence(self, harness: Harness, hook: Hook) -> None:
        await trouble(harness)
        await self.end(harness, 1)

        assert await tell(harness) == 0
        assert hook.got == []

    async def test_trouble_that_comes_back_opens_the_alert_and_is_told_of_after_the_window(self, harness: Harness) -> None:
        await trouble(harness)
        await tell(harness)
        await self.end(harness, 1)
        await tell(harness)
        harness.tick(3700)
        await trouble(harness)

        (alert,) = await harness.stored.rows(select(alerts))
        assert (alert.count, alert.closed_at, alert.closed_why) == (2, None, None)
        assert await tell(harness) == 1

    async def test_one_that_came_again_meanwhile_stays_open(self, harness: Harness) -> None:
        await trouble(harness)
        async with harness.gateway.database.read() as db:
            (seen,) = await records.open_ones(db, 0, 50)
        await trouble(harness)
        async with harness.gateway.database.begin() as db:
            await closing.close_seen(db, {seen.id: (seen, "it is over")}, harness.clock())

        (alert,) = await harness.stored.rows(select(alerts))
        assert alert.closed_at is None


class TestMutes:
    async def test_nobody_is_told_of_a_muted_alert_until_the_mute_ends(self, harness: Harness, hook: Hook) -> None:
        await trouble(harness)
        async with harness.gateway.database.begin() as db:
            await closing.mute(db, 1, harness.clock() + timedelta(hours=2))
        assert await tell(harness) == 0

        harness.tick(2 * 3600 + 1)
        assert await tell(harness) == 1
        assert [alert["subject"] for alert in bodies(hook)[0]] == ["orders:1"]

    async def test_a_muted_kind_is_one_connections_and_one_kinds(self, harness: Harness, hook: Hook) -> None:
        other = await harness.connect("other", goods_owner_id=78, processes=PLAIN)
        now = harness.clock()
        async with harness.gateway.database.begin() as db:
            await mutes.put(db, "held", harness.connection.id, now + timedelta(hours=1), "drift", now)
            await records.raise_alert(db, "held", other.id, "orders:2", "Order 2 is held", now)
        await trouble(harness)
        await trouble(harness, "signatures", "wrong", "Many deliveries with a wrong signature")

        assert await tell(harness) == 2
        assert sorted((alert["kind"], alert["connection"]) for alert in bodies(hook)[0]) == [
            ("held", "other"),
            ("signatures", "shop"),
        ]


class TestSilence:
    async def look(self, harness: Harness) -> None:
        await health_alerts.look_for_silence(harness.gateway.database, [harness.connection], harness.clock())

    async def test_no_orders_where_there_should_be_some_is_told_once_for_each_silence(self, harness: Harness) -> None:
        await harness.change_settings(harness.connection, silent_hours=6)
        harness.tick(5 * 3600)
        await self.look(harness)
        assert await harness.stored.alerts() == []
        harness.tick(2 * 3600)
        for _ in range(3):
            await self.look(harness)
            harness.tick(3600)

        (alert,) = await harness.stored.rows(select(alerts))
        assert (alert.kind, alert.count) == ("silent", 1)
        assert alert.text.startswith("No new order since ")

    async def test_orders_that_come_again_end_it_and_the_next_silence_is_another(self, harness: Harness) -> None:
        await harness.change_settings(harness.connection, silent_hours=6)
        harness.tick(7 * 3600)
        await self.look(harness)
        await harness.deliver(harness.shop.order("SOKK-1"))
        await self.look(harness)
        await close(harness)
        (alert,) = await harness.stored.rows(select(alerts))
        assert alert.closed_why == f"orders come again; there had been none {alert.subject} UTC"

        harness.tick(7 * 3600)
        await self.look(harness)
        await close(harness)

        rows = await harness.stored.rows(select(alerts).order_by(alerts.c.id))
        assert [(row.kind, row.closed_at is None) for row in rows] == [("silent", False), ("silent", True)]

    async def test_it_is_off_unless_the_connection_asks_for_it(self, harness: Harness) -> None:
        harness.tick(1000 * 3600)
        await self.look(harness)

        assert await harness.stored.alerts() == []


class TestPolls:
    async def test_three_that_fail_in_a_row_are_told_once_and_the_first_that_works_again_closes_it(
        self, harness: Harness
    ) -> None:
        harness.shop.fail("status", status=503)
        for _ in range(5):
            await harness.poll("orders")
            harness.tick(3600)
        assert await harness.stored.alerts() == ["failing"]
        await close(harness)
        harness.mend()
        await harness.poll("orders")
        await close(harness)

        (alert,) = await harness.stored.rows(select(alerts))
        assert (alert.kind, alert.count) == ("failing", 1)
        assert alert.closed_why == "orders were polled again; what was missed has been read"

    async def test_two_failures_are_nothing_to_hear_of(self, harness: Harness) -> None:
        harness.shop.fail("status", status=503)
        for _ in range(2):
            await harness.poll("orders")
            harness.tick(3600)
        harness.mend()
        await harness.poll("orders")

        assert await harness.stored.alerts() == []
