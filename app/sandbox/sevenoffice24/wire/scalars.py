"""Single values: how they are read, written, and kept.

An int, a decimal, a date or a guid that is not set is the lowest there is on the wire, or is left out; here it is None. So is an
empty text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.sandbox.sevenoffice24.config import SevenOfficeConfig
from app.sandbox.sevenoffice24.wire.xml import WrongRequest, escape

INT_MIN, SHORT_MIN, LONG_MIN = -(2**31), -(2**15), -(2**63)
DECIMAL_MIN = Decimal("-79228162514264337593543950335")
DOUBLE_MIN = -1.7976931348623157e308
EMPTY_GUID = "00000000-0000-0000-0000-000000000000"
YEAR_1 = "0001-01-01T00:00:00"
_WHOLE = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?")
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Scalar:
    """`xsd` is the type's name on the wire; `read` raises ValueError; `keep` makes what is kept of what somebody gives.

    `words` are all that it may be, where they are listed.
    """

    xsd: str
    read: Callable[[str, SevenOfficeConfig], Any]
    write: Callable[[Any, SevenOfficeConfig], str]
    keep: Callable[[Any, SevenOfficeConfig], Any]
    words: tuple[str, ...] = ()


def _whole(lowest: int) -> Callable[[str, SevenOfficeConfig], int | None]:
    def read(text: str, config: SevenOfficeConfig) -> int | None:
        if not _WHOLE.fullmatch(text.strip()) or not lowest <= int(text) <= -lowest - 1:
            raise ValueError("Input string was not in a correct format.")
        return None if int(text) == lowest else int(text)

    return read


def _decimal(text: str, config: SevenOfficeConfig) -> Decimal | None:
    """Written with an exponent it is refused."""
    if not _DECIMAL.fullmatch(text.strip()):
        raise ValueError("Input string was not in a correct format.")
    number = Decimal(text.strip())
    return None if number == DECIMAL_MIN else number


def _double(text: str, config: SevenOfficeConfig) -> float | None:
    number = float(text)
    return None if number == DOUBLE_MIN else number


def _flag(text: str, config: SevenOfficeConfig) -> bool:
    if text.strip() not in _FLAGS:
        raise ValueError(f"The string '{text}' is not a valid Boolean value.")
    return _FLAGS[text.strip()]


def _time(text: str, config: SevenOfficeConfig) -> datetime | None:
    """UTC. A time without a zone is one of the configured zone; with `strict` it is refused."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise ValueError(f"The string '{text}' is not a valid AllXsd value.")
    if text.strip().startswith("0001-"):
        return None
    at = datetime.fromisoformat(text.strip())
    if found["zone"] is None:
        if config.strict:
            raise ValueError(f"The time '{text}' has no zone.")
        at = at.replace(tzinfo=ZoneInfo(config.time_zone))
    return at.astimezone(UTC)


def _guid(text: str, config: SevenOfficeConfig) -> str | None:
    if not _GUID.fullmatch(text.strip()):
        raise ValueError("Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).")
    return None if text.strip() == EMPTY_GUID else text.strip().lower()


def _shown_decimal(value: Decimal, config: SevenOfficeConfig) -> str:
    """With four places; more only where the value has them."""
    text = format(value, "f")
    _, _, fraction = text.partition(".")
    return text if len(fraction) >= 4 else f"{value:.4f}"


def _shown_time(value: datetime, config: SevenOfficeConfig) -> str:
    if config.date_form == "utc":
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    local = value.astimezone(UTC if config.time_zone == "UTC" else ZoneInfo(config.time_zone))
    return local.isoformat(timespec="seconds") if config.date_form == "offset" else local.strftime("%Y-%m-%dT%H:%M:%S")


def _kept_decimal(value: Any, config: SevenOfficeConfig) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError(f"not a number: {value}")
    return number


def _kept_time(value: Any, config: SevenOfficeConfig) -> datetime:
    """UTC. A day, or a time without a zone, is one of the configured zone."""
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(config.time_zone))).astimezone(UTC)


def _kept_flag(value: Any, config: SevenOfficeConfig) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"not true or false: {value}")
    return value


def _plain(value: Any, config: SevenOfficeConfig) -> str:
    return str(value)


def _kept_whole(value: Any, config: SevenOfficeConfig) -> int:
    return int(value)


INT = Scalar("int", _whole(INT_MIN), _plain, _kept_whole)
SHORT = Scalar("short", _whole(SHORT_MIN), _plain, _kept_whole)
LONG = Scalar("long", _whole(LONG_MIN), _plain, _kept_whole)
DECIMAL = Scalar("decimal", _decimal, _shown_decimal, _kept_decimal)
DOUBLE = Scalar("double", _double, lambda value, config: repr(value), lambda value, config: float(value))
FLAG = Scalar("boolean", _flag, lambda value, config: "true" if value else "false", _kept_flag)
TIME = Scalar("dateTime", _time, _shown_time, _kept_time)
GUID = Scalar("guid", _guid, _plain, lambda value, config: str(value).lower())
STRING = Scalar("string", lambda text, config: text or None, lambda value, config: escape(value), _plain)


def choice(name: str, *words: str) -> Scalar:
    """One of these words."""
    known = frozenset(words)

    def read(text: str, config: SevenOfficeConfig) -> str:
        if text not in known:
            raise ValueError(f"Instance validation error: '{text}' is not a valid value for {name}.")
        return text

    def keep(value: Any, config: SevenOfficeConfig) -> str:
        if value not in known:
            raise ValueError(f"{name} has no {value}")
        return str(value)

    return Scalar(name, read, _plain, keep, words)


def read_scalar(kind: Scalar, text: str, config: SevenOfficeConfig, place: str) -> Any:
    """Raises WrongRequest."""
    try:
        return kind.read(text, config)
    except ValueError as error:
        raise WrongRequest(f"There is an error in XML document ({place}). ---> {error}") from error
