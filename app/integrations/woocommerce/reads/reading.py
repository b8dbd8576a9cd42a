"""What changed in a shop, and single records by id, with what belongs beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from app.domain import Process, SourceRecord
from app.errors import Malformed, NoSuchRecord, RateLimited, RemoteError
from app.integrations.kit.odd_entries import named
from app.integrations.kit.paging import Listed, Pages
from app.integrations.kit.side_reads import FailuresInRow
from app.integrations.kit.values.path_parts import digits, part
from app.integrations.protocol import Page
from app.integrations.woocommerce.reads.cursor import read_cursor, seconds_ahead, unsettled
from app.integrations.woocommerce.reads.enrichment import Enrichment, summary
from app.integrations.woocommerce.reads.id_listing import by_id
from app.integrations.woocommerce.reads.polling import Poll
from app.integrations.woocommerce.reads.sweep import Sweep
from app.integrations.woocommerce.rest.calls import SYSTEM
from app.integrations.woocommerce.rest.dialect import VARIATIONS, Record
from app.integrations.woocommerce.rest.resources import PARENT, PATHS, has_variations, is_variation, record
from app.integrations.woocommerce.shop import Shop
from app.json_reading import identity, objects

Body = dict[str, Any]

FAMILY = "family_from"
"""Member of a cursor: the product whose variations are being read, and the place in their list to go on from."""


class RecordReader(Shop):
    """The reading half of `Source`."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._enrichment = Enrichment(self._calls, self._settings, self._clock)

    async def changes(self, process: Process, cursor: Mapping[str, Any] | None, since: datetime | None) -> AsyncIterator[Page]:
        """Orders, or products with the variations of those that are variable (their changes move the product's own time)."""
        before = dict(cursor or {})
        family = before.pop(FAMILY, None)
        before.pop("family", None)  # of an earlier version, which counted pages
        cursor, families = before or None, _Families(self._variations_of)
        async for page in self._pages(process, cursor, since):
            if process is Process.ORDERS:
                yield page
                continue
            rest = page.records
            for product in page.records:
                self._enrichment.remember_product(product.body)
                has_variations = False
                place = family if isinstance(family, list) and family[:1] == [product.source_id] else [product.source_id, 0]
                async for variations in families.of(product, before, place[-1] if isinstance(place[-1], int) else 0):
                    has_variations = True
                    yield variations
                if has_variations and self._version.lists_by_modification and product is not page.records[-1]:
                    # A page of products can take a hundred calls: each product with its variations is a step of its own.
                    done, rest = rest[: rest.index(product) + 1], rest[rest.index(product) + 1 :]
                    before = self._past(before, done, since)
                    yield Page(done, before, 0, self._calls.shop_time)
            yield replace(page, records=rest)
            before = page.cursor

    async def again(self, process: Process, source_ids: Sequence[str]) -> AsyncIterator[Page]:
        """Orders, or products with their variations."""
        made = self._calls.count
        found = await self.read_many(process, source_ids)
        records = tuple(each for each in found.values() if each is not None)
        yield Page(records, {}, self._calls.count - made)
        families = _Families(self._variations_of)
        for product in records if process is Process.ARTICLES else ():
            async for page in families.of(product, {}, 0):
                yield page

    def _past(self, cursor: Body, done: Sequence[SourceRecord], since: datetime | None) -> Body:
        """The cursor behind the first records of a page."""
        now, overlap = self._calls.shop_time, timedelta(seconds=self._settings.overlap_seconds)
        latest = (now or self._clock()).replace(microsecond=0)
        moved = read_cursor(cursor, since).past(done, unsettled(done, now), overlap, now, latest)
        return replace(moved, ahead=seconds_ahead(now, self._clock())).stored()

    def _pages(self, process: Process, cursor: Mapping[str, Any] | None, since: datetime | None) -> AsyncIterator[Page]:
        if self._version.lists_by_modification:
            return Poll(self._calls, self._settings, process, (cursor, since), self._clock).pages()
        return Sweep(self._calls, self._settings, process, cursor, since, self._clock()).pages()

    async def _variations_of(self, product: SourceRecord, cursor: Body, offset: int) -> AsyncIterator[Page]:
        """The cursor stays before the product until all of its variations are stored. `offset` is the place to begin at; it is
        kept in the cursor, so that a family of many pages is gone on with."""
        inline: list[Record] | None = product.body.pop(VARIATIONS, None)
        if inline is not None:
            yield Page(_of_family(inline, summary(product.body)), cursor, 0)
        elif has_variations(product.body):
            async for found, page in self._family(summary(product.body), offset):
                place = {FAMILY: [product.source_id, page.offset + len(page.records)]} if page.has_more else {}
                left_out = page.left_out + len(page.records) - len(found)
                ids = {each.source_id for each in found}
                odd = named(page, [identity(each.get("id")) in ids for each in page.records])
                odd = tuple(f"variations of product {product.source_id}, {each}" for each in odd)
                yield Page(found, {**cursor, **place}, page.calls, self._calls.shop_time, left_out=left_out, odd=odd)

    async def _family(self, parent: Body, offset: int = 0) -> AsyncIterator[tuple[tuple[SourceRecord, ...], Listed]]:
        """All variations of a product from this place on, page by page, each with its parent beside it."""
        if not self._version.has_variation_routes:
            product = await self._calls.record(f"products/{part(parent['id'])}")
            inside = objects(product, VARIATIONS)
            yield _of_family(inside, summary(product)), Listed([dict(each) for each in inside], len(inside))
            return

        async def ask(offset: int, size: int) -> Listed:
            params = [("orderby", "id"), ("order", "asc"), ("per_page", str(size)), ("offset", str(offset))]
            return await self._calls.page(f"products/{part(parent['id'])}/variations", params)

        pages = Pages(self._settings.page_size, is_beside=True)
        while True:
            page = await pages.read(ask, offset)
            offset = page.offset + len(page.records)
            yield _of_family(page.records, parent), page
            if not page.has_more:
                return

    async def read(self, process: Process, source_id: str) -> SourceRecord | None:
        """One record, trashed ones included; a variation too, which is readable under `products/` (WooCommerce 11.0.1)."""
        digits(source_id, "order" if process is Process.ORDERS else "article")
        try:
            body = await self._calls.record(f"{PATHS[process]}/{part(source_id)}")
        except NoSuchRecord:
            return await self._find_variation(source_id) if self._may_be_variation(process) else None
        body.pop(VARIATIONS, None)
        found = record(process, body)
        if found is None or found.source_id != source_id:
            call = f"GET {PATHS[process]}/{part(source_id)}"
            raise Malformed("the shop answered another record than the one asked for", system=SYSTEM, call=call)
        return found

    def _may_be_variation(self, process: Process) -> bool:
        return process is Process.ARTICLES and not self._version.reads_variations_by_id

    async def _find_variation(self, source_id: str) -> SourceRecord | None:
        """Where "no such product" is answered for variations too (wc/v1), their products are looked through."""
        async for step in by_id(self._calls, "products", [("status", "any")], self._settings.page_size):
            for product in step.records:
                family = _of_family(objects(product, VARIATIONS), summary(product))
                found = next((each for each in family if each.source_id == source_id), None)
                if found:
                    return found
        return None

    async def read_many(self, process: Process, source_ids: Sequence[str]) -> Mapping[str, SourceRecord | None]:
        """By lists of ids; what those leave out (trashed, deleted, variations) is read one by one, variations as families."""
        found: dict[str, SourceRecord | None] = {}
        wanted = list(dict.fromkeys(source_ids))
        for start in range(0, len(wanted), self.most_listed):
            found |= await self.read_listed(process, wanted[start : start + self.most_listed])
        for source_id in wanted:
            if source_id not in found:
                found[source_id] = one = await self.read(process, source_id)
                found |= await self._siblings(one, {each for each in wanted if each not in found})
        return found

    @property
    def most_listed(self) -> int:
        return self._settings.page_size

    async def read_listed(self, process: Process, source_ids: Sequence[str]) -> Mapping[str, SourceRecord]:
        """Those with these ids that a list shows: no trashed ones, no variations."""
        params = [("include", ",".join(source_ids)), ("status", "any"), ("per_page", str(self._settings.page_size))]
        bodies = await self._calls.listed(PATHS[process], params)
        for body in bodies:
            body.pop(VARIATIONS, None)
        listed = (record(process, body) for body in bodies)
        return {each.source_id: each for each in listed if each and each.source_id in source_ids}

    async def _siblings(self, one: SourceRecord | None, missing: set[str]) -> dict[str, SourceRecord | None]:
        """Reads a whole family at once when one member is asked for, because a list of products leaves variations out."""
        parent_id = identity(one.body.get("parent_id")) if one and is_variation(one.body) else None
        if not missing or parent_id is None:
            return {}
        parent = await self._enrichment.product(parent_id)
        try:
            families = [family async for family, _ in self._family(parent)]
            return {each.source_id: each for family in families for each in family if each.source_id in missing}
        except NoSuchRecord:
            return {}

    async def enrich(self, record: SourceRecord) -> SourceRecord:
        """The record with what mapping needs beside it: the customer's e-mail address, a variation's parent, lines' products."""
        return await self._enrichment.enrich(record)

    def lacks(self, record: SourceRecord) -> bool:
        """Whether that would add something."""
        return self._enrichment.lacks(record)


class _Families:
    """The variations of one product after the other. A list of them that cannot be read costs that product time, and no other."""

    def __init__(self, read: Callable[[SourceRecord, Body, int], AsyncIterator[Page]]) -> None:
        self._read = read
        self._in_row = FailuresInRow()
        self._stopped: RateLimited | None = None
        """After a 429, and while the account rests, no further list is asked for: those products wait too."""

    async def of(self, product: SourceRecord, cursor: Body, offset: int) -> AsyncIterator[Page]:
        """Raises RemoteError when the shop is to blame, and not this list."""
        if self._stopped is not None and has_variations(product.body):
            yield Page((), cursor, 0, waiting={product.source_id: self._stopped})
            return
        try:
            async for page in self._read(product, cursor, offset):
                self._in_row.went_well()
                yield page
        except NoSuchRecord:
            return  # deleted since it was listed
        except RemoteError as error:
            if isinstance(error, RateLimited):
                self._stopped = error
            elif not self._in_row.is_its_own(error):
                raise
            yield Page((), cursor, 1, waiting={product.source_id: error})


def _of_family(bodies: Sequence[Mapping[str, Any]], parent: Body) -> tuple[SourceRecord, ...]:
    added = {"type": "variation", "parent_id": parent["id"], PARENT: parent}
    found = (record(Process.ARTICLES, {**body, **added}) for body in bodies)
    return tuple(each for each in found if each)
