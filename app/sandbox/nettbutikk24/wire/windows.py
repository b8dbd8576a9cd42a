"""The part of a list that is asked for: its positional segments, and the address of what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.sandbox.nettbutikk24.config import NettbutikkConfig
from app.sandbox.nettbutikk24.wire.refusals import bad_arguments


@dataclass(frozen=True)
class Window:
    """`limit` None is without end. `since` and `until` are Unix seconds, both included."""

    limit: int | None
    offset: int
    since: int | None = None
    until: int | None = None

    @property
    def is_timed(self) -> bool:
        return self.since is not None or self.until is not None

    def holds(self, modified: datetime) -> bool:
        second = int(modified.timestamp())
        return (self.since is None or self.since <= second) and (self.until is None or second <= self.until)

    def after(self, count: int) -> Window:
        return replace(self, offset=self.offset + count)

    def path(self, config: NettbutikkConfig) -> str:
        """`100/200/1763683200`."""
        pair = (self.limit or 0, self.offset) if config.path_order == "limit/offset" else (self.offset, self.limit or 0)
        return "/".join(str(part) for part in (*pair, self.since, self.until) if part is not None)


def read_window(segments: Sequence[str], config: NettbutikkConfig) -> Window:
    """The segments behind a resource: none, or two to four. Raises Refused (400)."""
    if not segments:
        return Window(_limit(config.default_limit, config), 0)
    if not 2 <= len(segments) <= 4:
        raise bad_arguments()
    first, second, *times = (number(segment) for segment in segments)
    limit, offset = (first, second) if config.path_order == "limit/offset" else (second, first)
    return Window(_limit(limit, config), offset, *times)


def number(segment: str) -> int:
    """A whole number of at most 12 digits. Raises Refused (400)."""
    if not segment.isascii() or not segment.isdigit() or len(segment) > 12:
        raise bad_arguments()
    return int(segment)


def _limit(given: int, config: NettbutikkConfig) -> int | None:
    if given == 0 and config.zero_limit == "refused":
        raise bad_arguments()
    if given == 0 and config.zero_limit == "all":
        return config.max_limit
    if config.max_limit is None or given <= config.max_limit:
        return given
    if config.over_limit == "refused":
        raise bad_arguments()
    return config.max_limit
