"""One call to the goods owner REST API of Ongoing WMS, and the walk through a list of it.

Writes are not retried here and must be made one at a time per goods owner (upstream: they are processed one by one).
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, Generic, TypeVar

import httpx
import orjson
import structlog

from app.clock import Clock
from app.errors import TooLarge
from app.http import MOST_APART, Answer, encode_query, http_date, send
from app.json_reading import Unreadable, required_whole, whole
from app.warehouse.credentials import OngoingCredentials
from app.warehouse.rest.failures import SYSTEM, malformed, message_of, raise_failure
from app.warehouse.settings import OngoingSettings

NUMBERS_PER_CALL = 50
MAX_QUERY = 1900
"""Characters of a query string; IIS, which the WMS runs on, refuses more than 2048 unless told otherwise."""

log = structlog.get_logger(__name__)

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
class Listing(Generic[T]):
    """How one list is filtered by number and walked by id (upstream: no page numbers, "from id" is inclusive, rising ids)."""

    path: str
    number_key: str
    from_key: str
    size_key: str
    read: Callable[[Mapping[str, Any]], T]
    id_in: Callable[[Mapping[str, Any]], int | None]
    number_of: Callable[[T], str]
    size: Callable[[OngoingSettings], int] = attrgetter("page_size")


class OngoingCalls:
    """One goods owner in one WMS. Every call raises the RemoteErrors of `app.errors`, with the WMS's own words in them."""

    def __init__(self, credentials: OngoingCredentials, http: httpx.AsyncClient, clock: Clock, settings: OngoingSettings) -> None:
        self._credentials = credentials
        self._http = http
        self._clock = clock
        self._settings = settings
        login = f"{credentials.user}:{credentials.password.get_secret_value()}"
        self._behind = timedelta()
        self._authorization = "Basic " + base64.b64encode(login.encode()).decode("ascii")

    @property
    def goods_owner_id(self) -> int:
        return self._credentials.goods_owner_id

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
        self._note_its_clock(answer)
        call = f"{method} {request.url.path}"
        raise_failure(answer, call=call, settings=self._settings, now=self._clock())
        return answer, call

    def _note_its_clock(self, answer: Answer) -> None:
        said, ours = http_date(answer.headers.get("Date")), self._clock()
        if said is not None and abs(said - ours) <= MOST_APART:
            self._behind = max(timedelta(), ours - said)

    def by_its_clock(self, ours: datetime) -> datetime:
        """A moment of our clock as the WMS's own clock shows it, where that was behind at its last answer.

        A clock that is ahead makes no change be missed.
        """
        return ours - self._behind

    async def _write(self, method: str, path: str, id_key: str, body: Mapping[str, Any] | None = None) -> Written:
        answer, call = await self._send(method, path, body=body)
        if not isinstance(answer.json, dict):
            raise malformed(answer, call, "did not answer in JSON, the outcome is unknown")
        try:
            record_id = required_whole(answer.json, id_key)
        except Unreadable as error:
            raise malformed(answer, call, f"answered without {id_key}, the outcome is unknown") from error
        return Written(record_id, message_of(answer.json), answer.status, answer.json)

    async def _report(self, path: str, field: str, quantity: Decimal, record_id: int) -> Written:
        """Sets a confirmed quantity. Not every answer names the record (upstream: some are an undescribed text or nothing).

        An answer that is a page or a list leaves the outcome unknown. A read must show it.
        """
        value = int(quantity) if quantity == quantity.to_integral_value() else float(quantity)
        answer, call = await self._send("PATCH", f"{path}/{field}", body={field: value})
        given = answer.json if isinstance(answer.json, dict) else {}
        answered_id = whole(given, "orderId")
        if not _may_be_an_answer(answer.content, answer.json) or answered_id not in (None, record_id):
            raise malformed(answer, call, f"did not answer for {path}, the outcome is unknown")
        return Written(record_id, message_of(given), answer.status, given)

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

    async def _pages(self, source: Listing[T], filters: Params, after: int = 0) -> AsyncIterator[tuple[T, ...]]:
        """All records that pass the filters, page by page in rising ids, one page in memory at a time; those behind `after`.

        Ends at the first empty page (upstream: "until the answer is empty"): a server that gives fewer than it was asked for is
        not mistaken for one that has no more.
        """
        start, size = after + 1 if after else 0, source.size(self._settings)
        while True:
            params = [self._goods_owner(), *filters]
            params += [(source.from_key, str(start))] if start else []
            answer, call, size = await self._page(source, params, size)
            page = self._rows(answer, call)
            if not page:
                return
            yield tuple(record for record in self._readable(source.read, page, call) if self._is_ours(record))
            start = self._next_start(source, page, start, answer, call)

    async def _page(self, source: Listing[T], params: Params, size: int) -> tuple[Answer, str, int]:
        """The answer, its call, and of what size the page was: of a smaller one where so many are more than we read."""
        while True:
            try:
                return *await self._send("GET", source.path, [*params, (source.size_key, str(size))]), size
            except TooLarge:
                if size == 1:
                    raise
                size = max(1, size // 4)

    def _readable(self, read: Callable[[Mapping[str, Any]], T], page: Sequence[Any], call: str) -> Iterator[T]:
        """The records of a page. A record without its key fields (an order made by hand without a number) is left out and stops
        no others."""
        for row in page:
            try:
                yield read(row if isinstance(row, dict) else {})
            except Unreadable as error:
                log.warning("left a record of the warehouse out", call=call, why=str(error))

    async def _by_number(self, source: Listing[T], numbers: Sequence[str], filters: Sequence[tuple[str, str]] = ()) -> list[T]:
        """Records whose number is exactly one of these (the WMS's own comparison may be wider: case, wildcards)."""
        return [record for chunk in _chunks(source.number_key, numbers) for record in await self._walk(source, chunk, filters)]

    async def _walk(self, source: Listing[T], numbers: Sequence[str], filters: Sequence[tuple[str, str]]) -> list[T]:
        """By id until all are found or a page is not full."""
        found: list[T] = []
        missing, start = set(numbers), 0
        size = source.size(self._settings)
        while missing:
            params = [self._goods_owner(), *((source.number_key, number) for number in numbers), *filters]
            params += [(source.from_key, str(start))] if start else []
            answer, call, size = await self._page(source, params, size)
            page = self._rows(answer, call)
            records = [self._read(source.read, row, answer, call) for row in page]
            found += [record for record in records if source.number_of(record) in numbers and self._is_ours(record)]
            missing -= {source.number_of(record) for record in found}
            if len(page) < size:
                break
            start = self._next_start(source, page, start, answer, call)
        return found

    def _next_start(self, source: Listing[T], page: Sequence[Any], start: int, answer: Answer, call: str) -> int:
        largest = max((found for row in page if (found := _id_in(source, row)) is not None), default=-1)
        if largest < start:
            raise malformed(answer, call, f"answered the same page again in spite of {source.from_key}")
        return largest + 1

    def _is_ours(self, record: Any) -> bool:
        return record.goods_owner_id in (None, self.goods_owner_id)


def _id_in(source: Listing[T], row: Any) -> int | None:
    return source.id_in(row) if isinstance(row, dict) else None


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


def _may_be_an_answer(content: bytes, parsed: object) -> bool:
    return content.lstrip()[:1] != b"<" and not isinstance(parsed, list)


def zulu(moment: datetime) -> str:
    """In UTC, as the WMS asks for; no plus sign is left that a proxy might take for a space."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
