"""What changed in a shop, and single records by id, with what belongs beside them.

A product that has variants is no article; its variants are. They have no time of their own, so they are read again with every
product that has changed, and all of them once a day.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from app.domain import OrderLine, Process, SourceRecord
from app.errors import Malformed, NoSuchRecord
from app.integrations.kit.values.path_parts import digits, part
from app.integrations.mystore.reads.orders import OrderReads
from app.integrations.mystore.reads.polling import Operators, Poll, Stretch, replaced, with_members
from app.integrations.mystore.reads.records import record_of, variant_record
from app.integrations.mystore.reads.variants import Family, Variants
from app.integrations.mystore.rest.calls import SYSTEM
from app.integrations.mystore.rest.resources import LANGUAGE, OPTIONS, PATHS, PRODUCT, VARIANT, VARIANTS, Resource
from app.integrations.mystore.shop import Shop
from app.integrations.protocol import Page
from app.json_reading import moment
from app.ttl_cache import TtlCache

SWEPT, SWEEPING, DONE = "swept", "sweeping", "done"
"""Members of a cursor of articles: when all of them were read last; that they are being read since then; the products of the
page behind it that are done with."""

_COUNTED_SECONDS = 30.0
"""How long it is taken for granted how many variants a product has, when they were just read."""


class RecordReader(Shop):
    """The reading half of `Source`. Implements `ReadsById`, `KnowsWhatLacks`, `ReadsFamilies` and `DescribesLines`."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._variants = Variants(self._calls, self._settings, self._beside)
        self._orders = OrderReads(self._calls, self._settings, self._beside)
        self._operators = Operators(self._settings, self._facts)
        self._counted: TtlCache[str, int] = TtlCache(_COUNTED_SECONDS, 1000)

    # --- changes -----------------------------------------------------------------------------------------------------------

    async def changes(self, process: Process, cursor: Mapping[str, Any] | None, since: datetime | None) -> AsyncIterator[Page]:
        """Orders, or products with their variants."""
        pages = self._order_pages(cursor, since) if process is Process.ORDERS else self._article_pages(dict(cursor or {}))
        async for page in pages:
            yield page

    def _poll(self, process: Process, cursor: Mapping[str, Any] | None, since: datetime | None) -> Poll:
        return Poll(self._calls, self._settings, process, (cursor, since), self._clock, self._operators)

    async def _order_pages(self, cursor: Mapping[str, Any] | None, since: datetime | None) -> AsyncIterator[Page]:
        async for stretch in self._poll(Process.ORDERS, cursor, since).stretches():
            new = tuple(each for each in stretch.records if each.source_id not in stretch.known)
            yield Page(new, stretch.behind, stretch.calls, self._calls.shop_time, left_out=stretch.left_out)

    async def _article_pages(self, cursor: dict[str, Any]) -> AsyncIterator[Page]:
        swept, sweeping = moment(cursor.pop(SWEPT, None)), moment(cursor.pop(SWEEPING, None))
        done = frozenset(str(each) for each in cursor.pop(DONE, None) or ())
        poll = self._poll(Process.ARTICLES, cursor or None, None)
        if poll.all_of_them or swept is None or self._is_due(swept):
            sweeping = sweeping or self._clock().replace(microsecond=0)
        poll.all_of_them = sweeping is not None
        families = await self._variants.of_all(sweeping.isoformat()) if sweeping is not None else None
        members = {SWEPT: _text(swept), SWEEPING: _text(sweeping)}
        async for stretch in poll.stretches():
            is_last = stretch.is_last
            behind = with_members(stretch.behind, **({SWEPT: _text(sweeping or swept)} if is_last else members))
            async for page in self._articles(stretch, families, done, (with_members(stretch.before, **members), behind)):
                yield page
            if is_last:
                self._variants.end_round()
            done = frozenset()

    def _is_due(self, swept: datetime) -> bool:
        return self._clock() - swept >= timedelta(hours=self._settings.variant_sweep_hours)

    async def _articles(
        self,
        stretch: Stretch,
        families: Mapping[str, Family] | None,
        done: frozenset[str],
        cursors: tuple[dict[str, Any], dict[str, Any]],
    ) -> AsyncIterator[Page]:
        """Each product with its variants, as a step of its own where that takes calls.

        `cursors`: before the stretch and behind it.
        """
        before, behind = cursors
        made, handed = self._calls.count - stretch.calls, list(done)
        records: list[SourceRecord] = []
        for product in stretch.records:
            if product.source_id in done or (families is None and product.source_id in stretch.known):
                continue
            family = families.get(product.source_id) if families is not None else None
            if families is None:
                family = await self._variants.of_product(product.source_id)
            records += await self._with_variants(product, family or Family())
            handed.append(product.source_id)
            if families is None:
                yield Page(tuple(records), {**before, DONE: handed[:]}, self._calls.count - made, self._calls.shop_time)
                made, records = self._calls.count, []
        calls = self._calls.count - made
        yield Page(tuple(records), behind, calls, self._calls.shop_time, left_out=stretch.left_out)

    async def _with_variants(self, product: SourceRecord, family: Family) -> list[SourceRecord]:
        variants = await self._variants.records(product.body, family)
        whole = replaced(product, **{VARIANTS: len(family.members), LANGUAGE: await self._beside.language() or ""})
        return [*variants, whole]

    # --- one record ---------------------------------------------------------------------------------------------------------

    async def read(self, process: Process, source_id: str) -> SourceRecord | None:
        """One order, product or variant. None only when the shop says that there is none."""
        path = PATHS[process]
        digits(source_id.removeprefix(VARIANT), "order" if process is Process.ORDERS else "article")
        if source_id.startswith(VARIANT):
            path = "product-variants"
        try:
            resource = await self._calls.one(f"{path}/{part(source_id.removeprefix(VARIANT))}")
        except NoSuchRecord:
            return None
        found = self._record(process, path, resource)
        if found is None or found.source_id != source_id:
            call = f"GET {path}/{part(source_id.removeprefix(VARIANT))}"
            raise Malformed("the shop answered another record than the one asked for", system=SYSTEM, call=call, status=200)
        return found

    def _record(self, process: Process, path: str, resource: Resource) -> SourceRecord | None:
        if path == "product-variants":
            return variant_record(resource)
        return record_of(process, resource, self._settings.timezone, self._calls.shop_time or self._clock())

    async def read_many(self, process: Process, source_ids: Sequence[str]) -> Mapping[str, SourceRecord | None]:
        """One by one: lists do not take ids."""
        return {source_id: await self.read(process, source_id) for source_id in dict.fromkeys(source_ids)}

    # --- beside a record ----------------------------------------------------------------------------------------------------

    def lacks(self, record: SourceRecord) -> bool:
        """Whether `enrich` would add something."""
        body = record.body
        if record.process is Process.ORDERS:
            return self._orders.lacks(body)
        is_variant = record.source_id.startswith(VARIANT)
        return (PRODUCT not in body or OPTIONS not in body) if is_variant else VARIANTS not in body

    async def enrich(self, record: SourceRecord) -> SourceRecord:
        """The record with what mapping needs beside it."""
        if not self.lacks(record):
            return record
        if record.process is Process.ORDERS:
            added = await self._orders.complete(record)
        elif record.source_id.startswith(VARIANT):
            added = await self._variants.complete(record)
        else:
            counted = self._counted.get(record.source_id)
            if counted is None:
                counted = len((await self._variants.of_product(record.source_id)).members)
            added = {VARIANTS: counted, LANGUAGE: await self._beside.language() or ""}
        return replace(record, body={**record.body, **added})

    async def family(self, record: SourceRecord) -> Sequence[SourceRecord]:
        """The variants of a product."""
        if record.process is not Process.ARTICLES or record.source_id.startswith(VARIANT):
            return ()
        family = await self._variants.of_product(record.source_id)
        self._counted.put(record.source_id, len(family.members))
        return await self._variants.records(record.body, family)

    async def line_article(self, order: Mapping[str, Any], line: OrderLine) -> OrderLine:
        """The line as an article is made from it: its options in name and product code."""
        return await self._orders.article_of(order, line)


def _text(when: datetime | None) -> str | None:
    return when.isoformat() if when is not None else None
