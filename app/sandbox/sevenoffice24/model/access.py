"""Who may call: the user's password, the companies that the user may work for, and the sessions that are open."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.sandbox.sevenoffice24.config import Clock, Identity, SevenOfficeConfig
from app.sandbox.sevenoffice24.wire.envelopes import unprocessable

NOT_AUTHENTICATED = "Client is not authenticated on this identity"


@dataclass
class Session:
    """`most_at_once` is the highest number of its calls that were in progress together."""

    identity: Identity
    used_at: datetime
    in_progress: int = 0
    most_at_once: int = 0


class Access:
    """Sessions by their id. `opened` are all that ever were, oldest first."""

    def __init__(self, config: SevenOfficeConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self.opened: list[Session] = []

    def log_in(self, credential: Mapping[str, Any]) -> str | None:
        """The id of a new session; None for a wrong user or password. Raises Fault for a wrong application or identity."""
        if not self.is_known(credential):
            return None
        identity = self._identity(credential.get("IdentityId"))
        session_id = secrets.token_hex(12)
        self._sessions[session_id] = Session(identity, self._clock())
        self.opened.append(self._sessions[session_id])
        return session_id

    def is_known(self, credential: Mapping[str, Any]) -> bool:
        """Whether user and password are right. Raises Fault for an application that is not registered."""
        application = credential.get("ApplicationId")
        if application != self._config.application_id.lower():
            raise unprocessable(f"The application id {application} is not registered")
        given = (credential.get("Username"), credential.get("Password"))
        return given == (self._config.username, self._config.password)

    def find(self, session_id: str | None) -> Session | None:
        """The session, if it has not ended. It is used by this."""
        session = self._sessions.get(session_id or "")
        now = self._clock()
        if session is None or now - session.used_at > timedelta(minutes=self._config.session_minutes):
            return None
        session.used_at = now
        return session

    def need(self, session_id: str | None) -> Session:
        """Raises Fault without a session, and when its identity has been blocked since."""
        session = self.find(session_id)
        if session is None or session.identity.id.lower() not in self.usable():
            raise unprocessable(NOT_AUTHENTICATED)
        return session

    def switch(self, session: Session, identity_id: str) -> None:
        """Raises Fault."""
        session.identity = self._identity(identity_id)

    def end_all(self) -> int:
        """Every session has ended. Answers how many there were."""
        count = len(self._sessions)
        self._sessions.clear()
        return count

    def usable(self) -> dict[str, Identity]:
        return {one.id.lower(): one for one in self._config.identities if not one.is_blocked}

    def _identity(self, identity_id: str | None) -> Identity:
        known = {one.id.lower(): one for one in self._config.identities}
        found = next(iter(known.values()), None) if identity_id is None else known.get(identity_id)
        if found is None or found.is_disabled:
            raise unprocessable(f"The user has no identity {identity_id}")
        if found.is_blocked:
            raise unprocessable(f"The identity {found.id} is blocked")
        return found
