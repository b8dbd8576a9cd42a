"""What changed in a shop, and single records by id, with what belongs beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from app.domain import Process, SourceRecord
from app.errors import Malformed, NoSuchRecord
from app.integrations.kit.values.path_parts import part, word
from app.integrations.nettbutikk24.mapping.members import asked_by
from app.integrations.nettbutikk24.reads.beside import Beside
from app.integrations.nettbutikk24.reads.listing import MOST, Listing
from app.integrations.nettbutikk24.reads.polling import PLACE, RESOURCES, Poll
from app.integrations.nettbutikk24.reads.records import records_of
from app.integrations.nettbutikk24.rest.calls import SYSTEM
from app.integrations.nettbutikk24.rest.lists import flat
from app.integrations.nettbutikk24.shop import Shop
from app.integrations.protocol import Page
from app.integrations.protocol.integration import Opened
from app.json_reading import moment

SWEPT, SWEEPING = "swept", "sweeping"
"""Members of a cursor of articles: when all of them were read last, and that they are being read since then."""


class RecordReader(Shop):
    """The reading half of `Source`. Implements `ReadsById`, `ListsByIds`, `DoubtsGone` and `KnowsWhatLacks`."""

    def __init__(self, opened: Opened) -> None:
        super().__init__(opened)
        self._listings = {process: Listing(self._calls, self._lists, self._settings, process) for process in RESOURCES}
        self._beside = Beside(self._calls, self._lists, self._settings, self._articles)

    # --- changes -----------------------------------------------------------------------------------------------------------

    async def changes(self, process: Process, cursor: Mapping[str, Any] | None, since: datetime | None) -> AsyncIterator[Page]:
        """Orders, or the rows of products."""
        pages = self._orders(cursor, since) if process is Process.ORDERS else self._products(dict(cursor or {}))
        async for page in pages:
            yield page

    async def _orders(self, cursor: Mapping[str, Any] | None, since: datetime | None) -> AsyncIterator[Page]:
        if PLACE not in (cursor or {}):
            self._beside.begin()
        poll = Poll(self._calls, self._lists, self._settings, Process.ORDERS, (cursor, since))
        async for stretch in poll.stretches():
            made = self._calls.count
            await self._beside.prepare(stretch.records, stretch.began)
            calls = stretch.calls + self._calls.count - made
            yield Page(stretch.records, stretch.behind, calls, self._calls.shop_time, left_out=stretch.left_out, odd=stretch.odd)

    async def _products(self, cursor: dict[str, Any]) -> AsyncIterator[Page]:
        """Those that changed; all of them where that is due (A13)."""
        swept, sweeping = moment(cursor.pop(SWEPT, None)), moment(cursor.pop(SWEEPING, None))
        is_due = swept is None or self._clock() - swept >= timedelta(hours=self._settings.product_sweep_hours)
        if PLACE not in cursor:
            sweeping = self._clock().replace(microsecond=0) if is_due else None
        began = (cursor or None, None)
        is_full = sweeping is not None
        poll = Poll(self._calls, self._lists, self._settings, Process.ARTICLES, began, all_of_them=is_full)
        async for stretch in poll.stretches():
            done = sweeping or swept if stretch.is_last else swept
            times = {SWEPT: done, SWEEPING: None if stretch.is_last else sweeping}
            members = {key: when.isoformat() for key, when in times.items() if when is not None}
            yield Page(
                stretch.records,
                {**stretch.behind, **members},
                stretch.calls,
                self._calls.shop_time,
                left_out=stretch.left_out,
                odd=stretch.odd,
            )

    # --- one record ---------------------------------------------------------------------------------------------------------

    async def read(self, process: Process, source_id: str) -> SourceRecord | None:
        """One order, or one row of a product. None only when the shop says that there is none."""
        word(asked_by(source_id), "order" if process is Process.ORDERS else "article")
        path, params = (
            (f"orders/{part(source_id)}", ())
            if process is Process.ORDERS
            else (f"products/{part(asked_by(source_id))}", flat(self._settings))
        )
        try:
            rows, _ = await self._calls.rows(path, params)
        except NoSuchRecord:
            return None
        found = records_of(process, [dict(each) for each in rows], self._settings.timezone)
        record = next((each for each in found if each.source_id == source_id), None)
        if record is None:
            message = "the shop answered another record than the one asked for"
            raise Malformed(message, system=SYSTEM, call=f"GET {path}", status=200)
        return record

    @property
    def polls_until_gone(self) -> int:
        return self._settings.deleted_after_polls

    @property
    def most_listed(self) -> int:
        return MOST

    async def read_listed(self, process: Process, source_ids: Sequence[str]) -> Mapping[str, SourceRecord]:
        """In a few calls, if they are many."""
        return await self._listings[process].find(source_ids)

    async def read_many(self, process: Process, source_ids: Sequence[str]) -> Mapping[str, SourceRecord | None]:
        """One by one, as far as no list shows them."""
        found: dict[str, SourceRecord | None] = {**await self.read_listed(process, source_ids)}
        for source_id in source_ids:
            if source_id not in found:
                found[source_id] = await self.read(process, source_id)
        return found

    # --- beside a record ----------------------------------------------------------------------------------------------------

    def lacks(self, record: SourceRecord) -> bool:
        """Whether `enrich` would add something."""
        return record.process is Process.ORDERS and self._beside.lacks(record.body)

    async def enrich(self, record: SourceRecord) -> SourceRecord:
        """The record with what mapping needs beside it."""
        if not self.lacks(record):
            return record
        return replace(record, body={**record.body, **await self._beside.complete(record)})
