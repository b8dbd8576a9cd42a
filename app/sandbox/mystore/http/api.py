"""How a call to the API is taken in: who calls, how often, with which rights, in which form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.sandbox.kit.faults import Fault, show
from app.sandbox.kit.requests import METHODS, Answer, IncomingCall, Refused, RequestHandler
from app.sandbox.mystore.http.calls import BATCHES, Call, Operation, Operations, Pairs
from app.sandbox.mystore.model.mystore import Mystore
from app.sandbox.mystore.model.shop import Shop
from app.sandbox.mystore.model.tokens import Grant
from app.sandbox.mystore.wire.refusals import EXPIRED, JSON_API, PLAIN, bad_request, errors, forbidden, refused

_LIBRARIES = re.compile(r"python-|aiohttp|urllib|curl|okhttp", re.IGNORECASE)
_LACKS_RIGHT = "Invalid scope(s) provided."


class Api(RequestHandler):
    """Everything under `/shops`."""

    def __init__(self, mystore: Mystore, operations: Operations) -> None:
        super().__init__(mystore.journal, mystore.faults)
        self._mystore = mystore
        self._operations = operations

    def routes(self) -> list[Route]:
        return [self.journaled_route(METHODS, "/shops/{shop}/{rest:path}", self.respond)]

    async def respond(self, call: IncomingCall) -> tuple[Response, Fault | None]:
        """A fault with `after_write` is shown when the call has done its work; a refusal is shown in spite of it."""
        fault = self.faults.take(call.request)
        if fault is not None and not fault.after_write and (shown := await show_fault(fault)) is not None:
            return shown, fault
        with self._mystore.lock:
            answer, was_refused = self.answer(lambda: self._answer(call.request, call.raw))
        if fault is not None and fault.after_write and not was_refused and (shown := await show_fault(fault)) is not None:
            return shown, fault
        return answer.response(), fault

    def _answer(self, request: Request, raw: bytes) -> Answer:
        """Raises Refused."""
        self._check_agent(request.headers)
        shop, grant = self._caller(request)
        method, path, body = request.method, f"/{request.path_params['rest']}", _decoded(raw)
        if method == "POST" and isinstance(body, dict) and body.get("_method") in ("PATCH", "DELETE"):
            method = body["_method"]
        self._count(grant, len(body) if path in BATCHES and isinstance(body, list) else 1)
        operation, ids = self._operations.find(method, path)
        self._check_forms(request.headers, operation, has_body=bool(raw))
        pairs = request.query_params.multi_items()
        call = Call(self._mystore, shop, grant, str(request.url.replace(query="")), ids, pairs, body)
        return _of_form(self._run(operation, call), operation)

    def perform(self, call: Call, method: str, path: str, body: Any) -> Answer:
        """One operation of a batch, by the batch's own caller; `path` is as under a shop. Never raises."""
        path, _, query = path.partition("?")
        try:
            operation, ids = self._operations.find(method, path)
            if path in BATCHES:
                raise bad_request("A batch holds no batch")
            pairs: Pairs = [(name, value) for name, _, value in (part.partition("=") for part in query.split("&") if part)]
            return self._run(operation, replace(call, ids=ids, pairs=pairs, body=body))
        except Refused as error:
            return error.answer

    def _run(self, operation: Operation, call: Call) -> Answer:
        right = operation.right(call.config)
        if right is not None and not call.grant.may(right):
            raise forbidden(_LACKS_RIGHT)
        return operation.handler(call)

    # Who calls

    def _check_agent(self, headers: Mapping[str, str]) -> None:
        agent = headers.get("user-agent", "").strip()
        if not agent or (self._mystore.config.strict and _LIBRARIES.match(agent)):
            raise bad_request("A User-Agent that names the client is required")

    def _caller(self, request: Request) -> tuple[Shop, Grant]:
        """The shop in the path and the token for it. Raises Refused."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise refused(401, "A token is required")
        grant = self._mystore.authority.grant(token.strip())
        shop = self._mystore.shops.get(request.path_params["shop"])
        if grant is None or shop is None or grant.shop != shop.name:
            raise refused(self._mystore.config.expired_status, EXPIRED)
        return shop, grant

    def _count(self, grant: Grant, count: int) -> None:
        """Raises Refused (429)."""
        seconds = self._mystore.wait_for_call(grant, count)
        if seconds is not None:
            headers = {"Retry-After": str(seconds)} if self._mystore.config.retry_after else {}
            raise refused(429, "Too many calls", headers)

    def _check_forms(self, headers: Mapping[str, str], operation: Operation, *, has_body: bool) -> None:
        """Resources speak JSON:API, the rest plain JSON. Raises Refused: 406 or 415."""
        if not self._mystore.config.strict:
            return
        form = PLAIN if operation.is_plain else JSON_API
        accepted = [part.split(";")[0].strip() for part in headers.get("accept", "").split(",")]
        if form not in accepted:
            raise refused(406, f"Accept must be {form}")
        if has_body and headers.get("content-type", "").split(";")[0].strip() != form:
            raise refused(415, f"Content-Type must be {form}")


async def show_fault(fault: Fault) -> Response | None:
    """As the kit shows it; a status with mystore's own document, in which `text` is the detail."""
    if fault.kind != "status":
        return await show(fault)
    headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
    document = errors(fault.status, fault.text or "The simulator was told to answer so")
    return JSONResponse(document, fault.status, headers, JSON_API)


def _of_form(answer: Answer, operation: Operation) -> Answer:
    return replace(answer, media_type=PLAIN) if operation.is_plain else answer


def _decoded(raw: bytes) -> Any:
    """Raises Refused (400) for what is no JSON."""
    if not raw:
        return None
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise bad_request("The body is not JSON") from error


def operations(*groups: Sequence[Operation]) -> Operations:
    return Operations(tuple(one for group in groups for one in group))
