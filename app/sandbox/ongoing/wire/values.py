"""The kinds of values in bodies, queries and answers, as strict as the contract states them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from app.sandbox.ongoing import assumed

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?(Z|[+-]\d{2}:\d{2})")


def parse_moment(text: str) -> datetime:
    """A date-time with its zone, in UTC. Raises ValueError for anything else, a date-time without a zone included."""
    if not _MOMENT.fullmatch(text):
        raise ValueError("must be a date-time with a zone, for example 2027-02-01T08:00:00Z")
    return datetime.fromisoformat(text).astimezone(UTC)


def parse_day_or_moment(text: str) -> datetime:
    """A bare date (taken as midnight UTC) or a date-time with its zone: the vendor's samples send both."""
    if _DAY.fullmatch(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    return parse_moment(text)


def _checked_moment(text: str) -> str:
    parse_day_or_moment(text)
    return text


def zulu(moment: datetime | None) -> str | None:
    """As answers give it: UTC with a Z and no trailing zeros in the fraction, like 2026-03-01T09:15:22.31Z."""
    if moment is None:
        return None
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text.rstrip("0").rstrip(".") + "Z"


def zulu_text(text: str | None) -> str | None:
    """`zulu` for a date or date-time that is kept as it was sent."""
    return None if text is None else zulu(parse_day_or_moment(text))


Int32 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
Amount = Annotated[float, Field(allow_inf_nan=False)]
"""A decimal. Whole numbers are taken too; numbers in a text are not (the vendor's samples send some, the contract does not)."""
Quantity = Annotated[float, Field(allow_inf_nan=False, ge=0)]
"""A decimal of at least 0 (INF: no source speaks of negative quantities)."""
Moment = Annotated[str, AfterValidator(_checked_moment)]
Key = Annotated[str, Field(min_length=1)]
Text30 = Annotated[str, Field(max_length=30)]
Text40 = Annotated[str, Field(max_length=40)]
Text50 = Annotated[str, Field(max_length=50)]
Text100 = Annotated[str, Field(max_length=100)]
Text150 = Annotated[str, Field(max_length=150)]
Text200 = Annotated[str, Field(max_length=200)]
Text300 = Annotated[str, Field(max_length=300)]
Text500 = Annotated[str, Field(max_length=500)]
ArticleNumber = Annotated[str, Field(min_length=1, max_length=100)]


class Body(BaseModel):
    """What a caller sends: unknown fields and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=to_camel)


class CodeName(Body):
    """A code list entry, found by its code or created."""

    code: str | None = None
    name: str | None = None


B = TypeVar("B", bound=Body)


def read_body(kind: type[B], raw: bytes) -> B:
    """The body, or a refusal that names each place that is wrong."""
    try:
        return kind.model_validate_json(raw)
    except ValidationError as error:
        raise assumed.body_refused(
            f"{_place(fault['loc'])}: {_reason(fault['type'], fault['msg'])}" for fault in error.errors()
        ) from error


def _place(path: tuple[int | str, ...]) -> str:
    """`orderLines[0].rowNumber`, as a caller writes it."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".") or "body"


def _reason(kind: str, message: str) -> str:
    return "unknown field" if kind == "extra_forbidden" else message
