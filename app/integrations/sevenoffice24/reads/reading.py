"""What changed in the ERP, and single records by id, with what belongs beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.domain import Process, SourceRecord
from app.errors import Malformed, Refused
from app.integrations.protocol import Page
from app.integrations.protocol.integration import Opened
from app.integrations.sevenoffice24.reads.beside import Beside
from app.integrations.sevenoffice24.reads.companies import Companies
from app.integrations.sevenoffice24.reads.listings import Listing, Orders, Products, Suppliers
from app.integrations.sevenoffice24.reads.numbers import ProductNumbers
from app.integrations.sevenoffice24.reads.polling import LISTED_SECONDS, LOADING, Poll, is_first
from app.integrations.sevenoffice24.reads.records import KEYS, blocks, records_of, wire_ids
from app.integrations.sevenoffice24.reads.same_numbers import NUMBERS, SameNumbers, mark, number_of
from app.integrations.sevenoffice24.shop import Shop
from app.integrations.sevenoffice24.soap.failures import SYSTEM
from app.ttl_cache import TtlCache


class RecordReader(Shop):
    """The reading half of `Source`. Implements `ReadsById`, `ListsByIds`, `DoubtsGone` and `KnowsWhatLacks`."""

    def __init__(self, opened: Opened) -> None:
        super().__init__(opened)
        self._numbers = ProductNumbers(self._soap, self._settings, self._articles)
        self._beside = Beside(Companies(self._soap, self._settings, self._clock), self._numbers, self._settings, self._clock)
        self._lists: TtlCache[str, Sequence[int]] = TtlCache(LISTED_SECONDS, len(KEYS))
        self._products = Products(self._soap, self._settings, self._numbers)
        self._orders = Orders(self._soap, self._settings, None)
        self._suppliers = Suppliers(self._soap, self._settings)

    # --- changes -----------------------------------------------------------------------------------------------------------

    async def changes(self, process: Process, cursor: Mapping[str, Any] | None, since: datetime | None) -> AsyncIterator[Page]:
        """Orders, products or suppliers. Raises RemoteError when a call fails: nothing of what it gives is passed over."""
        if LOADING not in (cursor or {}):
            self._soap.begin_run()
        if process is Process.SUPPLIERS:
            pages = self._changed_suppliers(cursor)
        else:
            pages = (
                self._changed_orders(cursor, since) if process is Process.ORDERS else self._changed_products(dict(cursor or {}))
            )
        async for page in pages:
            yield page

    async def _changed_orders(self, cursor: Mapping[str, Any] | None, since: datetime | None) -> AsyncIterator[Page]:
        """The first poll asks for the orders that are to be transferred. Later ones ask for those, too, that have left."""
        states, made = self._settings.transferred_states, self.calls
        if not is_first(cursor):
            states = (*states, *self._settings.leaving_states)
        if LOADING not in (cursor or {}):
            self._beside.begin()
        poll = Poll(Orders(self._soap, self._settings, states), self._settings, self._clock, (cursor, since), self._lists)
        async for stretch in poll.stretches():
            await self._beside.prepare(stretch.records)
            yield Page(stretch.records, stretch.behind, self.calls - made, left_out=stretch.left_out)
            made = self.calls

    async def _changed_products(self, cursor: dict[str, Any]) -> AsyncIterator[Page]:
        same, made = SameNumbers(self._numbers, self._products, self._settings), self.calls
        same.take_up(cursor.pop(NUMBERS, None))
        put_right = await same.put_right() if LOADING not in cursor else []
        poll = Poll(self._products, self._settings, self._clock, (cursor or None, None), self._lists)
        census = await self._numbers.census(is_new=LOADING not in cursor) if poll.start is None else None
        async for stretch in poll.stretches():
            records = [*put_right, *await same.marked(stretch.records, census)]
            yield Page(tuple(records), {**stretch.behind, **same.stored()}, self.calls - made, left_out=stretch.left_out)
            put_right, made = [], self.calls

    async def _changed_suppliers(self, cursor: Mapping[str, Any] | None) -> AsyncIterator[Page]:
        made = self.calls
        poll = Poll(self._suppliers, self._settings, self._clock, (cursor, None), self._lists)
        async for stretch in poll.stretches():
            yield Page(stretch.records, stretch.behind, self.calls - made, left_out=stretch.left_out)
            made = self.calls

    # --- one record ---------------------------------------------------------------------------------------------------------

    async def read(self, process: Process, source_id: str) -> SourceRecord | None:
        """None where the ERP's answer to this id has no such record."""
        return (await self.read_many(process, [source_id]))[source_id]

    async def read_many(self, process: Process, source_ids: Sequence[str]) -> Mapping[str, SourceRecord | None]:
        """As many together as one call takes. None where the ERP's answer to this id has no such record."""
        found: dict[str, SourceRecord | None] = dict.fromkeys(source_ids)
        for some in blocks(wire_ids(found), self._settings.ids_per_call):
            found |= await self._by_ids(process, some)
        return found

    @property
    def most_listed(self) -> int:
        """How many ids one call takes."""
        return self._settings.ids_per_call

    @property
    def polls_until_gone(self) -> int:
        """The ERP has no word for an order that is not there: its answer just lacks it."""
        return self._settings.deleted_after_polls

    async def read_listed(self, process: Process, source_ids: Sequence[str]) -> Mapping[str, SourceRecord]:
        """In one call. What is missing is asked for alone."""
        found = await self._by_ids(process, wire_ids(source_ids)[: self.most_listed])
        if process is Process.ORDERS:
            await self._beside.prepare(found.values())
        return found

    async def _by_ids(self, process: Process, ids: Sequence[int]) -> dict[str, SourceRecord]:
        """Raises Refused for a record that the ERP has and cannot give, Malformed for others than those asked for."""
        if not ids:
            return {}
        listing, call = self._listing(process)
        raws = await listing.by_ids(ids)
        keys = {raw.get(KEYS[process]) for raw in raws}
        if not keys <= {*ids, None}:
            message = "24SevenOffice answered other records than those asked for"
            raise Malformed(message, system=SYSTEM, call=call, status=200)
        records = records_of(process, raws, self._settings)
        if len(ids) == 1 and raws and not records:
            raise Refused(f"24SevenOffice could not give {process.value} {ids[0]}", system=SYSTEM, call=call, status=200)
        if process is Process.ARTICLES and records:
            shared = await self._numbers.shared({number for each in records if (number := number_of(each))})
            records = [mark(each, shared) for each in records]
        return {each.source_id: each for each in records}

    def _listing(self, process: Process) -> tuple[Listing, str]:
        """And the call that it is read with."""
        match process:
            case Process.SUPPLIERS:
                return self._suppliers, "GetCompanies"
            case Process.ORDERS:
                return self._orders, "GetInvoices"
            case _:
                return self._products, "GetProducts"

    # --- beside a record ----------------------------------------------------------------------------------------------------

    def lacks(self, record: SourceRecord) -> bool:
        """Whether `enrich` would add something."""
        return record.process is Process.ORDERS and self._beside.lacks(record.body)

    async def enrich(self, record: SourceRecord) -> SourceRecord:
        """The record with what mapping needs beside it."""
        if not self.lacks(record):
            return record
        return replace(record, body={**record.body, **await self._beside.complete(record)})
