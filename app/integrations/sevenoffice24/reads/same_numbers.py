"""Products that have one number: neither is sent, and the reason names them all.

What a poll gives is looked at where a number is new to the gateway. The numbers that several products have stand in the cursor,
and every poll asks for them again: when one product has got another number, the others are given anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.domain import Process, SourceRecord
from app.integrations.sevenoffice24.mapping.members import SHARED
from app.integrations.sevenoffice24.reads.listings import Products
from app.integrations.sevenoffice24.reads.numbers import Census, ProductNumbers
from app.integrations.sevenoffice24.reads.records import records_of, wire_ids
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.json_reading import as_list, as_text, text

NUMBERS = "shared_numbers"
"""Member of a cursor of articles: the ids of all products with a number that several have, by number."""
MOST_KEPT = 100
"""So many are asked for again in every poll. Of more the next full sync finds that they are put right."""


@dataclass
class SameNumbers:
    """What one poll knows of them. `shared`: as they were, and as they are found."""

    numbers: ProductNumbers
    products: Products
    settings: SevenOfficeAdapterSettings
    shared: dict[str, list[str]] = field(default_factory=dict)

    def take_up(self, stored: Any) -> None:
        """Those that earlier polls found."""
        given = stored if isinstance(stored, Mapping) else {}
        self.shared = {str(number): [as_text(each) for each in as_list(ids) or ()] for number, ids in given.items()}

    def stored(self) -> dict[str, Any]:
        kept = dict(list(self.shared.items())[:MOST_KEPT])
        return {NUMBERS: kept} if kept else {}

    async def put_right(self) -> list[SourceRecord]:
        """The products of numbers that other products have now than the last time, as they are now."""
        again: list[str] = []
        for number, before in list(self.shared.items()):
            now = await self.numbers.owners(number)
            if now != before:
                again += {*before, *now}
            if len(now) > 1:
                self.shared[number] = now
            else:
                del self.shared[number]
        return await self._read(sorted(set(again), key=int))

    async def marked(self, records: Sequence[SourceRecord], census: Census | None = None) -> list[SourceRecord]:
        """The records, those that share their number with others marked, and these others with them."""
        known = await self.numbers.known([each.source_id for each in records])
        new = {number_of(each) for each in records if known.get(each.source_id) != number_of(each)} - {""}
        found = await self.numbers.shared(new - set(self.shared), census)
        given = {each.source_id for each in records}
        others = {one for ids in found.values() for one in ids} - given
        self.shared |= found
        return [*(mark(each, self.shared) for each in records), *(await self._read(sorted(others, key=int)))]

    async def _read(self, source_ids: Sequence[str]) -> list[SourceRecord]:
        if not source_ids:
            return []
        found = await self.products.by_ids(wire_ids(source_ids))
        return [mark(each, self.shared) for each in records_of(Process.ARTICLES, found, self.settings)]


def number_of(product: SourceRecord) -> str:
    return text(product.body, "No").strip()


def mark(product: SourceRecord, shared: Mapping[str, Sequence[str]]) -> SourceRecord:
    """The product with the ids of all that have its number, where there are several."""
    ids = shared.get(number_of(product), ())
    return replace(product, body={**product.body, SHARED: list(ids)}) if product.source_id in ids and len(ids) > 1 else product
