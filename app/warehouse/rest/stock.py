"""The warehouses of a WMS, what lies in them piece by piece, and the corrections of stock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.json_reading import whole
from app.warehouse.reads.pieces import (
    Adjustment,
    ArticlePieces,
    WarehouseBuilding,
    read_adjustments,
    read_building,
    read_pieces,
)
from app.warehouse.rest.calls import Listing, OngoingCalls, Written, zulu
from app.warehouse.rest.failures import malformed, message_of

ITEMS: Listing[ArticlePieces] = Listing(
    "articleItems",
    "articleNumbers",
    "articleSystemIdFrom",
    "maxArticlesToGet",
    read_pieces,
    lambda raw: whole(raw, "articleSystemId"),
    lambda article: article.number,
)


class StockDetails(OngoingCalls):
    """What the figures of one goods owner's stock are made of."""

    async def warehouses(self) -> tuple[WarehouseBuilding, ...]:
        """All warehouses of the system."""
        answer, call = await self._send("GET", "warehouses")
        return tuple(self._read(read_building, row, answer, call) for row in self._rows(answer, call))

    async def pieces_of(self, numbers: Sequence[str]) -> list[ArticlePieces]:
        """The pieces of exactly these articles, with their batches and serial numbers. One that the WMS lacks is missing.

        A number with a search wildcard is not asked for: it would match others.
        """
        forbidden = set(self._settings.forbidden_in_article_number)
        return await self._by_number(ITEMS, [number for number in numbers if not forbidden & set(number)])

    async def adjustments(self, since: datetime) -> tuple[Adjustment, ...]:
        """Corrections of stock that were made after `since` (UTC), confirmed or not. All in one answer: there are no pages.

        The filter on those that are confirmed is not used: the contract says the opposite of its name.
        """
        params = [self._goods_owner(), ("from", zulu(since))]
        answer, call = await self._send("GET", "inventoryAdjustments", params)
        by_article = self._readable(read_adjustments, self._rows(answer, call), call)
        return tuple(each for of_it in by_article for each in of_it)

    async def confirm_adjustment(self, inventory_id: int, article_system_id: int) -> Written:
        """Says that this side knows of a stock-taking's corrections of one article. Twice does no harm."""
        path = f"inventoryAdjustments/{inventory_id}/articles/{article_system_id}/setReported"
        answer, call = await self._send("PATCH", path)
        given = answer.json if isinstance(answer.json, dict) else None
        if given is None:
            raise malformed(answer, call, "did not answer in JSON, the outcome is unknown")
        return Written(inventory_id, message_of(given), answer.status, given)
