"""How a call to the API is taken in: how many at once, who calls, how fast, what for, and how the answer is written."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Mapping, Sequence

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.kit.faults import Fault, show
from app.sandbox.kit.fields import Wrong
from app.sandbox.kit.queries import Parameter, choice, read_query
from app.sandbox.kit.requests import METHODS, Answer, IncomingCall, RequestHandler
from app.sandbox.nettbutikk24.config import NettbutikkConfig
from app.sandbox.nettbutikk24.http.callers import PARAMETER, check_caller
from app.sandbox.nettbutikk24.http.calls import Call, Operation, find
from app.sandbox.nettbutikk24.http.reading import reading_operations
from app.sandbox.nettbutikk24.http.writing import writing_operations
from app.sandbox.nettbutikk24.model.shop import Shop
from app.sandbox.nettbutikk24.wire.refusals import bad_arguments, refused

BASE = "/api/v1"
PLAIN = "application/json"
_TOKEN: Mapping[str, Parameter] = {PARAMETER: Parameter(str)}
_OF_PRODUCTS: Mapping[str, Parameter] = {**_TOKEN, "flat": Parameter(choice("0", "1"))}
EMPTY = Answer(b"", 400)


class Api(RequestHandler):
    """Everything under `/api/v1`."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.journal, shop.faults)
        self._shop = shop
        self._operations: Sequence[Operation] = (*reading_operations(), *writing_operations())

    def wrong_body(self, faults: Sequence[Wrong]) -> Answer:
        return EMPTY

    def wrong_query(self, name: str, reason: str) -> Answer:
        return EMPTY

    def routes(self) -> list[Route]:
        return [self.journaled_route((*METHODS, "HEAD"), BASE + "/{rest:path}", self.respond)]

    async def respond(self, call: IncomingCall) -> tuple[Response, Fault | None]:
        """A fault with `after_write` is shown when the call has done its work; a refusal is shown in spite of it."""
        fault = self.faults.take(call.request)
        with self._shop.pace.busy() as is_one_too_many:
            if is_one_too_many:
                return self._wait(self._shop.config.busy_status), fault
            if self._shop.config.call_seconds:
                await asyncio.sleep(self._shop.config.call_seconds)
            if fault is not None and not fault.after_write and (shown := await show_fault(fault)) is not None:
                return shown, fault
            with self._shop.lock:
                answer, was_refused = self.answer(lambda: self._answer(call.request, call.raw))
            if fault is not None and fault.after_write and not was_refused and (shown := await show_fault(fault)) is not None:
                return shown, fault
        return _encoded(answer, self._shop.config, fault), fault

    def _answer(self, request: Request, raw: bytes) -> Answer:
        """Raises Refused or WrongQuery."""
        check_caller(request, self._shop)
        if not self._shop.pace.takes():
            raise refused(429, self._retry_after())
        path = request.url.path.removeprefix(BASE + "/")
        segments = path.split("/")
        method = request.method
        if method == "HEAD" and segments[0] in self._shop.config.head_takes:
            method = "GET"
        handler = find(self._operations, method, path)
        query = read_query(request, _OF_PRODUCTS if segments[0] == "products" else _TOKEN)
        token = query.pop(PARAMETER, None)
        self._check_form(request, raw)
        return handler(Call(self._shop, segments, query, token, str(request.base_url), raw))

    def _check_form(self, request: Request, raw: bytes) -> None:
        """A body is JSON in UTF-8, and says so. Raises Refused (400)."""
        form = request.headers.get("content-type", "").split(";")[0].strip()
        if raw and self._shop.config.strict and form != PLAIN:
            raise bad_arguments()

    def _wait(self, status: int) -> Response:
        return Response(status_code=status, headers=self._retry_after())

    def _retry_after(self) -> dict[str, str]:
        seconds = self._shop.config.retry_after
        return {} if seconds is None else {"Retry-After": str(seconds)}


async def show_fault(fault: Fault) -> Response | None:
    """As the kit shows it; a status without a body, or with `text` as the body."""
    if fault.kind != "status":
        return await show(fault)
    headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
    return Response(fault.text.encode(), fault.status, headers, "text/html" if fault.text else None)


def _encoded(answer: Answer, config: NettbutikkConfig, fault: Fault | None) -> Response:
    """In the shop's charset. What it cannot write stands there as JSON's own escape."""
    if isinstance(answer.body, bytes):
        return answer.response()
    text = orjson.dumps(answer.body).decode()
    if fault is not None and fault.kind == "messages":
        text = fault.text + text
    media_type = f"{PLAIN}; charset={config.charset}" if config.charset_named else PLAIN
    response = Response(text.encode(config.charset, "json-escape"), answer.status, dict(answer.headers), media_type)
    response.charset = config.charset
    return response


def _escape(error: UnicodeError) -> tuple[str, int]:
    """`–` as `\\u2013`, for a charset that lacks it; beyond the basic plane two of them."""
    assert isinstance(error, UnicodeEncodeError)
    units = error.object[error.start : error.end].encode("utf-16-be")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2)), error.end


codecs.register_error("json-escape", _escape)
