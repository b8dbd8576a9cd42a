"""Numbers of products: which there are, and which of them several products have."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from app.errors import Malformed, Refused
from app.integrations.protocol.integration import ArticleNumbers
from app.integrations.sevenoffice24.reads.records import blocks, wire_ids
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.integrations.sevenoffice24.soap.failures import Faulted, NoRight
from app.integrations.sevenoffice24.soap.operations import LONG_AGO, Soap
from app.ttl_cache import TtlCache

FEW = 20
"""So many numbers are asked for one by one. More are looked for in a census."""
CENSUS_SECONDS = 3600.0
NUMBER_SECONDS = 60.0
MOST_KEPT = 5_000
_LIGHT = ("Id", "No")


@dataclass(frozen=True)
class Census:
    """Every product's id, in rising order, and the marks of those numbers that occur more than once. 16 bytes a product."""

    ids: array[int]
    twice: frozenset[int]

    def may_be_shared(self, number: str) -> bool:
        return _mark(number) in self.twice


class ProductNumbers:
    """The numbers of one ERP's products. Raises the RemoteErrors of `app.errors`."""

    def __init__(self, soap: Soap, settings: SevenOfficeAdapterSettings, articles: ArticleNumbers | None) -> None:
        self._soap = soap
        self._settings = settings
        self._articles = articles
        self._censuses: TtlCache[str, Census] = TtlCache(CENSUS_SECONDS, 1)
        self._kept: TtlCache[str, str] = TtlCache(NUMBER_SECONDS, MOST_KEPT)

    # one product's number

    async def known(self, source_ids: Collection[str]) -> dict[str, str]:
        """Numbers, by product id, of articles that the gateway has seen; one that has none there is missing."""
        found = {key: number for key in source_ids if (number := self._kept.get(key))}
        asked = [key for key in source_ids if key not in found]
        if asked and self._articles is not None:
            for key, number in (await self._articles.numbers(asked)).items():
                found[key] = self._kept.put(key, number)
        return found

    async def read(self, source_ids: Collection[str]) -> tuple[dict[str, str], dict[str, list[str]]]:
        """Numbers by product id as the ERP has them; empty for a product without one, and for one that there is not. The second:
        the ids of all products with that number, where there are several."""
        found = dict.fromkeys(source_ids, "")
        for some in blocks(sorted(wire_ids(source_ids)), self._settings.ids_per_call):
            for each in await self._soap.get_products({"ProductIds": some}, _LIGHT):
                if str(each.get("Id")) in found:
                    found[str(each["Id"])] = _number(each)
        owners = await self.shared({number for number in found.values() if number})
        shared = {key: owners[number] for key, number in found.items() if number in owners}
        for key, number in found.items():
            if number and key not in shared:
                self._kept.put(key, number)
        return {key: "" if key in shared else number for key, number in found.items()}, shared

    # numbers that several products have

    async def shared(self, numbers: Collection[str], census: Census | None = None) -> dict[str, list[str]]:
        """Those of these numbers that several products have: the ids of the products by number."""
        suspects = numbers
        if census is None and len(numbers) > FEW:
            census = await self.census()
        if census is not None:
            suspects = [each for each in numbers if census.may_be_shared(each)]
        found = {number: await self.owners(number) for number in sorted(suspects)}
        return {number: ids for number, ids in found.items() if len(ids) > 1}

    async def owners(self, number: str) -> list[str]:
        """The ids of the products with exactly this number."""
        found = await self._soap.get_products({"No": number}, _LIGHT)
        return [str(key) for key in sorted({int(each["Id"]) for each in found if each.get("Id") and _number(each) == number})]

    async def census(self, *, is_new: bool = False) -> Census:
        """All products, at most CENSUS_SECONDS old; `is_new`: counted now. One category at a time, then those in none."""
        kept = None if is_new else self._censuses.get("")
        if kept is not None:
            return kept
        ids, marks = set[int](), array("Q")
        for search in await self._searches():
            self._count(await self._soap.get_products(search, _LIGHT), ids, marks)
        if self._settings.load_by_category and ids:
            await self._count_those_in_no_category(ids, marks)
        return self._censuses.put("", Census(array("q", sorted(ids)), _twice(marks)))

    def _count(self, products: Sequence[Mapping[str, Any]], ids: set[int], marks: array[int]) -> None:
        """Each product once: a category may be listed with those below it."""
        for each in products:
            if each.get("Id") and each["Id"] not in ids:
                ids.add(each["Id"])
                if number := _number(each):
                    marks.append(_mark(number))

    async def _searches(self) -> Sequence[Mapping[str, Any]]:
        everything: Mapping[str, Any] = {"DateChanged": LONG_AGO}
        if not self._settings.load_by_category:
            return [everything]
        try:
            categories = await self._soap.get_product_categories()
        except (
            Refused,
            Faulted,
            NoRight,
            Malformed,
        ):  # the user may have no right to them: the list of all says whether anything is wrong
            return [everything]
        return [{"CategoryId": each} for each in sorted({one["Id"] for one in categories if one.get("Id")})] or [everything]

    async def _count_those_in_no_category(self, ids: set[int], marks: array[int]) -> None:
        listed = await self._soap.get_products({"DateChanged": LONG_AGO}, ("Id",))
        left = sorted({each["Id"] for each in listed if each.get("Id") and each["Id"] not in ids})
        for some in blocks(left, self._settings.ids_per_call):
            self._count(await self._soap.get_products({"ProductIds": some}, _LIGHT), ids, marks)


def _number(product: Mapping[str, Any]) -> str:
    return str(product.get("No") or "").strip()


def _mark(number: str) -> int:
    return int.from_bytes(blake2b(number.encode(), digest_size=8).digest())


def _twice(marks: Iterable[int]) -> frozenset[int]:
    """Those that occur more than once."""
    last, found = -1, set()
    for each in sorted(marks):
        if each == last:
            found.add(each)
        last = each
    return frozenset(found)
