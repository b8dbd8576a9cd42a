"""Reads pages of a list from systems that cannot always give one: smaller pages, and round a record that cannot be given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.errors import Malformed, RateLimited, RemoteError, Unavailable

_OVERBURDENED = ("Allowed memory size", "Maximum execution time")
"""How PHP ends when a page is too much for it."""
_BROKEN_DOWN = (500, 502, 504, 508, 520, 524)
"""The system, or what stands before it, when a call was too much: out of memory or of its host's resources (508), no answer in
time (504, 524) or none that could be passed on (502, 520)."""
MOST_LEFT_OUT = 3
"""So many records in a row that cannot be given are no records' fault any more."""
FAR = 1_000_000
"""So far behind is nothing: a system that is there answers at once, whatever its records are like."""
MOST_ODD_PAGES = 3
"""So many full pages in a row may hold nothing that is a record. A system that gives more of them would never come to an end."""


@dataclass(frozen=True)
class Listed:
    """A page as the system gave it. `total` and `pages`: how many records and pages the whole list has by the system's own
    count; None when it does not say."""

    records: Sequence[dict[str, Any]]
    total: int | None = None
    pages: int | None = None
    size: int = 0
    """How many were asked for."""
    offset: int = 0
    left_out: int = 0
    """Records before these that the system could not give."""
    not_given: tuple[str, ...] = ()
    """Why it could not, of each."""
    calls: int = 1
    number: int = 1
    """Which of the pages it is that were read so far."""
    full: int = 0
    """How many a full page has, where the system gives fewer than are asked for."""

    @property
    def has_more(self) -> bool:
        """Whether the list goes on behind this page. A system may give shorter pages than were asked for, so its own count goes
        first. Without one, a full page has another behind it."""
        if self.total is not None and self.records:
            return self.offset + len(self.records) < self.total
        return self._pages_say_more or len(self.records) >= max(self.full or self.size, 1)

    @property
    def _pages_say_more(self) -> bool:
        """Whether the list ends on no earlier record than the first of its last page, and that lies behind this page."""
        ends = self.offset + len(self.records)
        return bool(self.records) and self.pages is not None and ends <= (self.pages - 1) * self.size

    def asked(self, size: int, full: int) -> Listed:
        """The page as it is when `size` records were asked for, and no full page had more than `full` so far (0: not known)."""
        page = replace(self, size=size, full=full)
        is_short = page._pages_say_more and len(page.records) < size
        return replace(page, full=max(full, len(page.records))) if is_short else page


Ask = Callable[[int, int], Awaitable[Listed]]
"""Asks for the page at an offset, of a size."""


class Pages:
    """Remembers from page to page how large the system's pages may be. Good pages double the size again.

    Each time-out costs as long as a call may take, and three in a row let the account rest. So one record is asked for after the
    first. After a record's own time-out the system is asked for nothing at all: if it answers, it is there, and the next record
    has its turn. `is_beside`: the list belongs to one record of another list, and is given up sooner.
    """

    def __init__(self, size: int, *, is_beside: bool = False) -> None:
        self._whole = self._most = self._size = size
        self._is_beside = is_beside
        self._full = self._read = 0

    async def read(self, ask: Ask, offset: int = 0) -> Listed:
        """The page at this offset. Raises what `ask` raises, unless a smaller page can be had."""
        calls, timed_out = 0, 0
        not_given: list[str] = []
        while True:
            calls += 1
            try:
                found = await ask(offset + len(not_given), self._size)
            except RemoteError as error:
                timed_out += _timed_out(error)
                if not is_too_heavy(error) or (self._is_beside and (calls == MOST_LEFT_OUT or timed_out > 1)):
                    raise
                if self._size > 1:
                    self._shrink(timed_out=timed_out > 0)
                elif len(not_given) == MOST_LEFT_OUT:
                    raise
                else:
                    not_given.append(error.message)
                    self._most = self._whole  # it was that record, not the size
                    calls += await _is_there(ask, offset, error)
                continue
            left_out = len(not_given)
            place = replace(found, offset=offset + left_out, left_out=left_out, not_given=tuple(not_given), calls=calls)
            asked, self._size, self._read = self._size, min(self._most, self._size * 2), self._read + 1
            page = replace(place, number=self._read).asked(asked, self._full)
            self._full = page.full
            return page

    def _shrink(self, *, timed_out: bool) -> None:
        smaller = self._size // 2
        if timed_out:
            self._most = smaller
        self._size = 1 if timed_out or self._is_beside else smaller


async def _is_there(ask: Ask, offset: int, error: RemoteError) -> int:
    """Whether the system answers at all after a time-out. Returns how many calls it took. Raises what was raised before where it
    has no answer in time to this either, and RateLimited where it asks for fewer calls."""
    if not _timed_out(error):
        return 0
    try:
        await ask(offset + FAR, 1)
    except RateLimited:
        raise
    except RemoteError as second:
        if isinstance(second, Unavailable) and second.status is None:
            raise error from second
    return 1


def is_too_heavy(error: RemoteError) -> bool:
    """Whether a smaller page may be answered where this one was not: the system broke down over it, was too slow for it, or
    broke off its answer. A system that is away, or asks for fewer calls, is not asked for more pages."""
    if isinstance(error, Unavailable):
        return error.status in _BROKEN_DOWN or _timed_out(error)
    if not isinstance(error, Malformed) or error.status is None or not 200 <= error.status < 300:
        return False
    if error.answer is None:
        return True  # too large for us, or only a part of it came
    begins = error.answer.lstrip("\ufeff\r\n\t ")[:1]
    return begins in ("", "[", "{") or any(words in error.answer for words in _OVERBURDENED)


def _timed_out(error: RemoteError) -> bool:
    return isinstance(error, Unavailable) and error.status is None and error.sent
