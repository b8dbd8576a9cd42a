"""Logins that several processes share. One process renews, the others use what it got.

A refresh token is good once. So its answer is committed before anybody uses it, and kept trying to be when the database is away.
A process that is killed between the two has lost the session: the next renewal is refused, and a person must consent again. What
waits is kept, an alert names the page, and nobody asks the system again before.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clock import Clock
from app.engine.core import failpoints, leases
from app.errors import ConsentEnded, NotFound, RemoteError, Unavailable
from app.integrations.protocol.credentials import sent_credentials
from app.integrations.protocol.session import Session, Standing
from app.logs import get_logger
from app.records import connections, sessions
from app.records.alerts import raise_alert
from app.records.connections import Connection
from app.settings import Settings
from app.storage import outages
from app.storage.engine import Database
from app.storage.secrets import Vault
from app.warehouse.rest.failures import SYSTEM as WAREHOUSE

log = get_logger(__name__)

LEASE_SECONDS = 30.0
"""How long others wait for a login whose process has ended. Renewed while the login goes on."""
PATIENCE_SECONDS = 45.0
"""How long a process waits for another's login.

It is longer than a lease, so that the lease of a process that ended runs out first.
"""
CHECK_SECONDS = 0.1
STORING_SECONDS = 25.0
"""How long it is tried to store an answer while the database is away: as long as nobody else may log in."""


def consent_page(settings: Settings, connection: Connection) -> str:
    """The gateway's own page where a person connects it again."""
    base = (settings.public_url or settings.own_address).rstrip("/")
    return f"{base}/oauth/{connection.integration}/start?connection={connection.name}"


def told(settings: Settings, connection: Connection, error: RemoteError) -> str:
    """The words of a refused login, with the page where a person can give access again, if it is the outside system's."""
    if connection.system.consent is None or error.system == WAREHOUSE or isinstance(error, ConsentEnded):
        return error.message
    return f"{error.message}. Connect it again at {consent_page(settings, connection)}"


@dataclass(frozen=True)
class SharedSessions:
    """The session of one connection. Implements `SessionStore` and `TokenStanding` of `integrations.protocol.session`."""

    database: Database
    vault: Vault
    clock: Clock
    connection_id: str
    source: BaseModel
    """The credentials that sessions are made with."""
    system: str
    page: str | None = None
    """Where a person consents again; None where credentials are given by hand."""

    async def current(self) -> Session | None:
        return (await self._read()).session

    async def renew(self, old: Session | None, login: Callable[[], Awaitable[Session]]) -> Session:
        """Takes a lease, reads the session again, and only then logs in. So a token that may be used only once is used once.

        Raises what `login` raises, ConsentEnded also without a login when it was raised before, and Unavailable (not sent) when
        another process's login takes too long.
        """
        if (newer := self._newer(await self._read(), old)) is not None:
            return newer
        async with self._turn():
            known = await self._read()
            if (newer := self._newer(known, old)) is not None:
                return newer
            failpoints.hit("renew-before-call")
            try:
                fresh = await login()
            except ConsentEnded as error:
                await self._end(known, error)
                raise
            failpoints.hit("renew-before-commit")
            stored = await self._kept_trying(known, fresh)
            failpoints.hit("renew-after-commit")
            return stored

    async def standing(self) -> Standing:
        async with self.database.read() as db:
            is_there, ended = await sessions.state(db, self.connection_id)
        return Standing(is_there, ended.words if ended is not None else None)

    async def good(self) -> None:
        if await self.standing() != Standing(was_good=True):
            await self._stand(None)

    async def end(self, words: str) -> None:
        await self._stand(words)
        log.warning("login_ended", connection_id=self.connection_id, said=words)

    async def _stand(self, ended: str | None) -> None:
        """Nothing is stored of credentials that have been replaced meanwhile, or are not saved yet."""

        async def work(db: AsyncConnection) -> None:
            now = await connections.find(db, self.vault, self.connection_id, lock=True)
            if sent_credentials(now.source) == sent_credentials(self.source):
                await sessions.set_standing(db, self.vault, self.connection_id, ended, self.clock())

        with contextlib.suppress(NotFound):
            await self.database.run(work)

    def _newer(self, known: sessions.StoredSession, old: Session | None) -> Session | None:
        """The stored session, if it is another than `old`. Raises ConsentEnded when only a person can renew it."""
        if known.session is None or known.session != old:
            return known.session
        if known.ended is not None:
            raise ConsentEnded(known.ended.words, system=self.system, call="login")
        return None

    async def _end(self, known: sessions.StoredSession, error: ConsentEnded) -> None:
        """Notes that a person is needed, and tells of it once."""

        async def work(db: AsyncConnection) -> None:
            now = self.clock()
            if await sessions.end(db, self.connection_id, known, error.message, now):
                where = f" Allow it again at {self.page}" if self.page else ""
                words = f"{error.message}. Webhooks are kept and what waits goes on afterwards.{where}"
                await raise_alert(db, "consent-ended", self.connection_id, "consent", words, now)

        await self.database.run(work)
        log.warning("consent_ended", connection_id=self.connection_id, said=error.message)

    async def _kept_trying(self, known: sessions.StoredSession, fresh: Session) -> Session:
        """Stores the session, also over a short outage of the database: the system gives it only once."""
        gives_up = time.monotonic() + STORING_SECONDS
        while True:
            try:
                return await self._stored(known, fresh)
            except (SQLAlchemyError, OSError) as error:
                if not outages.is_passing(error) or time.monotonic() >= gives_up:
                    raise
                await asyncio.sleep(CHECK_SECONDS * 5)

    async def _read(self) -> sessions.StoredSession:
        async with self.database.read() as db:
            return await sessions.find(db, self.vault, self.connection_id)

    async def _stored(self, known: sessions.StoredSession, fresh: Session) -> Session:
        """Stores the session. If this process was frozen and another stored a newer one meanwhile, that one is used.

        A session of credentials that have been replaced meanwhile is not kept.
        """
        with contextlib.suppress(IntegrityError, NotFound):
            async with self.database.begin() as db:
                now = await connections.find(db, self.vault, self.connection_id, lock=True)
                if sent_credentials(now.source) != sent_credentials(self.source):
                    return fresh
                if await sessions.replace(db, self.vault, self.connection_id, known, fresh, self.clock()):
                    log.info("session_renewed", connection_id=self.connection_id, version=known.version + 1)
                    return fresh
        return await self.current() or fresh

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        key = f"session:{self.connection_id}"
        gives_up = time.monotonic() + PATIENCE_SECONDS
        while (lease := await leases.acquire(self.database, key, LEASE_SECONDS)) is None:
            if time.monotonic() >= gives_up:
                message = "another process of the gateway is still logging in"
                raise Unavailable(message, system=self.system, call="login", sent=False)
            await asyncio.sleep(CHECK_SECONDS)
        try:
            async with leases.kept(self.database, lease):
                yield
        finally:
            await leases.release(self.database, lease)
