"""The kinds of values in bodies and answers, as strict as the contract states them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from app.sandbox.kit.fields import Fields, Record, checked, fields, number, of, text

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?(Z|[+-]\d{2}:\d{2})")


def parse_moment(value: str) -> datetime:
    """A date-time with its zone, in UTC. Raises ValueError for anything else, a date-time without a zone included."""
    if not _MOMENT.fullmatch(value):
        raise ValueError("must be a date-time with a zone, for example 2027-02-01T08:00:00Z")
    return datetime.fromisoformat(value).astimezone(UTC)


def parse_day_or_moment(value: str) -> datetime:
    """A bare date (taken as midnight UTC) or a date-time with its zone: the vendor's samples send both."""
    if _DAY.fullmatch(value):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return parse_moment(value)


def zulu(moment: datetime | None) -> str | None:
    """As answers give it: UTC with a Z and no trailing zeros in the fraction, like 2026-03-01T09:15:22.31Z."""
    if moment is None:
        return None
    digits = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return digits.rstrip("0").rstrip(".") + "Z"


def zulu_text(value: str | None) -> str | None:
    """`zulu` for a date or date-time that is kept as it was sent."""
    return None if value is None else zulu(parse_day_or_moment(value))


@fields(text("code", "name"))
class CodeName(Record):
    """A code list entry, found by its code or created."""


def moment(*names: str) -> Fields:
    """A date or a date-time with its zone; kept as it was sent."""
    return checked(parse_day_or_moment, *names)


def key(*names: str) -> Fields:
    """A text that is not empty."""
    return text(*names, least=1)


def quantity(*names: str) -> Fields:
    """A decimal of at least 0 (INF: no source speaks of negative quantities)."""
    return number(*names, least=0)


def code_name(*names: str) -> Fields:
    return of(CodeName, *names)


ARTICLE_NUMBER = text("articleNumber", least=1, most=100)
