"""Articles, and what may be sold of each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.json_reading import whole
from app.warehouse.reads.resources import WarehouseArticle, read_article
from app.warehouse.reads.stock import (
    StatedStock,
    StockByPlace,
    StockLevel,
    TooFarBack,
    earliest_change,
    in_places,
    read_stated_stock,
    read_stock_by_place,
)
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
STOCK_BY_PLACE: Listing[StockByPlace] = Listing(
    "articles/inventoryPerWarehouse",
    "articleNumbers",
    "articleSystemIdFrom",
    "maxArticlesToGet",
    read_stock_by_place,
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

    def stock(
        self, changed_since: datetime | None = None, after: int = 0, *, warehouse_ids: Sequence[int] = ()
    ) -> AsyncIterator[tuple[StockLevel, ...]]:
        """What may be sold of every article, or of those whose stock changed after `changed_since`, page by page.

        `after`: only articles with a larger article system id, to go on where a reading was left. `warehouse_ids`: only what is
        in these warehouses counts; none named means all. Which articles have stock only the list of articles says, so that
        each of its pages is read together with that part of the list by warehouse.
        Articles whose stock the WMS does not state are left out; `read_at` is the start of the call that a page came with. Raises
        TooFarBack at once, before any call, when `changed_since` lies further back than `stock_look_back_hours` (upstream: more
        than 24 hours are refused); all must then be read.
        """
        if changed_since is None:
            return self._stock([], after, warehouse_ids)
        earliest = earliest_change(self._clock(), self._settings.stock_look_back_hours)
        if changed_since < earliest:
            raise TooFarBack(changed_since, earliest)
        return self._stock([("stockInfoChangedFrom", zulu(changed_since))], after, warehouse_ids)

    async def _stock(self, filters: Params, after: int, warehouse_ids: Sequence[int]) -> AsyncIterator[tuple[StockLevel, ...]]:
        begun = self._clock()
        async for page in self._pages(STOCK, filters, after):
            levels = tuple(level for stated in page if (level := stated.level(begun)) is not None)
            if warehouse_ids and levels:
                levels = await self._in_places(levels, filters, warehouse_ids)
            yield levels
            begun = self._clock()

    async def _in_places(
        self, levels: Sequence[StockLevel], filters: Params, warehouse_ids: Sequence[int]
    ) -> tuple[StockLevel, ...]:
        ids = [level.article_system_id for level in levels]
        found: dict[int, StockByPlace] = {}
        async for page in self._pages(STOCK_BY_PLACE, [*filters, *_named(warehouse_ids)], min(ids) - 1):
            found |= {each.article_system_id: each for each in page}
            if any(each.article_system_id >= max(ids) for each in page):
                break
        placed = (in_places(level, found.get(level.article_system_id), warehouse_ids) for level in levels)
        return tuple(level for level in placed if level is not None)

    async def stock_of(self, numbers: Sequence[str], *, warehouse_ids: Sequence[int] = ()) -> dict[str, StockLevel]:
        """The same of exactly these articles; those that the WMS lacks, or whose stock it does not state, are missing.

        A number with a search wildcard is not asked for: it would match others.
        """
        begun = self._clock()
        stated = await self._by_number(STOCK, self._askable(numbers))
        levels = [level for one in stated if (level := one.level(begun)) is not None]
        if warehouse_ids and levels:
            by_place = {
                each.number: each for each in await self.stock_by_place([level.number for level in levels], warehouse_ids)
            }
            placed = (in_places(level, by_place.get(level.number), warehouse_ids) for level in levels)
            levels = [level for level in placed if level is not None]
        return {level.number: level for level in levels}

    async def stock_by_place(self, numbers: Sequence[str], warehouse_ids: Sequence[int] = ()) -> list[StockByPlace]:
        """What each warehouse has of exactly these articles; `warehouse_ids`: only these warehouses."""
        return await self._by_number(STOCK_BY_PLACE, self._askable(numbers), _named(warehouse_ids))

    def _askable(self, numbers: Sequence[str]) -> list[str]:
        forbidden = set(self._settings.forbidden_in_article_number)
        return [number for number in numbers if not forbidden & set(number)]


def _named(warehouse_ids: Sequence[int]) -> Params:
    """Each warehouse in a parameter of its own: a list with commas is not taken (upstream)."""
    return [("warehouseIds", str(each)) for each in warehouse_ids]
