"""A call that has been checked, and the table of what can be called."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from app.sandbox.kit.requests import Answer
from app.sandbox.nettbutikk24.config import NettbutikkConfig
from app.sandbox.nettbutikk24.model.shop import Shop
from app.sandbox.nettbutikk24.wire.refusals import not_found, refused
from app.sandbox.nettbutikk24.wire.windows import number


@dataclass(frozen=True)
class Call:
    """`segments` are those behind `/api/v1`; `query` the parameters without the token; `base` the server's own address."""

    shop: Shop
    segments: Sequence[str]
    query: Mapping[str, Any]
    token: str | None
    base: str
    raw: bytes

    @property
    def config(self) -> NettbutikkConfig:
        return self.shop.config

    @property
    def resource(self) -> str:
        return self.segments[0]

    @property
    def is_flat(self) -> bool:
        """Whether a row for each variant is asked for."""
        return bool(self.query.get("flat", self.config.flat_default) == self.config.flat_variants)

    def number(self, place: int) -> int:
        """The id or number in this segment. Raises Refused (400)."""
        return number(self.segments[place])


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Operation:
    """One call. `path` is a pattern for the whole of what stands behind `/api/v1/`."""

    method: str
    path: re.Pattern[str]
    handler: Handler


def operation(method: str, path: str, handler: Handler) -> Operation:
    """`N` in the path stands for any one segment."""
    return Operation(method, re.compile(path.replace("N", "[^/]*")), handler)


def find(operations: Sequence[Operation], method: str, path: str) -> Handler:
    """Raises Refused: 404 for a path that there is not, 405 for a method."""
    here = [one for one in operations if one.path.fullmatch(path)]
    if not here:
        raise not_found()
    for one in here:
        if one.method == method:
            return one.handler
    raise refused(405, {"Allow": ", ".join(sorted({one.method for one in here}))})


def rows_answer(rows: Sequence[Any], modified: datetime | None = None, **more: Any) -> Answer:
    """The envelope. `modified` becomes `Last-Modified`."""
    headers = {} if modified is None else {"Last-Modified": format_datetime(modified, usegmt=True)}
    return Answer({"data": list(rows), **more}, headers=headers)
