"""Variants with what belongs beside them: their product, and their options with the values' names.

The list of variants tells their options as pairs of ids; where it does not, the product's attributes do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain import Process, SourceRecord
from app.errors import Malformed, Refused
from app.integrations.kit.side_reads import FINAL_NO
from app.integrations.kit.values.path_parts import part
from app.integrations.mystore.beside import Beside
from app.integrations.mystore.mapping.options import in_order, option, pairs_of
from app.integrations.mystore.rest.calls import Calls
from app.integrations.mystore.rest.lists import ListPage, everything, pages
from app.integrations.mystore.rest.resources import (
    LANGUAGE,
    OPTIONS,
    PRODUCT,
    UNREAD,
    VARIANT,
    Resource,
    all_related,
    attributes,
    related,
    resource_id,
)
from app.integrations.mystore.settings import MystoreSettings
from app.json_reading import Body, identity, objects, text

Pairs = Sequence[tuple[str, str]]
_KEPT = ("name", "cost", "price", "weight", "weight_unit", "weight_class", "status", "sku")
"""What a variant needs of its product."""


@dataclass
class Family:
    """Variants of one product, each with its option pairs; None where the list did not tell them."""

    members: list[tuple[Resource, Pairs | None]] = field(default_factory=list)


@dataclass
class _Round:
    """All variants as far as they have been read, by product. `next`: the query of the page to go on with."""

    name: str = ""
    found: dict[str, Family] = field(default_factory=lambda: defaultdict(Family))
    next: tuple[tuple[str, str], ...] | None = None
    is_whole: bool = False


class Variants:
    """The variants of one shop."""

    def __init__(self, calls: Calls, settings: MystoreSettings, beside: Beside) -> None:
        self._calls = calls
        self._settings = settings
        self._beside = beside
        self._round = _Round()

    async def of_product(self, product_id: str) -> Family:
        """The variants of a product; none where it has none."""
        family = Family()
        async for page in pages(self._calls, f"products/{part(product_id)}/product-variants", self._settings.page_size):
            family.members += _told(page)
        return family

    async def of_all(self, name: str) -> Mapping[str, Family]:
        """All variants of the shop, by product, for the round of that name. What was read is kept until the round ends: where a
        poll stops in between, its next slice goes on there.
        """
        if self._round.name != name:
            self._round = _Round(name)
        now = self._round
        if not now.is_whole:
            try:
                await self._read_on(now)
            except (Refused, Malformed):
                self.end_round()  # perhaps of the place only: from the beginning next time
                raise
        return now.found

    async def _read_on(self, now: _Round) -> None:
        async for page in pages(self._calls, "product-variants", self._settings.page_size, begin=now.next):
            for variant, pairs in _told(page):
                if (product := related(variant, "product")) is not None:
                    now.found[product].members.append((variant, pairs))
            now.next = page.next
        now.is_whole = True

    def end_round(self) -> None:
        """Forgets what `of_all` has kept."""
        self._round = _Round()

    async def records(self, product: Resource, family: Family) -> list[SourceRecord]:
        """The variants as records, complete."""
        if any(pairs is None and all_related(variant, "product-attributes") for variant, pairs in family.members):
            by_attribute = await self._pairs_of(resource_id(product) or "")
        else:
            by_attribute = {}
        members = [(variant, _pairs(variant, pairs, by_attribute)) for variant, pairs in family.members]
        names = await self._names({value for _, pairs in members if isinstance(pairs, list) for _, value in pairs})
        language = await self._beside.language()
        found = (self._record(variant, product, _options(pairs, names), language) for variant, pairs in members)
        return [each for each in found if each is not None]

    async def complete(self, record: SourceRecord) -> dict[str, Any]:
        """What is missing beside a variant that was read by itself."""
        product_id = related(record.body, "product")
        try:
            product = await self._calls.one(f"products/{part(product_id)}") if product_id else {}
        except FINAL_NO as error:
            product = {"id": product_id or "", "attributes": {}}
            return {PRODUCT: summary(product), OPTIONS: [], UNREAD: {"options": error.message}}
        (found,) = await self.records(product, Family([(record.body, None)])) or [record]
        return {key: found.body[key] for key in (PRODUCT, OPTIONS, LANGUAGE, UNREAD) if key in found.body}

    async def _pairs_of(self, product_id: str) -> dict[str, tuple[str, str]] | str:
        """The option and value of each of a product's attributes by its id; why not, where they may not be read."""
        try:
            listed = await everything(self._calls, f"products/{part(product_id)}/product-attributes", self._settings.page_size)
        except FINAL_NO as error:
            return error.message
        pairs = ((resource_id(each), related(each, "product-option"), related(each, "product-option-value")) for each in listed)
        return {own: (one, value) for own, one, value in pairs if own and one and value}

    async def _names(self, values: set[str]) -> dict[str, str] | str:
        try:
            return await self._beside.value_names(sorted(values, key=int))
        except FINAL_NO as error:
            return error.message

    def _record(
        self, variant: Resource, product: Resource, options: list[dict[str, str]] | str, language: str | None
    ) -> SourceRecord | None:
        own = resource_id(variant)
        if own is None:
            return None
        beside: dict[str, Any] = {PRODUCT: summary(product), LANGUAGE: language or ""}
        told = {OPTIONS: options} if isinstance(options, list) else {OPTIONS: [], UNREAD: {"options": options}}
        return SourceRecord(Process.ARTICLES, f"{VARIANT}{own}", None, {**variant, **beside, **told})


def summary(product: Body) -> dict[str, Any]:
    """What mapping needs of a product beside its variant."""
    own = attributes(product)
    return {"id": text(product, "id"), "attributes": {key: own[key] for key in _KEPT if key in own}}


def _told(page: ListPage) -> list[tuple[Resource, Pairs | None]]:
    """The variants of a page with the pairs that its `meta` tells."""
    pairs = {
        own: pairs_of(text(each, "products_stock_attributes"))
        for each in objects(page.meta, "product_variants")
        if (own := identity(each.get("products_stock_id"))) is not None
    }
    return [(each, pairs.get(resource_id(each) or "")) for each in page.records]


def _pairs(variant: Body, told: Pairs | None, by_attribute: dict[str, tuple[str, str]] | str) -> list[tuple[str, str]] | str:
    named = all_related(variant, "product-attributes")
    if told is not None or not named:
        return list(told or ())
    if isinstance(by_attribute, str):
        return by_attribute
    found = [by_attribute[each] for each in named if each in by_attribute]
    return found if len(found) == len(named) else "the product's attributes do not tell all of them"


def _options(pairs: list[tuple[str, str]] | str, names: dict[str, str] | str) -> list[dict[str, str]] | str:
    if isinstance(pairs, str) or isinstance(names, str):
        return pairs if isinstance(pairs, str) else str(names)
    found: Iterable[dict[str, str]] = (option(one, value, names.get(value, "")) for one, value in pairs)
    return [dict(each) for each in in_order(found)]
