"""How every call is taken in: lock-out, login, faults, the goods owner's write lock, the answer and the journal."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.kit.faults import Fault, Faults, HangUp, show
from app.sandbox.kit.journal import Journal
from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.http.lockout import Lockout
from app.sandbox.ongoing.model.warehouse import Warehouse
from app.sandbox.ongoing.wire.values import B, read_body

SHAPES = {"no-id", "null-arrays", "null-answer"}
"""Faults that change the answer of a call that was done (`no-id` without `after_write` leaves the write out)."""

ID_NAMES = {
    "articles": "articleSystemId",
    "orders": "orderId",
    "returnOrders": "returnOrderId",
    "purchaseOrders": "purchaseOrderId",
}


class Login(NamedTuple):
    user: str
    goods_owner_ids: frozenset[int]


@dataclass(frozen=True)
class Answer:
    body: Any
    status: int = 200


NOTHING = Answer(b"")
"""An answer without a body, where the contract describes none."""


@dataclass(frozen=True)
class Write:
    """A change that is checked and waits for its goods owner's write lock."""

    goods_owner_id: int
    make: Callable[[], Answer]


@dataclass(frozen=True)
class Asked:
    """One call, logged in."""

    request: Request
    raw: bytes
    login: Login
    warehouse: Warehouse

    def number(self, name: str) -> int:
        """An id in the path."""
        number: int = self.request.path_params[name]
        return number

    def body(self, kind: type[B]) -> B:
        content_type = self.request.headers.get("content-type", "")
        if content_type.split(";")[0].strip().lower() != "application/json":
            raise assumed.media_type_refused(content_type)
        return read_body(kind, self.raw)

    def check_goods_owner(self, goods_owner_id: int) -> None:
        if goods_owner_id not in self.login.goods_owner_ids:
            raise assumed.goods_owner_refused(goods_owner_id)


Endpoint = Callable[[Asked], Answer | Write]


@dataclass
class Desk:
    """Takes calls in for one warehouse."""

    warehouse: Warehouse
    journal: Journal = field(default_factory=Journal)
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        config = self.warehouse.config
        self._lockout = Lockout(config.lockout_failures, timedelta(seconds=config.lockout_window_seconds), self.warehouse.clock)
        self._logins = {(user, password): Login(user, frozenset(ids)) for user, password, ids in config.users}

    def route(self, method: str, template: str, endpoint: Endpoint) -> Route:
        """`template` is the path under the base path, in Starlette's notation; it is also what the lock-out counts by."""

        async def answer(request: Request) -> Response:
            raw = await request.body()
            user, password = _basic_login(request.headers.get("authorization"))
            key = (f"{method} {template}", user)
            if (left := self._lockout.seconds_left(key)) > 0:
                return self._journaled(request, raw, _refusal(assumed.locked_out(left)), None)
            fault = self.faults.take(request)
            login = self._logins.get((user, password))
            if login is None:
                response = _refusal(assumed.login_refused())
            else:
                response = await self._answer(Asked(request, raw, login, self.warehouse), endpoint, fault)
            if fault is None:
                # A fault on demand stands for the network or the server: it doesn't count towards the lock-out.
                self._lockout.record(key, response.status_code)
            return self._journaled(request, raw, response, fault)

        return Route(self._base + template, answer, methods=[method])

    def missing_route(self, routes: list[Route]) -> Route:
        """What answers, and journals, a path or a method that does not exist."""

        async def answer(request: Request) -> Response:
            known = any(route.path_regex.match(request.scope["path"]) for route in routes)
            refused = assumed.method_refused(request.method) if known else assumed.no_such_route(request.url.path)
            return self._journaled(request, await request.body(), _refusal(refused), None)

        return Route(self._base + "/{rest:path}", answer, methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

    @property
    def _base(self) -> str:
        return f"/{self.warehouse.config.warehouse}/api/v1"

    async def _answer(self, asked: Asked, endpoint: Endpoint, fault: Fault | None) -> Response:
        before = fault if fault is not None and not fault.after_write else None
        if before is not None and before.kind not in SHAPES and before.kind != "slow":
            return await _shown(before)
        seconds = before.seconds if before is not None and before.kind == "slow" else 0.0
        try:
            planned = endpoint(asked)
            if isinstance(planned, Answer):
                await asyncio.sleep(seconds)
                return await _shaped(planned, asked, fault)
            async with self.warehouse.write_lock.held(planned.goods_owner_id):
                await asyncio.sleep(self.warehouse.config.write_seconds + seconds)
                left_out = before is not None and before.kind == "no-id"
                made = Answer({"message": None}) if left_out else planned.make()
                return await _shaped(made, asked, fault)
        except assumed.Refused as refused:
            return _refusal(refused)

    def _journaled(self, request: Request, raw: bytes, response: Response, fault: Fault | None) -> Response:
        hung_up = isinstance(response, HangUp)
        status, answer = (0, None) if hung_up else (response.status_code, _decoded(bytes(response.body)))
        self.journal.add(request, _decoded(raw), status, answer, fault.kind if fault else None)
        return response


def _basic_login(header: str | None) -> tuple[str, str]:
    """User and password, both empty when there is no readable Basic header."""
    scheme, _, encoded = (header or "").partition(" ")
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (user, password) if scheme.lower() == "basic" and colon else ("", "")


async def _shown(fault: Fault) -> Response:
    if fault.kind == "login-500":
        return _json({"Message": assumed.LOGIN_FAULT}, 500)
    response = await show(fault)
    if response is None:
        raise ValueError(f"the fault {fault.kind} shows nothing")
    return response


async def _shaped(answer: Answer, asked: Asked, fault: Fault | None) -> Response:
    """The answer as it is, or as the fault has it: the work is done either way. A refusal is shown in spite of `after_write`."""
    if fault is None or (fault.kind == "slow" and not fault.after_write):
        return _json(answer.body, answer.status)
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return _json(answer.body, answer.status)
    if fault.kind == "no-id" and isinstance(answer.body, dict):
        return _json({**answer.body, _id_name(asked): None}, answer.status)
    if fault.kind == "null-arrays":
        return _json(_without_lists(answer.body), answer.status)
    if fault.kind == "null-answer":
        return _json(None, answer.status)
    return _json(answer.body, answer.status) if fault.kind in SHAPES else await _shown(fault)


def _id_name(asked: Asked) -> str:
    resource = asked.request.url.path.removeprefix(f"/{asked.warehouse.config.warehouse}/api/v1/").split("/")[0]
    return ID_NAMES.get(resource, "id")


def _without_lists(body: Any) -> Any:
    """Every list inside the records becomes null; a list of records stays one."""
    if isinstance(body, list):
        return [_without_lists(one) for one in body]
    if isinstance(body, dict):
        return {name: None if isinstance(value, list) else _without_lists(value) for name, value in body.items()}
    return body


def _refusal(refused: assumed.Refused) -> Response:
    return _json({"Message": refused.message}, refused.status, refused.headers)


def _json(body: Any, status: int, headers: dict[str, str] | None = None) -> Response:
    if body == NOTHING.body:
        return Response(b"", status_code=status, headers=headers)
    return Response(orjson.dumps(body), status_code=status, headers=headers, media_type="application/json")


def _decoded(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw.decode(errors="replace")
