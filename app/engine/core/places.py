"""Places: how many tasks one worker runs at the same time, and how many of them for one account.

A task that waits long for an outside system lends its place until the answer is there. So systems that do not answer take no
place from those that do.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.engine.core.queue import Task

WakeUp = tuple[Task, str]

PATIENCE_SECONDS = 3.0
"""A call that lasts longer than this lends its task's place."""
MOST_LENT = 200
"""Most places that are lent at the same time."""


@dataclass(eq=False)
class Place:
    """One running task's place. `account`: whose place it is, None where nobody counts."""

    pool: Pool
    wake_up: WakeUp
    account: str | None
    _long_calls: int = 0

    @contextmanager
    def during_call(self) -> Iterator[None]:
        """Around one call to an outside system. The place is lent while the call lasts longer than the pool's patience."""
        is_long = False

        def lend() -> None:
            nonlocal is_long
            is_long = True
            self._long_calls += 1
            self.pool.lent += self._long_calls == 1

        lending = asyncio.get_running_loop().call_later(self.pool.patience, lend)
        try:
            yield
        finally:
            lending.cancel()
            if is_long:
                self._long_calls -= 1
                self.pool.lent -= self._long_calls == 0


@dataclass(eq=False)
class Pool:
    """The places of one kind of tasks in one worker."""

    places: int
    patience: float = PATIENCE_SECONDS
    lent: int = 0
    _running: dict[WakeUp, Place] = field(default_factory=dict)
    _again: set[WakeUp] = field(default_factory=set)
    _of_account: Counter[str] = field(default_factory=Counter)
    _parked: dict[str, dict[WakeUp, None]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many tasks may run now: the places, and those that are lent."""
        return self.places + min(self.lent, MOST_LENT)

    def enter(self, wake_up: WakeUp, account: str | None, most: int) -> Place | None:
        """A place for the task. None while the same task runs, or while `most` tasks of its account do.

        The wake-up is kept then. `leave` gives it back as soon as it can be answered.
        """
        if wake_up in self._running:
            self._again.add(wake_up)
            return None
        if account is not None and self._of_account[account] >= most:
            self._parked.setdefault(account, {})[wake_up] = None
            return None
        self._running[wake_up] = place = Place(self, wake_up, account)
        if account is not None:
            self._of_account[account] += 1
        return place

    def leave(self, place: Place) -> list[WakeUp]:
        """Frees the place. Returns the wake-ups that are to be sent again now."""
        del self._running[place.wake_up]
        ready = [place.wake_up] if place.wake_up in self._again else []
        self._again.discard(place.wake_up)
        account = place.account
        if account is None:
            return ready
        self._of_account[account] -= 1
        if not self._of_account[account]:
            del self._of_account[account]
        parked = self._parked.get(account)
        if parked:
            first = next(iter(parked))
            del parked[first]
            ready.append(first)
        if not parked:
            self._parked.pop(account, None)
        return list(dict.fromkeys(ready))

    def keep(self, wake_up: WakeUp) -> bool:
        """Keeps the wake-up for later if its task runs or waits here. Returns whether it does."""
        if wake_up in self._running:
            self._again.add(wake_up)
            return True
        return any(wake_up in parked for parked in self._parked.values())

    def left_over(self) -> list[WakeUp]:
        """The wake-ups that nobody has answered, for when the worker ends."""
        return [*self._again, *(each for parked in self._parked.values() for each in parked)]
