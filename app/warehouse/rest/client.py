"""Ongoing WMS as the gateway uses it: articles and orders into it here, what the warehouse reports back in `reports`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import NoSuchRecord, Refused, RemoteError
from app.warehouse.connection_test import Check, explain_connection, explain_goods_owner, explain_statuses
from app.warehouse.reads.resources import (
    OrderStatus,
    TransporterContract,
    WarehouseArticle,
    WarehouseOrder,
    read_article,
    read_contract,
    read_status,
)
from app.warehouse.rest import failures
from app.warehouse.rest.calls import Written
from app.warehouse.rest.failures import malformed
from app.warehouse.rest.reports import ARTICLES, ORDERS, OngoingReports

__all__ = ["OngoingClient", "Written"]


class OngoingClient(OngoingReports):
    """One goods owner in one WMS. Every method raises the RemoteErrors of `app.errors`, with the WMS's own words in them.

    Writes are not retried here and must be made one at a time per goods owner (upstream: they are processed one by one).
    """

    # --- orders ---------------------------------------------------------------------------------------------------------

    async def get_order_by_number(self, number: str) -> WarehouseOrder | None:
        """The order with exactly this number; None when the goods owner has none."""
        return (await self.get_orders([number])).get(number)

    async def get_orders(self, numbers: Sequence[str]) -> dict[str, WarehouseOrder]:
        """The orders with exactly these numbers; those that do not exist are missing from the answer.

        Several with one number (made by hand; upstream: renaming does not check): the one that is not cancelled, else the newest.
        """
        found: dict[str, WarehouseOrder] = {}
        for order in await self._by_number(ORDERS, numbers):
            known = found.get(order.number)
            if known is None or self._outranks(order, known):
                found[order.number] = order
        return found

    def _outranks(self, order: WarehouseOrder, known: WarehouseOrder) -> bool:
        cancelled = self._settings.cancelled_status
        return (order.status_number != cancelled, order.order_id) > (known.status_number != cancelled, known.order_id)

    async def put_order(self, body: Mapping[str, Any]) -> Written:
        """Creates or updates by order number. Refused once the warehouse has started (`is_started`)."""
        return await self._write("PUT", "orders", "orderId", body)

    async def cancel_order(self, order_id: int) -> Written | None:
        """None when the WMS itself says that there is no such order.

        Refused once the warehouse has started (`is_started`), or when it was cancelled before (`is_already_cancelled`).
        """
        try:
            return await self._write("DELETE", f"orders/{order_id}", "orderId")
        except NoSuchRecord:
            return None

    def is_started(self, refused: Refused) -> bool:
        """Whether the refusal means that the warehouse has started on the order (only its text tells)."""
        return failures.is_started(refused, self._settings)

    def is_already_cancelled(self, refused: Refused) -> bool:
        """Whether the refusal means that the order was cancelled before (only its text tells)."""
        return failures.is_already_cancelled(refused, self._settings)

    # --- articles -------------------------------------------------------------------------------------------------------

    async def get_articles(self, numbers: Sequence[str]) -> dict[str, WarehouseArticle]:
        """The articles with exactly these numbers; those that do not exist are missing from the answer.

        A number with a search wildcard is not asked for (it would match others) and counts as missing; it can't be sent either.
        """
        return {article.number: article for article in await self._by_number(ARTICLES, self._askable(numbers))}

    async def put_article(self, body: Mapping[str, Any]) -> Written:
        """Creates or updates by article number."""
        return await self._write("PUT", "articles", "articleSystemId", body)

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
            return (explain_connection(error, self._credentials),)
        checks = [explain_connection(None, self._credentials), explain_statuses(statuses, self._settings)]
        try:
            seen = await self._goods_owners_seen()
        except RemoteError as error:
            return (*checks, explain_goods_owner(error, self._credentials))
        return (*checks, explain_goods_owner(seen, self._credentials))

    async def _goods_owners_seen(self) -> frozenset[int]:
        """The goods owners that a read for ours shows; empty when it has no articles yet."""
        answer, call = await self._send("GET", "articles", [self._goods_owner(), ("maxArticlesToGet", "1")])
        articles = [self._read(read_article, row, answer, call) for row in self._rows(answer, call)]
        return frozenset(article.goods_owner_id for article in articles if article.goods_owner_id is not None)
