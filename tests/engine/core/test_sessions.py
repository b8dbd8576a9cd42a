"""A token that may be used only once is used once, by whichever of several processes needs a new one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from app.engine.core import sessions as shared
from app.engine.core.sessions import SharedSessions
from app.engine.operations import connections
from app.errors import ConsentEnded, LoginRefused, Unavailable
from app.integrations.protocol.session import Session
from app.records import sessions as session_records
from app.storage.engine import Database
from app.storage.side_tables import leases
from app.storage.tables import alerts, sessions
from app.storage.types import db_now
from tests.harness import Harness

SOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


class Logins:
    """The outside system: every login gives another token, and is counted."""

    def __init__(self) -> None:
        self.made = 0
        self.begun, self.goes_on = asyncio.Event(), asyncio.Event()
        self.goes_on.set()

    async def __call__(self) -> Session:
        self.made += 1
        self.begun.set()
        token = f"token-{self.made}"
        await self.goes_on.wait()
        return Session({"token": token}, SOON)


@pytest.fixture
async def stores(harness: Harness, database_url: str) -> AsyncIterator[list[SharedSessions]]:
    """Two processes' own, of one connection."""
    databases = [Database(database_url) for _ in range(2)]
    gateway, connection = harness.gateway, harness.connection
    yield [SharedSessions(each, gateway.vault, harness.clock, connection.id, connection.source, "the shop") for each in databases]
    for database in databases:
        await database.close()


async def test_before_the_first_login_there_is_none(stores: list[SharedSessions]) -> None:
    assert await stores[0].current() is None


async def test_a_session_is_kept_for_all_processes_and_not_in_the_open(stores: list[SharedSessions], harness: Harness) -> None:
    made = await stores[0].renew(None, Logins())
    assert made == Session({"token": "token-1"}, SOON)
    assert await stores[1].current() == made
    async with harness.gateway.database.read() as db:
        row = (await db.execute(select(sessions))).one()
    assert b"token-1" not in row.sealed
    assert (row.version, row.expires_at) == (1, SOON)


async def test_of_two_processes_that_need_a_new_one_at_once_one_logs_in(stores: list[SharedSessions]) -> None:
    logins = Logins()
    old = await stores[0].renew(None, logins)
    logins.begun.clear()
    logins.goes_on.clear()
    asked = [asyncio.create_task(store.renew(old, logins)) for store in stores for _ in range(3)]
    await logins.begun.wait()
    logins.goes_on.set()
    assert await asyncio.gather(*asked) == [Session({"token": "token-2"}, SOON)] * 6
    assert logins.made == 2


async def test_whoever_comes_with_an_old_one_gets_the_new_one(stores: list[SharedSessions]) -> None:
    logins = Logins()
    old = await stores[0].renew(None, logins)
    new = await stores[0].renew(old, logins)
    assert await stores[1].renew(old, logins) == new
    assert logins.made == 2


async def test_a_session_of_credentials_that_were_replaced_during_the_login_is_not_kept(
    stores: list[SharedSessions], harness: Harness
) -> None:
    logins = Logins()
    logins.goes_on.clear()
    asked = asyncio.create_task(stores[0].renew(None, logins))
    await logins.begun.wait()
    await connections.patch(harness.gateway, harness.connection, {"source": {"consumer_secret": "cs_new"}})
    logins.goes_on.set()
    await asked
    assert await stores[1].current() is None


async def test_a_login_that_is_refused_stores_nothing_and_holds_up_nobody(stores: list[SharedSessions]) -> None:
    async def refused() -> Session:
        raise LoginRefused("wrong password", system="the shop", call="login")

    with pytest.raises(LoginRefused):
        await stores[0].renew(None, refused)
    assert await stores[0].current() is None
    assert await stores[1].renew(None, Logins()) == Session({"token": "token-1"}, SOON)


async def test_who_was_frozen_in_its_login_does_not_undo_what_another_stored(
    stores: list[SharedSessions], harness: Harness
) -> None:
    slow, quick = Logins(), Logins()
    slow.made = 100
    old = await stores[0].renew(None, quick)
    slow.goes_on.clear()
    frozen = asyncio.create_task(stores[0].renew(old, slow))
    await slow.begun.wait()
    async with harness.gateway.database.begin() as db:  # its lease has run out
        await db.execute(update(leases).where(leases.c.key.like("session:%")).values(until=db_now(-1)))
    stored = await stores[1].renew(old, quick)
    slow.goes_on.set()
    assert await frozen == stored == Session({"token": "token-2"}, SOON)
    assert await stores[0].current() == stored


async def test_one_that_waits_too_long_for_another_says_so(stores: list[SharedSessions], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "PATIENCE_SECONDS", 0.0)
    logins = Logins()
    logins.goes_on.clear()
    first = asyncio.create_task(stores[0].renew(None, logins))
    await logins.begun.wait()
    with pytest.raises(Unavailable, match="still logging in") as caught:
        await stores[1].renew(None, Logins())
    assert caught.value.sent is False
    logins.goes_on.set()
    await first


async def test_a_renewal_changes_nothing_of_the_connection(stores: list[SharedSessions], harness: Harness) -> None:
    before = await harness.gateway.connection(harness.connection.id)
    await stores[0].renew(None, Logins())
    harness.gateway.forget(harness.connection.id)
    after = await harness.gateway.connection(harness.connection.id)
    assert after.settings_version == before.settings_version
    assert after == before


async def test_other_credentials_end_the_session_of_the_old_ones(stores: list[SharedSessions], harness: Harness) -> None:
    await stores[0].renew(None, Logins())
    await connections.patch(harness.gateway, harness.connection, {"settings": {"order_number_prefix": "N-"}})
    assert await stores[0].current() is not None
    current = await harness.gateway.connection(harness.connection.id)
    await connections.patch(harness.gateway, current, {"source": {"consumer_secret": "cs_another"}})
    assert await stores[0].current() is None


async def test_a_new_secret_for_webhooks_ends_no_session(stores: list[SharedSessions], harness: Harness) -> None:
    await stores[0].renew(None, Logins())
    await connections.patch(harness.gateway, harness.connection, {"source": {"webhook_secret": "another-secret-of-sixteen"}})
    assert await stores[0].current() == Session({"token": "token-1"}, SOON)


async def test_a_session_that_only_a_person_can_renew_is_told_once_and_asked_for_no_more(
    stores: list[SharedSessions], harness: Harness
) -> None:
    asked = []

    async def refused() -> Session:
        asked.append(1)
        raise ConsentEnded("the refresh token is invalid", system="the shop", call="POST /oauth/token")

    old = await stores[0].renew(None, Logins())
    for store in (*stores, *stores):
        with pytest.raises(ConsentEnded, match="the refresh token is invalid"):
            await store.renew(old, refused)
    assert asked == [1]
    async with harness.gateway.database.read() as db:
        (alert,) = list(await db.execute(select(alerts.c.kind, alerts.c.count.label("times"), alerts.c.text)))
    assert (alert.kind, alert.times) == ("consent-ended", 1)
    assert "the refresh token is invalid" in alert.text
    assert await stores[0].current() == old, "until it is refused it may still be good"


async def test_an_answer_that_comes_while_the_database_is_away_is_stored_when_it_is_back(
    stores: list[SharedSessions], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refresh token is good once: its answer cannot be had again."""
    monkeypatch.setattr(shared, "CHECK_SECONDS", 0.01)
    original, away = session_records.replace, [1, 1]

    async def replace(*given: Any) -> bool:
        if away:
            away.pop()
            raise ConnectionRefusedError("the database is away")
        return await original(*given)

    monkeypatch.setattr(session_records, "replace", replace)
    made = await stores[0].renew(None, Logins())
    assert await stores[1].current() == made == Session({"token": "token-1"}, SOON)
