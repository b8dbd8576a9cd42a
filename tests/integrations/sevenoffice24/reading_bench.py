"""What is read of a simulated 24SevenOffice, without a network."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from app.domain import Process, SourceRecord
from app.http import client_on
from app.integrations.protocol.integration import Opened
from app.integrations.sevenoffice24.credentials import SevenOfficeCredentials
from app.integrations.sevenoffice24.reads.reading import RecordReader
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.sandbox.sevenoffice24 import Office, SevenOfficeConfig, create_sevenoffice
from app.sandbox.sevenoffice24.model.tenant import Tenant


@dataclass
class Clock:
    """It stands until it is moved."""

    now: datetime = datetime(2026, 5, 4, 8, 2, 40, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Numbers:
    """Article numbers that the gateway knows, and what it was asked for."""

    known: dict[str, str] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)

    async def numbers(self, source_ids: Collection[str]) -> Mapping[str, str]:
        self.asked.append(sorted(source_ids))
        return {key: self.known[key] for key in source_ids if key in self.known}


@dataclass
class Bench:
    """One simulated ERP, and readers of it."""

    office: Office
    clock: Clock
    transport: httpx.AsyncBaseTransport
    articles: Numbers = field(default_factory=Numbers)

    @property
    def tenant(self) -> Tenant:
        return self.office.tenant()

    def reader(self, **settings: Any) -> RecordReader:
        config = self.office.config
        right = {"application_id": config.application_id, "username": config.username, "password": config.password}
        credentials = SevenOfficeCredentials.model_validate({**right, "api_url": "http://office.test"})
        chosen = SevenOfficeAdapterSettings.model_validate(settings)
        http = client_on(self.transport)
        return RecordReader(Opened(chosen, credentials, lambda *, own=False: http, self.clock, {}, None, self.articles))

    def asked(self, operation: str) -> list[dict[str, Any]]:
        """The arguments of the calls of this operation, oldest first."""
        bodies = [call.body for call in self.office.journal.calls if isinstance(call.body, dict)]
        return [body for body in bodies if body.get("operation") == operation]

    def forget(self) -> None:
        """What was asked so far."""
        self.office.journal.calls.clear()


def open_bench(**config: Any) -> Bench:
    clock = Clock()
    app = create_sevenoffice(SevenOfficeConfig(**config), clock)
    return Bench(app.state.office, clock, httpx.ASGITransport(app))


async def changed(
    reader: RecordReader, process: Process, cursor: dict[str, Any] | None = None, since: datetime | None = None
) -> tuple[list[SourceRecord], dict[str, Any]]:
    """All changes, and the cursor behind them."""
    found: list[SourceRecord] = []
    async for page in reader.changes(process, cursor, since):
        found += page.records
        cursor = page.cursor
    return found, cursor or {}
