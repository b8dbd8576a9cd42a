"""What a source can be asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol, runtime_checkable

from app.domain import OrderLine, Process, SourceRecord
from app.errors import RemoteError

LEFT = "left"
"""Member of a cursor in the middle of a list: `{"records", "at", "page"}`, how many the system lists behind it, when that was so,
and how many the page before it had. For people to see how long a sync takes."""


@dataclass(frozen=True)
class Page:
    """One page of changed records, oldest first, and the cursor to store once they are. `calls` counts the requests it took.

    `system_time` is the system's own time (UTC), as far as it says. `went_back`: its clock went back since the last poll, and
    the poll began at this moment (UTC) again. `left_out` counts what the system listed and is no record, or could
    not give; `odd` names the first of them, and where they stood. `waiting`: ids of records whose own lists (a product's
    variations) could not be read, and why. They are read again.
    """

    records: tuple[SourceRecord, ...]
    cursor: dict[str, Any]
    calls: int = 1
    system_time: datetime | None = None
    went_back: datetime | None = None
    left_out: int = 0
    odd: tuple[str, ...] = ()
    waiting: Mapping[str, RemoteError] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """One finding of a connection test, in the user's words."""

    name: str
    ok: bool
    message: str
    fix: str = ""


@dataclass(frozen=True)
class TestReport:
    """`facts` are what was found out about the shop (version, currency, units …)."""

    __test__: ClassVar[bool] = False

    checks: tuple[Check, ...]
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)


class Source(Protocol):
    """An open connection to one shop. Raises the RemoteErrors of `app.errors`."""

    def changes(self, process: Process, cursor: Mapping[str, Any] | None, since: datetime | None) -> AsyncIterator[Page]:
        """Records changed since the cursor (None: since `since`, or all), oldest first, page by page."""
        ...

    async def enrich(self, record: SourceRecord) -> SourceRecord:
        """The record with what mapping needs beside it (the customer's e-mail, a variation's parent)."""
        return record

    async def test(self) -> TestReport:
        """A real call with the credentials; says what is wrong in the user's words. Never raises RemoteError."""
        ...


@runtime_checkable
class KnowsWhatLacks(Protocol):
    """A source that can tell, without a call, whether `enrich` would add something. Any other is asked about every record."""

    def lacks(self, record: SourceRecord) -> bool:
        """Whether mapping needs something beside the record that is not with it yet. Pure."""
        ...


@runtime_checkable
class ReadsById(Protocol):
    """A system whose records can be asked for one by one. Raises the RemoteErrors of `app.errors`."""

    async def read(self, process: Process, source_id: str) -> SourceRecord | None:
        """One record as it is now, trashed ones included; None only when the shop itself says that there is no such record."""
        ...

    async def read_many(self, process: Process, source_ids: Sequence[str]) -> Mapping[str, SourceRecord | None]:
        """Many records by id in as few calls as possible. None only where a read by that id proved that it is gone."""
        ...


@runtime_checkable
class DoubtsGone(Protocol):
    """A system whose "no such record" may be a passing fault."""

    @property
    def polls_until_gone(self) -> int:
        """An order counts as deleted when so many polls have asked for it by its id, and each was told that there is none."""
        ...


@runtime_checkable
class ReadsAgain(Protocol):
    """A system whose records have lists of their own. Raises the RemoteErrors of `app.errors`."""

    def again(self, process: Process, source_ids: Sequence[str]) -> AsyncIterator[Page]:
        """Records by id with all that `changes` gives of them, as they are now. Cursors of these pages mean nothing."""
        ...


@runtime_checkable
class ListsByIds(Protocol):
    """A system that lists many records with given ids in a call, or a few. Raises the RemoteErrors of `app.errors`."""

    @property
    def most_listed(self) -> int:
        """How many ids are asked for at a time."""
        ...

    async def read_listed(self, process: Process, source_ids: Sequence[str]) -> Mapping[str, SourceRecord]:
        """The records with these ids that a list shows, by id, the ids lowest first. What is missing proves nothing."""
        ...


@runtime_checkable
class ReadsFamilies(Protocol):
    """A system in which one announced record stands for several: a product for its variants. Raises the RemoteErrors."""

    async def family(self, record: SourceRecord) -> Sequence[SourceRecord]:
        """The records that may have changed with this one, complete and without it; none where it stands for itself."""
        ...


@runtime_checkable
class DescribesLines(Protocol):
    """A system whose order lines tell an article's name and product code in reads of their own. Raises the RemoteErrors."""

    async def line_article(self, order: Mapping[str, Any], line: OrderLine) -> OrderLine:
        """The line as an article that must be made from it is to be called. `order` is the body of the order's record."""
        ...
