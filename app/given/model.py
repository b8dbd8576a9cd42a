"""The ground that everything given stands on."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Strict
from pydantic_core import PydanticCustomError

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
LONGEST_TEXT = 8_000

_NUMBER = re.compile(r"\s*[+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?\s*")

Flag = Annotated[bool, Strict()]
"""True or false. 0, 1, "yes" and "no" are neither: a switch is never thrown by something that only looks like one."""


def _is_written(value: Any) -> Any:
    """Refuses numbers, as text too: they may be seconds or milliseconds of anything."""
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise PydanticCustomError("datetime_type", "a number is no time")
    return value


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise PydanticCustomError("timezone_aware", "the time has no zone")
    if not EARLIEST <= moment <= LATEST:
        nearest = (EARLIEST if moment < EARLIEST else LATEST).isoformat()
        raise PydanticCustomError(
            "time_out_of_range",
            "give a time from {earliest} to {latest}",
            {"earliest": EARLIEST.year, "latest": LATEST.year, "nearest": nearest},
        )
    return moment.astimezone(UTC)


Instant = Annotated[datetime, BeforeValidator(_is_written), AfterValidator(_in_utc)]
"""A moment that is given with its zone, in UTC."""


class Given(BaseModel):
    """Settings, credentials and request bodies. Nothing unknown is passed over, no number is infinite or none, no text endless.

    Every number has a least and a largest value of its own. A test walks through all of them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, str_max_length=LONGEST_TEXT)
