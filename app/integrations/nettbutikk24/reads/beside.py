"""What an order needs beside it: its customer, and the article numbers of its lines."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from app.domain import ShopState, SourceRecord
from app.errors import Malformed, Refused, RemoteError
from app.integrations.kit.values.path_parts import part
from app.integrations.nettbutikk24.mapping.members import (
    ARTICLES,
    CUSTOMER,
    GONE,
    NO_NUMBER,
    SHARED,
    line_key,
    product_key,
    state_of,
)
from app.integrations.nettbutikk24.rest.calls import Calls
from app.integrations.nettbutikk24.rest.lists import Lists, flat
from app.integrations.nettbutikk24.rest.values import amount, record_id
from app.integrations.nettbutikk24.settings import NettbutikkAdapterSettings
from app.integrations.protocol.integration import ArticleNumbers
from app.json_reading import Body, objects, section, text
from app.ttl_cache import TtlCache

T = TypeVar("T")

MOST_CUSTOMERS = 20_000
CUSTOMER_SECONDS = 24 * 3600.0
NUMBER_SECONDS = 60.0
MANY = 40
"""From so many customers on that are to be read, it takes fewer calls to list them."""
_A_NO = (Refused, Malformed)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class _Read:
    """A customer, and when he was read (UTC, by the shop's clock)."""

    customer: Mapping[str, Any]
    at: datetime


class Beside:
    """What one shop's orders need beside them. A customer is read once, and again for an order that has changed since."""

    def __init__(self, calls: Calls, lists: Lists, settings: NettbutikkAdapterSettings, articles: ArticleNumbers | None) -> None:
        self._calls = calls
        self._lists = lists
        self._settings = settings
        self._articles = articles
        self._customers: TtlCache[str, _Read] = TtlCache(CUSTOMER_SECONDS, MOST_CUSTOMERS)
        self._numbers: TtlCache[str, str] = TtlCache(NUMBER_SECONDS, MOST_CUSTOMERS)
        self._turn = asyncio.Lock()
        self._listed: int | None = 0
        self._began = _LONG_AGO
        self._orders_at: datetime | None = None

    def lacks(self, order: Body) -> bool:
        """Whether something is missing that mapping needs. Of an order that is not to be sent nothing is read."""
        if state_of(order, self._settings) not in (ShopState.WANTED, ShopState.WAITING):
            return False
        if not section(order, CUSTOMER):
            return True
        numbers = section(order, ARTICLES)
        return any(not text(numbers, key) for key in _keys(order))

    async def complete(self, order: SourceRecord) -> dict[str, Any]:
        """What it lacks. One read at a time: the next order may need the same customer."""
        async with self._turn:
            customer = section(order.body, CUSTOMER) or await self._customer(order.body, order.modified_at)
            known = {key: number for key, number in section(order.body, ARTICLES).items() if number}
            left = {key: product for key, product in _keys(order.body).items() if key not in known}
            numbers, why = await self._numbers_of(left)
            return {CUSTOMER: dict(customer), ARTICLES: {**known, **numbers}, NO_NUMBER: why}

    async def prepare(self, orders: Collection[SourceRecord], began: datetime | None) -> None:
        """Lists customers where many orders come at once, and asks for all their articles together.

        `began`: when the poll that has just read these orders began, by the shop's clock.
        """
        self._began, self._orders_at = began or _LONG_AGO, self._calls.now
        needed = [each for each in orders if self.lacks(each.body)]
        await self._known_numbers({key for each in needed for key in _keys(each.body)})
        missing = {
            one
            for each in needed
            if (one := record_id(each.body.get("customer_id"))) and not self._is_fresh(one, each.modified_at)
        }
        pages = len(missing) // 2
        while len(missing) >= MANY and pages > 0 and self._listed is not None:
            pages -= 1
            missing -= await self._list_customers(self._listed)

    # customers

    async def _customer(self, order: Body, changed: datetime | None) -> Mapping[str, Any]:
        """Empty where the shop has none."""
        customer_id = record_id(order.get("customer_id"))
        if customer_id is None:
            return {}
        known = self._customers.get(customer_id)
        if known is not None and self._is_fresh(customer_id, changed):
            return known.customer
        try:
            rows, _ = await self._calls.rows(f"customers/{part(customer_id)}")
        except _A_NO as error:
            return _without(error, {})
        found = next((each for each in rows if record_id(each.get("id")) == customer_id), {})
        return self._customers.put(customer_id, _Read(_compact(found), self._calls.now)).customer

    def _is_fresh(self, customer_id: str, changed: datetime | None) -> bool:
        """Whether he was read after the order's last change, and in no earlier poll: then he is as he was then.

        The order's time may be off, where the shop's time zone is not the one that is set. It was read after its change.
        """
        known, changed = self._customers.get(customer_id), changed or _LONG_AGO
        if self._orders_at is not None:
            changed = max(self._began, min(changed, self._orders_at))
        return known is not None and known.at >= changed

    async def _list_customers(self, offset: int) -> set[str]:
        """The ids of those on the next page."""
        page = await self._lists.page("customers", self._lists.size, offset)
        found = set()
        for row in page.records:
            if (own := record_id(row.get("id"))) is not None:
                self._customers.put(own, _Read(_compact(row), self._calls.now))
                found.add(own)
        self._listed = offset + len(page.records) if page.goes_on and page.records else None
        return found

    def begin(self) -> None:
        """A poll begins: what it lists is listed from the start."""
        self._listed = 0

    # article numbers

    async def _numbers_of(self, products: Mapping[str, str | None]) -> tuple[dict[str, str], dict[str, str]]:
        """Article numbers by unique product id, empty for a product without one; and why, where there is more to say."""
        known, why = await self._known_numbers(products), dict[str, str]()
        for key in [each for each in products if each not in known]:
            rows = await self._rows_of(key, products[key])
            numbers = {text(row, "article_no").strip() for row in rows}
            known[key] = numbers.pop() if len(numbers) == 1 else ""
            if known[key]:
                self._numbers.put(key, known[key])
            elif not rows or numbers:
                why[key] = SHARED if rows else GONE
        return known, why

    async def _known_numbers(self, keys: Collection[str]) -> dict[str, str]:
        """Those of articles that the gateway has seen."""
        found = {key: number for key in keys if (number := self._numbers.get(key))}
        asked = [key for key in keys if key not in found]
        if asked and self._articles is not None:
            for key, number in (await self._articles.numbers(asked)).items():
                found[key] = self._numbers.put(key, number)
        return found

    async def _rows_of(self, key: str, product_id: str | None) -> list[Body]:
        """The rows of what a line sells. A shop may want the product's id where a variant is asked for, or tell none (A7)."""
        for asked in dict.fromkeys((key, product_id or key)):
            try:
                rows, _ = await self._calls.rows(f"products/{part(asked)}", flat(self._settings))
            except _A_NO as error:
                rows = _without(error, [])
            mine = [each for each in rows if product_key(each) == key]
            of_product = [each for each in rows if record_id(each.get("id")) == product_id]
            told = [each for each in of_product if key != product_id and record_id(each.get("unique_product_id")) is not None]
            if mine or (of_product and not told):
                return mine or of_product
        return []


def _keys(order: Body) -> dict[str, str | None]:
    """The unique product ids of the lines that are to be sent, each with its product's id."""
    lines = (each for each in objects(order, "order_lines") if amount(each.get("quantity")) != 0)
    return {key: record_id(each.get("product_id")) for each in lines if (key := line_key(each))}


def _without(error: RemoteError, nothing: T) -> T:
    """What an order goes on with that names what the shop does not have. Raises the error where another read may go well.

    A page that says 404 is a no too: the order is held with the reason, and not read again and again unseen.
    """
    if isinstance(error, Refused) or error.status in (404, 410):
        return nothing
    raise error


def _compact(customer: Body) -> Mapping[str, Any]:
    return {key: value for key, value in customer.items() if value not in (None, "")}
