"""Logins that do not last, kept for all processes of the gateway, and the consent of a person that some of them come from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import httpx

from app.errors import BadInput
from app.integrations.protocol.settings import ConnectionSettings

current_run: ContextVar[str | None] = ContextVar("current_run", default=None)
"""The id of the run that the running task works on; None for work of no run. For systems that allow so many logins a run."""


@dataclass(frozen=True)
class Session:
    """What a login has given: a token, or the id of a session. `values` are secret. `expires_at` is UTC; None: not known."""

    values: Mapping[str, str]
    expires_at: datetime | None = None


class SessionStore(Protocol):
    """The session of one connection: sealed where it is stored, and shared by all processes."""

    async def current(self) -> Session | None:
        """The current session. None before the first login."""
        ...

    async def renew(self, old: Session | None, login: Callable[[], Awaitable[Session]]) -> Session:
        """A session that is newer than `old`, stored.

        One process logs in at a time. Whoever has waited for another reads again first, and gets that one's session without a
        login of its own. What `login` raises is raised here, and nothing is stored.
        """
        ...


@dataclass(frozen=True)
class Standing:
    """Of credentials that are no login: whether they were ever good, and the words with which they ended; None while they have
    not."""

    was_good: bool = False
    ended: str | None = None


class TokenStanding(Protocol):
    """What all processes know of one connection's token, where it lasts until it is replaced and no login comes of it."""

    async def standing(self) -> Standing:
        """What any process of the gateway has found out about it."""
        ...

    async def good(self) -> None:
        """Tells all processes that the credentials are good, also if they had ended."""
        ...

    async def end(self, words: str) -> None:
        """Tells all processes that the credentials are good no more: a person must give others."""
        ...


@dataclass(frozen=True)
class Granted:
    """What a consent has given, or a token that was made by hand.

    `source`: the connection's credentials as far as the consent says them; None takes one away that was there. `session` is None
    for a token by hand, which is among the credentials. `rights` is None when the system does not say which it has given.
    """

    source: Mapping[str, Any]
    session: Session | None
    rights: frozenset[str] | None = None


@dataclass(frozen=True)
class CameBack:
    """What a person brings back from the system's page, and what they were sent there with. `state` was checked."""

    settings: ConnectionSettings
    redirect_uri: str
    state: str
    code: str


@dataclass(frozen=True)
class Choice:
    """A setting whose values the system itself lists, by names that people know: the statuses of a shop.

    `setting` is its dotted name, `options` are value and name, in the system's order. `many`: more than one may be chosen.
    `meant`: the values that hold while nothing is chosen.
    """

    setting: str
    options: tuple[tuple[str, str], ...]
    many: bool = False
    meant: tuple[str, ...] = ()


@runtime_checkable
class OffersChoices(Protocol):
    """A source whose settings can be chosen from its own lists."""

    async def choices(self) -> tuple[Choice, ...]:
        """Raises RemoteError."""
        ...


class Consent(Protocol):
    """How a person allows the gateway to use their account: the authorization code grant of OAuth 2.0. Holds no state."""

    token_fields: tuple[str, ...] = ()
    """The credentials that can be given by hand instead of a consent; empty when there is no other way."""

    def missing(self) -> BadInput | None:
        """What this deployment lacks to ask for a consent; None when it can."""
        ...

    def rights(self, settings: ConnectionSettings) -> tuple[str, ...]:
        """The rights that are asked for, by the system's own names."""
        ...

    def page(self, settings: ConnectionSettings, redirect_uri: str, state: str) -> str:
        """The address of the system's page where the person logs in and consents. `state` comes back with the answer."""
        ...

    async def exchange(self, client: httpx.AsyncClient, came_back: CameBack, now: datetime) -> Granted:
        """What the code from that page stands for. A code is good once.

        Raises LoginRefused for a code that is not good, and the other RemoteErrors.
        """
        ...

    def by_hand(self, given: Mapping[str, str]) -> Granted:
        """The same from `token_fields`, checked already."""
        ...
