"""Articles, and what may be sold of each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.json_reading import whole
from app.warehouse.reads.resources import WarehouseArticle, read_article
from app.warehouse.reads.stock import StatedStock, StockLevel, TooFarBack, earliest_change, read_stated_stock
from app.warehouse.rest.calls import Listing, OngoingCalls, Params, Written, zulu

ARTICLES: Listing[WarehouseArticle] = Listing(
    "articles",
    "articleNumbers",
    "articleSystemIdFrom",
    "maxArticlesToGet",
    read_article,
    lambda raw: whole(raw, "articleSystemId"),
    lambda article: article.number,
)
STOCK: Listing[StatedStock] = Listing(
    "articles",
    "articleNumbers",
    "articleSystemIdFrom",
    "maxArticlesToGet",
    read_stated_stock,
    lambda raw: whole(raw, "articleSystemId"),
    lambda stock: stock.number,
)


class Articles(OngoingCalls):
    """The articles of one goods owner."""

    async def get_articles(self, numbers: Sequence[str]) -> dict[str, WarehouseArticle]:
        """The articles with exactly these numbers; those that do not exist are missing from the answer.

        A number with a search wildcard is not asked for (it would match others) and counts as missing; it can't be sent either.
        """
        return {article.number: article for article in await self._by_number(ARTICLES, self._askable(numbers))}

    async def put_article(self, body: Mapping[str, Any]) -> Written:
        """Creates or updates by article number."""
        return await self._write("PUT", "articles", "articleSystemId", body)

    def stock(self, changed_since: datetime | None = None, after: int = 0) -> AsyncIterator[tuple[StockLevel, ...]]:
        """What may be sold of every article, or of those whose stock changed after `changed_since`, page by page.

        `after`: only articles with a larger article system id, to go on where a reading was left.
        Articles whose stock the WMS does not state are left out; `read_at` is the start of the call that a page came with. Raises
        TooFarBack at once, before any call, when `changed_since` lies further back than `stock_look_back_hours` (upstream: more
        than 24 hours are refused); all must then be read.
        """
        if changed_since is None:
            return self._stock([], after)
        earliest = earliest_change(self._clock(), self._settings.stock_look_back_hours)
        if changed_since < earliest:
            raise TooFarBack(changed_since, earliest)
        return self._stock([("stockInfoChangedFrom", zulu(changed_since))], after)

    async def _stock(self, filters: Params, after: int) -> AsyncIterator[tuple[StockLevel, ...]]:
        begun = self._clock()
        async for page in self._pages(STOCK, filters, after):
            yield tuple(level for stated in page if (level := stated.level(begun)) is not None)
            begun = self._clock()

    async def stock_of(self, numbers: Sequence[str]) -> dict[str, StockLevel]:
        """The same of exactly these articles; those that the WMS lacks, or whose stock it does not state, are missing.

        A number with a search wildcard is not asked for: it would match others.
        """
        begun = self._clock()
        stated = await self._by_number(STOCK, self._askable(numbers))
        return {level.number: level for one in stated if (level := one.level(begun)) is not None}

    def _askable(self, numbers: Sequence[str]) -> list[str]:
        forbidden = set(self._settings.forbidden_in_article_number)
        return [number for number in numbers if not forbidden & set(number)]
