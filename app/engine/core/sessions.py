"""Logins that several processes share. One process renews, the others use what it got."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from app.clock import Clock
from app.engine.core import leases
from app.errors import Unavailable
from app.integrations.protocol.session import Session
from app.logs import get_logger
from app.records import sessions
from app.storage.engine import Database
from app.storage.secrets import Vault

log = get_logger(__name__)

LEASE_SECONDS = 30.0
"""How long others wait for a login whose process has ended. Renewed while the login goes on."""
PATIENCE_SECONDS = 45.0
"""How long a process waits for another's login.

It is longer than a lease, so that the lease of a process that ended runs out first.
"""
CHECK_SECONDS = 0.1


@dataclass(frozen=True)
class SharedSessions:
    """The session of one connection. Implements `integrations.protocol.session.SessionStore`."""

    database: Database
    vault: Vault
    clock: Clock
    connection_id: str
    system: str

    async def current(self) -> Session | None:
        return (await self._read()).session

    async def renew(self, old: Session | None, login: Callable[[], Awaitable[Session]]) -> Session:
        """Takes a lease, reads the session again, and only then logs in. So a token that may be used only once is used once.

        Raises what `login` raises, and Unavailable (not sent) when another process's login takes too long.
        """
        newer = await self.current()
        if newer is not None and newer != old:
            return newer
        async with self._turn():
            known = await self._read()
            if known.session is not None and known.session != old:
                return known.session
            return await self._stored(known, await login())

    async def _read(self) -> sessions.StoredSession:
        async with self.database.read() as db:
            return await sessions.find(db, self.vault, self.connection_id)

    async def _stored(self, known: sessions.StoredSession, fresh: Session) -> Session:
        """Stores the session. If this process was frozen and another stored a newer one meanwhile, that one is used."""
        with contextlib.suppress(IntegrityError):
            async with self.database.begin() as db:
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
