"""kill -9 of a process that renews a login: before the call, between answer and commit, and after the commit.

The authorization server is the simulated mystore: a refresh token is good once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.clock import utc_now
from app.engine.core.sessions import SharedSessions
from app.http import open_client
from app.integrations.kit.oauth2 import ACCESS, REFRESH
from app.integrations.protocol import ConnectionSettings
from app.integrations.protocol.session import CameBack, Session
from app.outgoing.addresses import Reach
from app.storage.secrets import Vault, new_key
from app.storage.side_tables import leases
from app.storage.tables import alerts, connections, sessions
from app.storage.types import db_now
from tests.engine.core.renewing import client_at
from tests.harness import Harness
from tests.harness.mystore import CLIENT, SimulatedMystore

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = Path(__file__).parents[3]


def last_line(printed: str) -> str:
    return printed.strip().rpartition("\n")[2]


class Renewals:
    """A connection whose access has expired, and processes that renew it."""

    def __init__(self, harness: Harness, mystore: SimulatedMystore, database_url: str, folder: Path) -> None:
        self.harness, self.mystore, self.database_url, self.folder = harness, mystore, database_url, folder
        self.key = new_key()

    async def begin(self) -> Session:
        """The login as a consent has given it, and expired since."""
        authority, uri = self.mystore.model.authority, CLIENT.redirect_uris[0]
        client, user = authority.client("12"), self.mystore.model.config.users[0]
        assert client is not None
        code = authority.allow(client, user, uri, ["read:orders"])
        async with open_client(Reach(True, True)) as http:
            back = CameBack(ConnectionSettings(), uri, "state", code)
            made = await client_at(self.mystore.url).exchange(http, back, utc_now())
        old = Session(made.values, LONG_AGO)
        gateway, connection = self.harness.gateway, self.harness.connection
        gateway.vault = Vault([self.key])
        async with gateway.database.begin() as db:
            secrets = {"shop": self.harness.shop.credentials("x" * 16), "warehouse": self.harness.warehouse.credentials()}
            await db.execute(
                update(connections).where(connections.c.id == connection.id).values(secrets=gateway.vault.seal(secrets))
            )
        gateway.forget(connection.id)
        source = (await gateway.connection(connection.id)).source
        store = SharedSessions(gateway.database, gateway.vault, gateway.clock, connection.id, source, "the shop")

        async def login() -> Session:
            return old

        await store.renew(None, login)
        return old

    async def process(self, failpoint: str | None = None) -> tuple[int, str]:
        """Runs one to its end. Returns its exit code and the token that it printed."""
        armed = {"GATEWAY_FAILPOINT": failpoint, "GATEWAY_FAILPOINT_MARK": str(self.folder / failpoint)} if failpoint else {}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.engine.core.renewing",
            self.database_url,
            self.key,
            self.harness.connection.id,
            self.mystore.url,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, **armed},
        )
        out, err = await process.communicate()
        return process.returncode or 0, (err + out).decode()

    async def lease_runs_out(self) -> None:
        async with self.harness.gateway.database.begin() as db:
            await db.execute(update(leases).where(leases.c.key.like("session:%")).values(until=db_now(-1)))

    def asked(self) -> int:
        """How often the authorization server was asked to renew."""
        return len(self.mystore.calls("/oauth/token")) - 1

    async def stored(self) -> Any:
        async with self.harness.gateway.database.read() as db:
            return (await db.execute(select(sessions))).one()


@pytest.fixture
async def renewals(harness: Harness, database_url: str, tmp_path: Path) -> Renewals:
    return Renewals(harness, SimulatedMystore.open(utc_now), database_url, tmp_path)


@pytest.mark.timeout(120)
async def test_killed_before_the_call_it_is_never_noticed(renewals: Renewals) -> None:
    await renewals.begin()
    assert (await renewals.process("renew-before-call"))[0] == -signal.SIGKILL
    assert renewals.asked() == 0
    await renewals.lease_runs_out()
    code, printed = await renewals.process()
    assert (code, renewals.asked()) == (0, 1), printed
    row = await renewals.stored()
    values = renewals.harness.gateway.vault.open(row.sealed)
    assert (values[ACCESS], row.ended_at) == (last_line(printed), None)


@pytest.mark.timeout(120)
async def test_killed_between_the_answer_and_its_commit_a_person_must_allow_it_again(renewals: Renewals) -> None:
    """The refresh token is used up and its answer is gone. Everything else is kept."""
    old = await renewals.begin()
    assert (await renewals.process("renew-before-commit"))[0] == -signal.SIGKILL
    assert renewals.asked() == 1
    await renewals.lease_runs_out()
    for _ in range(2):
        code, printed = await renewals.process()
        assert (code, "ConsentEnded" in printed) == (1, True), printed
    assert renewals.asked() == 2, "it is not asked again before a person has allowed it"
    row = await renewals.stored()
    assert row.ended_at is not None
    assert renewals.harness.gateway.vault.open(row.sealed)[REFRESH] == old.values[REFRESH]
    async with renewals.harness.gateway.database.read() as db:
        found = list(await db.execute(select(alerts.c.kind, alerts.c.text)))
    assert [each.kind for each in found] == ["consent-ended"]
    assert "https://gw.example/again" in found[0].text


@pytest.mark.timeout(120)
async def test_killed_after_the_commit_it_is_never_noticed(renewals: Renewals) -> None:
    await renewals.begin()
    assert (await renewals.process("renew-after-commit"))[0] == -signal.SIGKILL
    code, printed = await renewals.process()  # the lease of the process that ended is in nobody's way
    assert (code, renewals.asked()) == (0, 1), printed
    row = await renewals.stored()
    assert renewals.harness.gateway.vault.open(row.sealed)[ACCESS] == last_line(printed)
    assert row.expires_at > utc_now() + timedelta(minutes=1)
