"""The goods owner REST API of Ongoing WMS, as far as articles and orders need it.

Writes are not retried here and must be made one at a time per goods owner (upstream: they are processed one by one).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx
import orjson

from app.clock import Clock
from app.errors import NoSuchRecord, Refused, RemoteError
from app.http import Answer, encode_query, send
from app.warehouse import failures
from app.warehouse.check import Check, explain_connection, explain_goods_owner, explain_statuses
from app.warehouse.credentials import OngoingCredentials
from app.warehouse.failures import SYSTEM, malformed, message_of, raise_failure
from app.warehouse.resources import (
    OrderStatus,
    TransporterContract,
    Unreadable,
    Warehouse,
    WarehouseArticle,
    WarehouseOrder,
    read_article,
    read_contract,
    read_order,
    read_status,
    read_warehouse,
    required_whole,
)
from app.warehouse.settings import OngoingSettings

NUMBERS_PER_CALL = 50
MAX_QUERY = 1900
"""Characters of a query string; IIS, which the WMS runs on, refuses more than 2048 unless told otherwise."""

T = TypeVar("T")
Params = list[tuple[str, str]]


@dataclass(frozen=True)
class Written:
    """The answer to a write: the WMS's id of the record, and its remark (side effects, say) without HTML."""

    id: int
    message: str | None
    status: int
    answer: dict[str, Any]


@dataclass(frozen=True)
class _List(Generic[T]):
    """How one list is filtered by number and walked by id (upstream: no page numbers, "from id" is inclusive, rising ids)."""

    path: str
    number_key: str
    from_key: str
    size_key: str
    read: Callable[[Mapping[str, Any]], T]
    id_of: Callable[[T], int]
    number_of: Callable[[T], str]


_ORDERS = _List(
    "orders",
    "orderNumbers",
    "orderIdFrom",
    "maxOrdersToGet",
    read_order,
    lambda order: order.order_id,
    lambda order: order.number,
)
_ARTICLES = _List(
    "articles",
    "articleNumbers",
    "articleSystemIdFrom",
    "maxArticlesToGet",
    read_article,
    lambda article: article.article_system_id,
    lambda article: article.number,
)


class OngoingClient:
    """One goods owner in one WMS. Every method raises the RemoteErrors of `app.errors`, with the WMS's own words in them."""

    def __init__(self, credentials: OngoingCredentials, http: httpx.AsyncClient, clock: Clock, settings: OngoingSettings) -> None:
        self._credentials = credentials
        self._http = http
        self._clock = clock
        self._settings = settings
        login = f"{credentials.user}:{credentials.password.get_secret_value()}"
        self._authorization = "Basic " + base64.b64encode(login.encode()).decode("ascii")

    @property
    def goods_owner_id(self) -> int:
        return self._credentials.goods_owner_id

    # --- orders ---------------------------------------------------------------------------------------------------------

    async def get_order_by_number(self, number: str) -> WarehouseOrder | None:
        """The order with exactly this number; None when the goods owner has none."""
        return (await self.get_orders([number])).get(number)

    async def get_orders(self, numbers: Sequence[str]) -> dict[str, WarehouseOrder]:
        """The orders with exactly these numbers; those that do not exist are missing from the answer.

        Several with one number (made by hand; upstream: renaming does not check): the one that is not cancelled, else the newest.
        """
        found: dict[str, WarehouseOrder] = {}
        for order in await self._by_number(_ORDERS, numbers):
            known = found.get(order.number)
            if known is None or self._outranks(order, known):
                found[order.number] = order
        return found

    def _outranks(self, order: WarehouseOrder, known: WarehouseOrder) -> bool:
        cancelled = self._settings.cancelled_status
        return (order.status_number != cancelled, order.order_id) > (known.status_number != cancelled, known.order_id)

    async def get_order(self, order_id: int) -> WarehouseOrder | None:
        """One order by the WMS's id. None only when the WMS itself says that the goods owner has no such order."""
        try:
            answer, call = await self._send("GET", f"orders/{order_id}")
        except NoSuchRecord:
            return None
        order = self._read(read_order, answer.json, answer, call)
        if order.order_id != order_id:
            raise malformed(answer, call, f"answered with order {order.order_id}")
        return order if order.goods_owner_id in (None, self.goods_owner_id) else None

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
        forbidden = set(self._settings.forbidden_in_article_number)
        askable = [number for number in numbers if not forbidden & set(number)]
        return {article.number: article for article in await self._by_number(_ARTICLES, askable)}

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

    async def warehouses(self) -> tuple[Warehouse, ...]:
        answer, call = await self._send("GET", "warehouses")
        return tuple(self._read(read_warehouse, row, answer, call) for row in self._rows(answer, call))

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

    # --- one call -------------------------------------------------------------------------------------------------------

    def _goods_owner(self) -> tuple[str, str]:
        return ("goodsOwnerId", str(self.goods_owner_id))

    async def _send(
        self, method: str, path: str, params: Params | None = None, body: Mapping[str, Any] | None = None
    ) -> tuple[Answer, str]:
        """The answer to one call, which is a 2xx, and the call's name."""
        headers = {"Authorization": self._authorization, "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        query = f"?{encode_query(params)}" if params else ""
        content = None if body is None else orjson.dumps(body)
        request = self._http.build_request(method, f"{self._credentials.url}{path}{query}", headers=headers, content=content)
        request.headers.pop("Cookie", None)  # every warehouse is behind the same host: nothing of one may go to another
        answer = await send(self._http, request, timeout=self._settings.call_timeout_seconds, system=SYSTEM)
        call = f"{method} {request.url.path}"
        raise_failure(answer, call=call, settings=self._settings, now=self._clock())
        return answer, call

    async def _write(self, method: str, path: str, id_key: str, body: Mapping[str, Any] | None = None) -> Written:
        answer, call = await self._send(method, path, body=body)
        if not isinstance(answer.json, dict):
            raise malformed(answer, call, "did not answer in JSON, the outcome is unknown")
        try:
            record_id = required_whole(answer.json, id_key)
        except Unreadable as error:
            raise malformed(answer, call, f"answered without {id_key}, the outcome is unknown") from error
        return Written(record_id, message_of(answer.json), answer.status, answer.json)

    def _read(self, read: Callable[[Mapping[str, Any]], T], row: Any, answer: Answer, call: str) -> T:
        if not isinstance(row, dict):
            raise malformed(answer, call, "did not answer with a record")
        try:
            return read(row)
        except Unreadable as error:
            raise malformed(answer, call, f"answered with a record that cannot be read: {error}") from error

    def _rows(self, answer: Answer, call: str) -> list[Any]:
        """The rows of a list. Null in its place is no empty list: it would prove that records are gone."""
        if not isinstance(answer.json, list):
            raise malformed(answer, call, "did not answer with a list")
        return answer.json

    # --- lists ----------------------------------------------------------------------------------------------------------

    async def _by_number(self, source: _List[T], numbers: Sequence[str]) -> list[T]:
        """Records whose number is exactly one of these (the WMS's own comparison may be wider: case, wildcards)."""
        return [record for chunk in _chunks(source.number_key, numbers) for record in await self._walk(source, chunk)]

    async def _walk(self, source: _List[T], numbers: Sequence[str]) -> list[T]:
        """By id until all are found or a page is not full."""
        found: list[T] = []
        missing, start = set(numbers), 0
        size = self._settings.page_size
        while missing:
            params = [self._goods_owner(), *((source.number_key, number) for number in numbers)]
            params += [(source.from_key, str(start))] if start else []
            answer, call = await self._send("GET", source.path, [*params, (source.size_key, str(size))])
            page = [self._read(source.read, row, answer, call) for row in self._rows(answer, call)]
            found += [record for record in page if source.number_of(record) in numbers and self._is_ours(record)]
            missing -= {source.number_of(record) for record in found}
            if len(page) < size:
                break
            largest = max(source.id_of(record) for record in page)
            if largest < start:
                raise malformed(answer, call, f"answered the same page again in spite of {source.from_key}")
            start = largest + 1
        return found

    def _is_ours(self, record: Any) -> bool:
        return record.goods_owner_id in (None, self.goods_owner_id)


def _chunks(key: str, numbers: Sequence[str]) -> Iterator[list[str]]:
    """At most NUMBERS_PER_CALL numbers and MAX_QUERY characters of query at a time, each number once."""
    chunk: list[str] = []
    length = 0
    for number in dict.fromkeys(numbers):
        own = len(encode_query([(key, number)])) + 1
        if chunk and (len(chunk) == NUMBERS_PER_CALL or length + own > MAX_QUERY - 100):
            yield chunk
            chunk, length = [], 0
        chunk.append(number)
        length += own
    if chunk:
        yield chunk
