"""Who is at work: somebody with an API key, on a page or at the machine. Nobody when the gateway works by itself."""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from app.clock import Clock, utc_now


class Way(StrEnum):
    """How somebody reaches the gateway."""

    API = "api"
    CLI = "cli"
    PAGE = "page"


@dataclass
class Act:
    """One request or command. `actor`: who it is where the key does not say it, a user of the machine or a page's visit.

    `is_kept`: a row of it is in the database.
    """

    way: Way
    route: str
    key_id: str | None = None
    key_name: str | None = None
    actor: str | None = None
    address: str | None = None
    clock: Clock = utc_now
    is_kept: bool = False


_at_work: ContextVar[Act | None] = ContextVar("act", default=None)


def of_this_machine(command: str) -> Act:
    """A command that changes the database itself, by the user under whom it runs."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # in a container it may have no name
        user = str(os.getuid())
    return Act(Way.CLI, command, actor=f"{user}@{platform.node()}")


def at_work() -> Act | None:
    return _at_work.get()


def begin(act: Act) -> None:
    """From here to the end of the `separate` block around it."""
    _at_work.set(act)


@contextmanager
def separate(act: Act | None = None) -> Iterator[None]:
    """Whoever is named inside of it is at work for so long only."""
    token = _at_work.set(act)
    try:
        yield
    finally:
        _at_work.reset(token)
