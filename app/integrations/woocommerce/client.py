"""The client of one WooCommerce shop: what changed, single records, what belongs beside them, and the connection test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from app.clock import Clock
from app.domain import Process, SourceRecord
from app.errors import Malformed, NoSuchRecord
from app.integrations.protocol import Page, TestReport
from app.integrations.woocommerce.beside import Beside, summary
from app.integrations.woocommerce.calls import SYSTEM, Calls
from app.integrations.woocommerce.checks import Examination
from app.integrations.woocommerce.polling import Poll
from app.integrations.woocommerce.resources import PARENT, PATHS, identity, record
from app.integrations.woocommerce.settings import WooCommerceCredentials, WooCommerceSettings

Body = dict[str, Any]


class WooCommerceClient:
    """Implements `Source`. Raises the RemoteErrors of `app.errors`, except from `test`."""

    def __init__(
        self, settings: WooCommerceSettings, credentials: WooCommerceCredentials, http: httpx.AsyncClient, clock: Clock
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._calls = Calls(settings, credentials, http, clock)
        self._beside = Beside(self._calls, settings, clock)

    @property
    def calls(self) -> int:
        """Requests made so far."""
        return self._calls.count

    async def changes(self, process: Process, cursor: Mapping[str, Any] | None, since: datetime | None) -> AsyncIterator[Page]:
        """Orders, or products with the variations of those that are variable (their changes move the product's own time)."""
        before = dict(cursor or {})
        async for page in Poll(self._calls, self._settings, process, cursor, since).pages():
            if process is Process.ARTICLES:
                for product in page.records:
                    self._beside.remember_product(product.body)
                    async for variations in self._variations_of(product, before):
                        yield variations
            yield page
            before = page.cursor

    async def _variations_of(self, product: SourceRecord, cursor: Body) -> AsyncIterator[Page]:
        """The cursor stays before the product until all of its variations are stored."""
        if product.body.get("type") == "variable":
            async for found in self._family(summary(product.body)):
                yield Page(found, cursor, 1)

    async def _family(self, parent: Body) -> AsyncIterator[tuple[SourceRecord, ...]]:
        """All variations of a product, page by page, each with its parent beside it."""
        number, size, full = 1, self._settings.page_size, True
        while full:
            params = [("orderby", "id"), ("order", "asc"), ("per_page", str(size)), ("page", str(number))]
            bodies = await self._calls.listed(f"products/{parent['id']}/variations", params)
            added = {"type": "variation", "parent_id": parent["id"], PARENT: parent}
            found = (record(Process.ARTICLES, {**body, **added}) for body in bodies)
            yield tuple(each for each in found if each)
            number, full = number + 1, len(bodies) >= size

    async def read(self, process: Process, source_id: str) -> SourceRecord | None:
        """One record, trashed ones included; a variation too, which is readable under `products/` (WooCommerce 11.0.1)."""
        try:
            body = await self._calls.record(f"{PATHS[process]}/{source_id}")
        except NoSuchRecord:
            return None
        found = record(process, body)
        if found is None or found.source_id != source_id:
            call = f"GET {PATHS[process]}/{source_id}"
            raise Malformed("the shop answered another record than the one asked for", system=SYSTEM, call=call)
        return found

    async def read_many(self, process: Process, source_ids: Sequence[str]) -> Mapping[str, SourceRecord | None]:
        """By lists of ids; what those leave out (trashed, deleted, variations) is read one by one, variations as families."""
        found: dict[str, SourceRecord | None] = {}
        wanted = list(dict.fromkeys(source_ids))
        for start in range(0, len(wanted), self._settings.page_size):
            some = wanted[start : start + self._settings.page_size]
            params = [("include", ",".join(some)), ("status", "any"), ("per_page", str(self._settings.page_size))]
            bodies = await self._calls.listed(PATHS[process], params)
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
        parent = await self._beside.product(parent_id)
        try:
            return {each.source_id: each async for family in self._family(parent) for each in family if each.source_id in missing}
        except NoSuchRecord:
            return {}

    async def enrich(self, record: SourceRecord) -> SourceRecord:
        """The record with what mapping needs beside it: the customer's e-mail address, a variation's parent, lines' products."""
        return await self._beside.enrich(record)

    async def test(self) -> TestReport:
        """Reads with the keys and says what is wrong in the user's words. Never raises RemoteError."""
        return await Examination(self._calls, self._settings, self._credentials).report()
