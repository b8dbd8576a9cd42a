"""Ongoing WMS as the gateway uses it: all calls for one goods owner."""

from __future__ import annotations

from dataclasses import replace

from app.errors import RemoteError
from app.warehouse.connection_test import Check, explain_connection, explain_goods_owner, explain_statuses
from app.warehouse.reads.resources import OrderStatus, TransporterContract, read_article, read_contract, read_status
from app.warehouse.rest.articles import Articles
from app.warehouse.rest.calls import Written
from app.warehouse.rest.failures import malformed
from app.warehouse.rest.files import Files
from app.warehouse.rest.orders import Orders
from app.warehouse.rest.purchase_orders import PurchaseOrders
from app.warehouse.rest.returns import Returns
from app.warehouse.rest.stock import StockDetails

__all__ = ["OngoingClient", "Written"]


class OngoingClient(Orders, Articles, PurchaseOrders, Returns, StockDetails, Files):
    """One goods owner in one WMS. Every method raises the RemoteErrors of `app.errors`, with the WMS's own words in them.

    Writes are not retried here and must be made one at a time per goods owner (upstream: they are processed one by one).
    """

    # --- code lists -----------------------------------------------------------------------------------------------------

    async def order_statuses(self) -> tuple[OrderStatus, ...]:
        """The order statuses of this WMS; each warehouse has its own."""
        answer, call = await self._send("GET", "orders/statuses")
        if not isinstance(answer.json, dict) or "orderStatuses" not in answer.json:
            raise malformed(answer, call, "did not answer with its order statuses")
        return tuple(self._read(read_status, row, answer, call) for row in answer.json["orderStatuses"] or [])

    async def transporter_contracts(self) -> tuple[TransporterContract, ...]:
        """The carriers and services an order may ask for."""
        answer, call = await self._send("GET", "transporterContracts", [self._goods_owner()])
        return tuple(self._read(read_contract, row, answer, call) for row in self._rows(answer, call))

    async def test(self) -> tuple[Check, ...]:
        """Real calls with the credentials; what is wrong is said in the user's words. Never raises RemoteError."""
        try:
            statuses = await self.order_statuses()
        except RemoteError as error:
            return (replace(explain_connection(error, self._credentials), asked="login", error=error),)
        checks = [explain_connection(None, self._credentials), explain_statuses(statuses, self._settings)]
        try:
            seen = await self._goods_owners_seen()
        except RemoteError as error:
            return (*checks, replace(explain_goods_owner(error, self._credentials), asked="goods-owner", error=error))
        return (*checks, explain_goods_owner(seen, self._credentials))

    async def _goods_owners_seen(self) -> frozenset[int]:
        """The goods owners that a read for ours shows; empty when it has no articles yet."""
        answer, call = await self._send("GET", "articles", [self._goods_owner(), ("maxArticlesToGet", "1")])
        articles = [self._read(read_article, row, answer, call) for row in self._rows(answer, call)]
        return frozenset(article.goods_owner_id for article in articles if article.goods_owner_id is not None)
