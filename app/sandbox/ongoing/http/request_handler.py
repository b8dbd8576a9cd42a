"""How every call is taken in: lock-out, login, faults, the goods owner's write lock, the answer and the journal."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.kit.faults import Fault, show
from app.sandbox.kit.fields import R, Wrong
from app.sandbox.kit.queries import Parameter, integer
from app.sandbox.kit.requests import REFUSALS, Answer, IncomingCall, RequestHandler
from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.http.lockout import Lockout
from app.sandbox.ongoing.model.warehouse import Warehouse

GOODS_OWNER = {"goodsOwnerId": Parameter(integer, required=True)}
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
class Write:
    """A change that is checked and waits for its goods owner's write lock."""

    goods_owner_id: int
    make: Callable[[], Answer]


@dataclass(frozen=True)
class ApiCall(IncomingCall):
    """One call, logged in."""

    login: Login
    warehouse: Warehouse

    def body(self, kind: type[R]) -> R:
        content_type = self.request.headers.get("content-type", "")
        if content_type.split(";")[0].strip().lower() != "application/json":
            raise assumed.media_type_refused(content_type)
        return super().body(kind)

    def check_goods_owner(self, goods_owner_id: int) -> None:
        if goods_owner_id not in self.login.goods_owner_ids:
            raise assumed.goods_owner_refused(goods_owner_id)


Endpoint = Callable[[ApiCall], Answer | Write]


class WarehouseRequestHandler(RequestHandler):
    """Takes calls in for one warehouse."""

    def __init__(self, warehouse: Warehouse) -> None:
        super().__init__()
        config = warehouse.config
        self.warehouse = warehouse
        self.base = f"/{config.warehouse}/api/v1"
        self._lockout = Lockout(config.lockout_failures, timedelta(seconds=config.lockout_window_seconds), warehouse.clock)
        self._logins = {(user, password): Login(user, frozenset(ids)) for user, password, ids in config.users}

    def wrong_body(self, faults: Sequence[Wrong]) -> Answer:
        return assumed.body_refused(f"{one.place}: {one.reason}" for one in faults).answer

    def wrong_query(self, name: str, reason: str) -> Answer:
        return assumed.query_refused(name, reason).answer

    def no_such_route(self, path: str) -> Answer:
        return assumed.no_such_route(path).answer

    def no_such_method(self, method: str) -> Answer:
        return assumed.method_refused(method).answer

    def api_route(self, method: str, template: str, endpoint: Endpoint) -> Route:
        """`template` is the path under the base path, in Starlette's notation. The lock-out counts by method and template."""

        async def respond(call: IncomingCall) -> tuple[Response, Fault | None]:
            user, password = _basic_login(call.request.headers.get("authorization"))
            key = (f"{method} {template}", user)
            if (left := self._lockout.seconds_left(key)) > 0:
                return assumed.locked_out(left).answer.response(), None
            fault = self.faults.take(call.request)
            login = self._logins.get((user, password))
            if login is None:
                response = assumed.login_refused().answer.response()
            else:
                response = await self._carry_out(ApiCall(call.request, call.raw, login, self.warehouse), endpoint, fault)
            if fault is None:
                # A fault on demand stands for the network or the server: it doesn't count towards the lock-out.
                self._lockout.record(key, response.status_code)
            return response, fault

        return self.journaled_route([method], self.base + template, respond)

    async def _carry_out(self, call: ApiCall, endpoint: Endpoint, fault: Fault | None) -> Response:
        before = fault if fault is not None and not fault.after_write else None
        if before is not None and before.kind not in SHAPES and before.kind != "slow":
            return await _shown(before)
        seconds = before.seconds if before is not None and before.kind == "slow" else 0.0
        try:
            planned = endpoint(call)
            if isinstance(planned, Answer):
                await asyncio.sleep(seconds)
                return await _shaped(planned, call, fault)
            async with self.warehouse.write_lock.held(planned.goods_owner_id):
                await asyncio.sleep(self.warehouse.config.write_seconds + seconds)
                left_out = before is not None and before.kind == "no-id"
                made = Answer({"message": None}) if left_out else planned.make()
                return await _shaped(made, call, fault)
        except REFUSALS as error:
            return self.refusal(error).response()


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
        return Answer({"Message": assumed.LOGIN_FAULT}, 500).response()
    response = await show(fault)
    if response is None:
        raise ValueError(f"the fault {fault.kind} shows nothing")
    return response


async def _shaped(answer: Answer, call: ApiCall, fault: Fault | None) -> Response:
    """The answer as it is, or as the fault has it: the work is done either way. A refusal is shown in spite of `after_write`."""
    if fault is None or (fault.kind == "slow" and not fault.after_write):
        return answer.response()
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return answer.response()
    if fault.kind not in SHAPES:
        return await _shown(fault)
    return Answer(_body_shaped(answer.body, call, fault.kind), answer.status).response()


def _body_shaped(body: Any, call: ApiCall, kind: str) -> Any:
    if kind == "no-id" and isinstance(body, dict):
        return {**body, _id_name(call): None}
    if kind == "null-arrays":
        return _without_lists(body)
    return None if kind == "null-answer" else body


def _id_name(call: ApiCall) -> str:
    resource = call.request.url.path.removeprefix(f"/{call.warehouse.config.warehouse}/api/v1/").split("/")[0]
    return ID_NAMES.get(resource, "id")


def _without_lists(body: Any) -> Any:
    """Every list inside the records becomes null; a list of records stays one."""
    if isinstance(body, list):
        return [_without_lists(one) for one in body]
    if isinstance(body, dict):
        return {name: None if isinstance(value, list) else _without_lists(value) for name, value in body.items()}
    return body
