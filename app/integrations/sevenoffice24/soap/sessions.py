"""The session of one company: one for all processes of the gateway, asked for before it is used, renewed when it has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.clock import Clock
from app.errors import LoginRefused, RateLimited, Unavailable
from app.integrations.protocol.session import Session, SessionStore, current_run
from app.integrations.sevenoffice24.credentials import SevenOfficeCredentials
from app.integrations.sevenoffice24.soap.calls import Calls, Operation
from app.integrations.sevenoffice24.soap.failures import SYSTEM, Faulted, NotAuthenticated, wrong_password
from app.integrations.sevenoffice24.soap.services import Service

ID = "id"
LOGINS = "logins"
RUN = "run"
RUN_LOGINS = "run_logins"
MOST_LOGINS = 4
"""In one run, and in LOGIN_SECONDS: 24SevenOffice throttles repeated logins with the same credentials."""
LOGIN_SECONDS = 40.0
CHECKED_SECONDS = 600.0
"""For how long a session that was found good is used without asking again, by work that belongs to no run."""


@dataclass
class Unshared:
    """A session that nobody else has. Implements `SessionStore` where nothing can be kept."""

    session: Session | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def current(self) -> Session | None:
        return self.session

    async def renew(self, old: Session | None, login: Callable[[], Awaitable[Session]]) -> Session:
        async with self.turn:
            if self.session is None or self.session == old:
                self.session = await login()
            return self.session


@dataclass(frozen=True)
class _RefusedLogin:
    error: LoginRefused
    run: str | None
    until: datetime


def login(credentials: SevenOfficeCredentials) -> Operation:
    return Operation(Service.AUTHENTICATE, "Login", {"credential": credential(credentials)})


def credential(credentials: SevenOfficeCredentials) -> Mapping[str, Any]:
    """What the user logs in with, in the wire's names."""
    made = {"ApplicationId": credentials.application_id, "Password": credentials.password.get_secret_value()}
    identity = {} if credentials.identity_id is None else {"IdentityId": credentials.identity_id}
    return {**made, **identity, "Username": credentials.username}


class Sessions:
    """Calls of one company in its session. Raises the RemoteErrors of `app.errors`."""

    def __init__(self, calls: Calls, credentials: SevenOfficeCredentials, store: SessionStore | None, clock: Clock) -> None:
        self._calls = calls
        self._credentials = credentials
        self._store = store if store is not None else Unshared()
        self._clock = clock
        self._session: Session | None = None
        self._checked_at: datetime | None = None
        self._refused: _RefusedLogin | None = None

    def begin_run(self) -> None:
        """At the start of a run: the session is read again, and asked for before its first use."""
        self._session = self._checked_at = None

    async def ask(self, operation: Operation) -> Any:
        """What the operation gives, in a session that is good.

        A session that has ended is renewed once, and the operation is asked for once more: the server has not carried it out.
        """
        session = await self._live()
        try:
            return await self._calls.ask(operation, session.values[ID])
        except NotAuthenticated:
            session = await self._renewed(session)
        try:
            return await self._calls.ask(operation, session.values[ID])
        except NotAuthenticated as error:
            self.begin_run()
            message = "24SevenOffice ends each session right after the login"
            raise Unavailable(message, system=SYSTEM, call=operation.name, status=error.status, sent=False) from error

    async def _live(self) -> Session:
        """The session, found good a short while ago."""
        session = self._session or await self._store.current()
        if session is None or ID not in session.values:
            return await self._renewed(session)
        is_new = self._checked_at is None or self._clock() - self._checked_at >= timedelta(seconds=CHECKED_SECONDS)
        if (is_new or session != self._session) and not await self._is_good(session):
            return await self._renewed(session)
        if session != self._session or is_new:
            self._keep(session)
        return session

    async def _is_good(self, session: Session) -> bool:
        try:
            return await self._calls.ask(Operation(Service.AUTHENTICATE, "HasSession"), session.values[ID]) is True
        except (Faulted, NotAuthenticated):
            return False

    async def _renewed(self, old: Session | None) -> Session:
        session = await self._store.renew(old, lambda: self._login(old))
        self._keep(session)
        return session

    def _keep(self, session: Session) -> None:
        self._session, self._checked_at = session, self._clock()

    async def _login(self, old: Session | None) -> Session:
        """Raises LoginRefused, and RateLimited after too many logins."""
        now, run = self._clock(), current_run.get()
        before = dict(old.values) if old is not None else {}
        refused = self._refused
        if refused is not None and (now < refused.until or (run is not None and refused.run == run)):
            raise refused.error
        window = timedelta(seconds=LOGIN_SECONDS)
        recent = [each for each in before.get(LOGINS, "").split() if now - window < datetime.fromisoformat(each) <= now]
        in_run = int(before.get(RUN_LOGINS, "0")) if run is not None and before.get(RUN) == run else 0
        if in_run >= MOST_LOGINS or len(recent) >= MOST_LOGINS:
            raise self._too_many(recent, now)
        try:
            found = await self._calls.ask(login(self._credentials))
            if not found:
                raise wrong_password("Login")
        except LoginRefused as error:
            self._refused = _RefusedLogin(error, run, now + window)
            raise
        self._refused = None
        values = {ID: str(found), LOGINS: " ".join([*recent, now.isoformat()])}
        return Session(values if run is None else {**values, RUN: run, RUN_LOGINS: str(in_run + 1)})

    def _too_many(self, recent: list[str], now: datetime) -> RateLimited:
        free = datetime.fromisoformat(recent[-MOST_LOGINS]) if len(recent) >= MOST_LOGINS else now
        wait = (free + timedelta(seconds=LOGIN_SECONDS) - now).total_seconds()
        message = f"24SevenOffice has ended the session again and again: after {MOST_LOGINS} logins no further one is tried"
        return RateLimited(message, system=SYSTEM, call="Login", retry_after=wait)
