"""What an order needs beside it: the numbers of its products, its company's phone and e-mail, and a date where it has none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from app.clock import Clock
from app.domain import ShopState, SourceRecord
from app.integrations.kit.side_reads import PASSING
from app.integrations.sevenoffice24.mapping.addresses import needs_company
from app.integrations.sevenoffice24.mapping.members import (
    ARTICLES,
    COMPANY,
    SHARED,
    TODAY,
    amount,
    company_id,
    has_dates,
    product_id,
    product_rows,
    state_of,
)
from app.integrations.sevenoffice24.reads.companies import Companies, Wanted
from app.integrations.sevenoffice24.reads.numbers import ProductNumbers
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.json_reading import Body, section, text


class Beside:
    """What one ERP's orders need beside them. Of an order that is not to be sent nothing is read."""

    def __init__(self, companies: Companies, numbers: ProductNumbers, settings: SevenOfficeAdapterSettings, clock: Clock) -> None:
        self._companies = companies
        self._numbers = numbers
        self._settings = settings
        self._clock = clock
        self._turn = asyncio.Lock()

    def begin(self) -> None:
        """A poll begins."""
        self._companies.begin()

    def lacks(self, order: Body) -> bool:
        """Whether something is missing that mapping needs."""
        if state_of(order, self._settings) not in (ShopState.WANTED, ShopState.WAITING):
            return False
        if self._lacks_company(order) or (TODAY not in order and not has_dates(order, self._settings)):
            return True
        numbers = section(order, ARTICLES)
        return any(not text(numbers, key) for key in self._products(order))

    async def complete(self, order: SourceRecord) -> dict[str, Any]:
        """What it lacks. One read at a time: the next order may need the same company or product."""
        async with self._turn:
            found: dict[str, Any] = {}
            if self._lacks_company(order.body):
                found[COMPANY] = await self._companies.find(_company_of(order))
            if not has_dates(order.body, self._settings):
                found[TODAY] = f"{self._clock().astimezone(ZoneInfo(self._settings.time_zone)):%Y-%m-%d}"
            known = {key: number for key, number in section(order.body, ARTICLES).items() if number}
            known |= await self._numbers.known(self._products(order.body) - set(known))
            asked, shared = await self._numbers.read(self._products(order.body) - set(known))
            return {**found, ARTICLES: {**known, **asked}, **({SHARED: shared} if shared else {})}

    async def prepare(self, orders: Iterable[SourceRecord]) -> None:
        """Asks for the companies and products of many orders together."""
        needed = [each for each in orders if self.lacks(each.body)]
        try:
            await self._companies.read([_company_of(each) for each in needed if self._lacks_company(each.body)])
            known = await self._numbers.known({key for each in needed for key in self._products(each.body)})
            await self._numbers.read({key for each in needed for key in self._products(each.body)} - set(known))
        except PASSING:
            return  # `complete` asks again for each order, and raises: one that cannot be answered waits alone

    def _lacks_company(self, order: Body) -> bool:
        return COMPANY not in order and needs_company(order) and company_id(order) is not None

    def _products(self, order: Body) -> set[str]:
        """The products of the rows that are to be sent."""
        rows = (row for _, row in product_rows(order) if amount(row, self._settings.quantity_field) != 0)
        return {key for row in rows if (key := product_id(row))}


def _company_of(order: SourceRecord) -> Wanted:
    return Wanted(company_id(order.body) or "", order.modified_at)
