"""The shop writes times in whole seconds: local time without a zone, beside UTC without a `Z`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from app.sandbox.woocommerce.wire.errors import Invalid

_DATE = re.compile(r"^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d(?::?\d\d)?)?$")


def local_and_utc(at: datetime, zone: ZoneInfo) -> tuple[str, str]:
    """The two texts of one moment."""
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S"), at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def stamp(resource: dict[str, Any], name: str, at: datetime | None, zone: ZoneInfo) -> None:
    """Sets `name` and `name_gmt` of a resource."""
    resource[name], resource[f"{name}_gmt"] = (None, None) if at is None else local_and_utc(at, zone)


def epoch(utc_text: str | None) -> int:
    """Seconds since 1970 of a `date_x_gmt`; 0 when there is none."""
    return int(datetime.fromisoformat(utc_text).replace(tzinfo=UTC).timestamp()) if utc_text else 0


def parse(text: str, zone: tzinfo) -> datetime:
    """A time from a query or a body: `Z` or an offset is honoured, otherwise it is in `zone`. Raises Invalid."""
    match = _DATE.match(text)
    if match is None:
        raise Invalid("rest_invalid_date", "Invalid date.")
    offset = match[3] or ""
    try:
        found = datetime.fromisoformat(f"{match[1]}T{match[2]}{'+00:00' if offset == 'Z' else offset}")
    except ValueError as error:
        raise Invalid("rest_invalid_date", "Invalid date.") from error
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def epoch_of(at: datetime) -> int:
    return int(at.timestamp())
