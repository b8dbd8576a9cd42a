"""What changed in a shop, and single records by id, with what belongs beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from app.domain import Process, SourceRecord
from app.errors import Malformed, NoSuchRecord
from app.integrations.protocol import Page
from app.integrations.woocommerce.reads.cursor import read_cursor, unsettled
from app.integrations.woocommerce.reads.enrichment import Enrichment, summary
from app.integrations.woocommerce.reads.id_listing import by_id
from app.integrations.woocommerce.reads.polling import Poll
from app.integrations.woocommerce.reads.sweep import Sweep
from app.integrations.woocommerce.rest.calls import SYSTEM
from app.integrations.woocommerce.rest.dialect import VARIATIONS, Record
from app.integrations.woocommerce.rest.resources import PARENT, PATHS, record
from app.integrations.woocommerce.shop import Shop
from app.json_reading import identity, objects

Body = dict[str, Any]


class RecordReader(Shop):
    """The reading half of `Source`."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._enrichment = Enrichment(self._calls, self._settings, self._clock)

    async def changes(self, process: Process, cursor: Mapping[str, Any] | None, since: datetime | None) -> AsyncIterator[Page]:
        """Orders, or products with the variations of those that are variable (their changes move the product's own time)."""
        before = dict(cursor or {})
        async for page in self._pages(process, cursor, since):
            if process is Process.ORDERS:
                yield page
                continue
            rest = page.records
            for product in page.records:
                self._enrichment.remember_product(product.body)
                has_variations = False
                async for variations in self._variations_of(product, before):
                    has_variations = True
                    yield variations
                if has_variations and self._version.lists_by_modification and product is not page.records[-1]:
                    # A page of products can take a hundred calls: each product with its variations is a step of its own.
                    done, rest = rest[: rest.index(product) + 1], rest[rest.index(product) + 1 :]
                    before = self._past(before, done, since)
                    yield Page(done, before, 0)
            yield replace(page, records=rest)
            before = page.cursor

    def _past(self, cursor: Body, done: Sequence[SourceRecord], since: datetime | None) -> Body:
        """The cursor behind the first records of a page."""
        now, overlap = self._calls.shop_time, timedelta(seconds=self._settings.overlap_seconds)
        return read_cursor(cursor, since).past(done, unsettled(done, now), overlap, now).stored()

    def _pages(self, process: Process, cursor: Mapping[str, Any] | None, since: datetime | None) -> AsyncIterator[Page]:
        if self._version.lists_by_modification:
            return Poll(self._calls, self._settings, process, cursor, since).pages()
        return Sweep(self._calls, self._settings, process, cursor, since, self._clock()).pages()

    async def _variations_of(self, product: SourceRecord, cursor: Body) -> AsyncIterator[Page]:
        """The cursor stays before the product until all of its variations are stored."""
        inline: list[Record] | None = product.body.pop(VARIATIONS, None)
        if inline is not None:
            yield Page(_of_family(inline, summary(product.body)), cursor, 0)
        elif product.body.get("type") == "variable":
            async for found in self._family(summary(product.body)):
                yield Page(found, cursor, 1)

    async def _family(self, parent: Body) -> AsyncIterator[tuple[SourceRecord, ...]]:
        """All variations of a product, page by page, each with its parent beside it."""
        if not self._version.has_variation_routes:
            product = await self._calls.record(f"products/{parent['id']}")
            yield _of_family(objects(product, VARIATIONS), summary(product))
            return
        number, size, full = 1, self._settings.page_size, True
        while full:
            params = [("orderby", "id"), ("order", "asc"), ("per_page", str(size)), ("page", str(number))]
            bodies = await self._calls.listed(f"products/{parent['id']}/variations", params)
            yield _of_family(bodies, parent)
            number, full = number + 1, len(bodies) >= size

    async def read(self, process: Process, source_id: str) -> SourceRecord | None:
        """One record, trashed ones included; a variation too, which is readable under `products/` (WooCommerce 11.0.1)."""
        try:
            body = await self._calls.record(f"{PATHS[process]}/{source_id}")
        except NoSuchRecord:
            return await self._find_variation(source_id) if self._may_be_variation(process) else None
        body.pop(VARIATIONS, None)
        found = record(process, body)
        if found is None or found.source_id != source_id:
            call = f"GET {PATHS[process]}/{source_id}"
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
        for start in range(0, len(wanted), self._settings.page_size):
            some = wanted[start : start + self._settings.page_size]
            params = [("include", ",".join(some)), ("status", "any"), ("per_page", str(self._settings.page_size))]
            bodies = await self._calls.listed(PATHS[process], params)
            for body in bodies:
                body.pop(VARIATIONS, None)
            found |= {
                each.source_id: each for each in (record(process, body) for body in bodies) if each and each.source_id in some
            }
        for source_id in wanted:
            if source_id not in found:
                found[source_id] = one = await self.read(process, source_id)
                found |= await self._siblings(one, {each for each in wanted if each not in found})
        return found

    async def _siblings(self, one: SourceRecord | None, missing: set[str]) -> dict[str, SourceRecord | None]:
        """A list of products leaves variations out, so a whole family is read at once when one member is asked for."""
        parent_id = identity(one.body.get("parent_id")) if one and one.body.get("type") == "variation" else None
        if not missing or parent_id is None:
            return {}
        parent = await self._enrichment.product(parent_id)
        try:
            return {each.source_id: each async for family in self._family(parent) for each in family if each.source_id in missing}
        except NoSuchRecord:
            return {}

    async def enrich(self, record: SourceRecord) -> SourceRecord:
        """The record with what mapping needs beside it: the customer's e-mail address, a variation's parent, lines' products."""
        return await self._enrichment.enrich(record)


def _of_family(bodies: Sequence[Mapping[str, Any]], parent: Body) -> tuple[SourceRecord, ...]:
    added = {"type": "variation", "parent_id": parent["id"], PARENT: parent}
    found = (record(Process.ARTICLES, {**body, **added}) for body in bodies)
    return tuple(each for each in found if each)
