"""Times and numbers as the reader of a page says them: in their language and their time zone."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import dates, numbers
from markupsafe import Markup
from starlette.requests import Request

from app.web import languages

ZONE_COOKIE = "gateway_zone"
"""Set by our script, which alone knows the zone."""
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+){0,3}")
_LOCALES = {"en": "en_GB", "nb": "nb_NO"}


@functools.lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """UTC for what is no zone, or none that this machine knows."""
    if len(name) > 60 or not _ZONE.fullmatch(name):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@dataclass(frozen=True)
class Reader:
    language: str
    zone: tzinfo

    @classmethod
    def of(cls, request: Request) -> Reader:
        return cls(languages.of_request(request), zone_of(unquote(request.cookies.get(ZONE_COOKIE, ""))))

    @property
    def _locale(self) -> str:
        return _LOCALES[self.language]

    def when(self, instant: datetime | None) -> Markup | str:
        """`<time>` with date, time and zone; a dash for no time."""
        if instant is None:
            return "–"
        local = instant.astimezone(self.zone)
        text = f"{dates.format_datetime(local, 'd MMM y HH:mm', locale=self._locale)} {local.tzname()}"
        return Markup('<time datetime="{}">{}</time>').format(instant.astimezone(UTC).isoformat(timespec="seconds"), text)

    def clock(self, instant: datetime) -> Markup:
        """`<time>` with the time of the day to the second, for what lies close together."""
        local = instant.astimezone(self.zone)
        return Markup('<time datetime="{}">{}</time>').format(instant.isoformat(), f"{local:%H:%M:%S} {local.tzname()}")

    def lasted(self, time: float | timedelta | None) -> str:
        """A length of time: "4 s", "3 min", "2 h 5 min", "6 days"; a dash for none."""
        if time is None:
            return "–"
        seconds = time.total_seconds() if isinstance(time, timedelta) else time
        if seconds < 60:
            return f"{self.number(round(seconds, 1) if seconds < 10 else round(seconds))} s"
        minutes = round(seconds / 60)
        if minutes < 60:
            return f"{minutes} min"
        if minutes < 48 * 60:
            hours, rest = divmod(minutes, 60)
            hour = "t" if self.language == "nb" else "h"
            return f"{hours} {hour} {rest} min" if rest else f"{hours} {hour}"
        return f"{round(minutes / 1440)} {'dager' if self.language == 'nb' else 'days'}"

    def number(self, value: float) -> str:
        return numbers.format_decimal(value, locale=self._locale)

    def share(self, part: float, whole: float) -> str:
        """In per cent; a dash of nothing."""
        return numbers.format_percent(part / whole, locale=self._locale) if whole else "–"

    def today(self, now: datetime) -> datetime:
        """When the reader's day began."""
        return now.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
