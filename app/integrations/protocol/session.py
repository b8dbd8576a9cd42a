"""Logins that do not last: OAuth tokens and sessions, kept for all processes of the gateway."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Session:
    """What a login has given: a token, or the id of a session. `values` are secret. `expires_at` is UTC; None: not known."""

    values: Mapping[str, str]
    expires_at: datetime | None = None


class SessionStore(Protocol):
    """The session of one connection: sealed where it is stored, and shared by all processes."""

    async def current(self) -> Session | None:
        """The one that is in force; None before the first login."""
        ...

    async def renew(self, old: Session | None, login: Callable[[], Awaitable[Session]]) -> Session:
        """A session that is newer than `old`, stored.

        One process logs in at a time. Whoever has waited for another reads again first, and gets that one's session without a
        login of its own. What `login` raises is raised here, and nothing is stored.
        """
        ...
