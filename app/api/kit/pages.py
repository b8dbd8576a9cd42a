"""Lists page by page: `?limit=50&cursor=…` → `{"items": […], "next_cursor": …}`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Path, Query
from pydantic import BaseModel, Field, StringConstraints

from app.errors import BadInput
from app.given import Instant

T = TypeVar("T")
Row = TypeVar("Row")

LARGEST_ID = 2**63 - 1


class Page(BaseModel, Generic[T]):
    """One page of a list. Send `next_cursor` as `cursor` to get the page after it. It is null on the last page."""

    items: list[T]
    next_cursor: str | None = Field(None, description="For the page after this one; null when this is the last.")


NO_NUL = r"^[^\x00]*$"
"""PostgreSQL has no NUL characters in text."""

Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)]
"""A filter's value."""

Prose = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=NO_NUL)]
"""What a person gives as a reason."""

Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Name = Annotated[str, Path(min_length=1, max_length=120, pattern=NO_NUL)]
"""An id or name in the address."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("too far away from today") from error


Moment = Instant
"""A point in time."""

Limit = Annotated[int, Query(ge=1, le=200, description="Maximum number of items on a page.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next_cursor` of the page before.")]


def cut(rows: Sequence[Row], limit: int, place: Callable[[Row], Sequence[Any]]) -> tuple[Sequence[Row], str | None]:
    """The page, and the cursor for the next one, from up to `limit` + 1 rows. `place` gives what a row is sorted by."""
    if len(rows) <= limit:
        return rows, None
    shown = rows[:limit]
    return shown, _encode(place(shown[-1]))


def _encode(place: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(place))).rstrip(b"=").decode()


def place_of(cursor: str | None, *kinds: type) -> list[Any] | None:
    """What a cursor says; datetimes come back as such. Raises BadInput for one that is not of ours."""
    if cursor is None:
        return None
    try:
        place = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(place, list) or len(place) != len(kinds):
            raise ValueError("not a cursor of this list")
        return [_typed(value, kind) for value, kind in zip(place, kinds, strict=True)]
    except (ValueError, binascii.Error) as error:
        raise BadInput(
            "cursor: this is no cursor of this list", field="cursor", fix="give back next_cursor as it was, or leave it out"
        ) from error


def _typed(value: Any, kind: type) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is None:
            raise ValueError("a time without zone")
        return _in_utc(moment)
    if type(value) is not kind or (isinstance(value, int) and not 0 <= value <= LARGEST_ID):
        raise ValueError(f"not {kind.__name__}")
    if isinstance(value, str) and "\x00" in value:
        raise ValueError("a NUL character")
    return value


def before_id(cursor: str | None) -> int | None:
    """For lists sorted by id, newest first."""
    place = place_of(cursor, int)
    return place[0] if place else None
