"""What a source can be asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol, runtime_checkable

from app.domain import Process, SourceRecord


@dataclass(frozen=True)
class Page:
    """One page of changed records, oldest first, and the cursor to store once they are. `calls` counts the requests it took."""

    records: tuple[SourceRecord, ...]
    cursor: dict[str, Any]
    calls: int = 1


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
class ReadsById(Protocol):
    """A system whose records can be asked for one by one. Raises the RemoteErrors of `app.errors`."""

    async def read(self, process: Process, source_id: str) -> SourceRecord | None:
        """One record as it is now, trashed ones included; None only when the shop itself says that there is no such record."""
        ...

    async def read_many(self, process: Process, source_ids: Sequence[str]) -> Mapping[str, SourceRecord | None]:
        """Many records by id in as few calls as possible. None only where a read by that id proved that it is gone."""
        ...
