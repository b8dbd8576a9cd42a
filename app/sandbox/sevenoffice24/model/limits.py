"""How often the services may be called: so many calls in an hour, so many in a second, of all callers together.

An hour begins with the first call after the one before. So no test depends on the minute in which it runs.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from app.sandbox.sevenoffice24.config import Clock, SevenOfficeConfig


class TooManyAnHour(Exception):
    """The caller is in quarantine; the text says until when."""


class TooManyASecond(Exception):
    """Calls come too fast."""


class Limits:
    def __init__(self, config: SevenOfficeConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._began = self._now()
        self._second = 0
        self._in_second = 0
        self.used = 0
        self.logins: Counter[str] = Counter()

    def take(self) -> None:
        """One more call. Raises TooManyASecond or TooManyAnHour; one that comes too fast does not count for the hour."""
        self._turn()
        second = int(self._clock().timestamp())
        self._second, self._in_second = second, self._in_second + 1 if second == self._second else 1
        if self._config.calls_a_second is not None and self._in_second > self._config.calls_a_second:
            raise TooManyASecond("Too many requests")
        self.used += 1
        if self._config.hourly_limit is not None and self.used > self._config.hourly_limit:
            raise TooManyAnHour(self.quarantine())

    def take_login(self, username: str) -> None:
        """Raises TooManyASecond for a user who logs in too often."""
        self._turn()
        self.logins[username] += 1
        if self._config.logins_an_hour is not None and self.logins[username] > self._config.logins_an_hour:
            raise TooManyASecond("Too many logins")

    def quarantine(self) -> str:
        over = max(1, self.used - (self._config.hourly_limit or 0))
        return f"Limit exceeded by {over} requests. Quarantine ends at {self.reset}"

    @property
    def remaining(self) -> int | None:
        """None without a limit."""
        self._turn()
        return None if self._config.hourly_limit is None else max(0, self._config.hourly_limit - self.used)

    @property
    def reset(self) -> str:
        """When the next hour begins, `2026-05-04T09:00:00Z`."""
        self._turn()
        return (self._began + self._hour).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _turn(self) -> None:
        if self._now() >= self._began + self._hour:
            self._began, self.used = self._now(), 0
            self.logins.clear()

    @property
    def _hour(self) -> timedelta:
        return timedelta(seconds=self._config.hour_seconds)

    def _now(self) -> datetime:
        return self._clock().replace(microsecond=0)
