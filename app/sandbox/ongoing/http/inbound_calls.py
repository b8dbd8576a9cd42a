"""The calls that return orders and purchase orders have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from app.sandbox.kit.answers import MakeAnswer
from app.sandbox.kit.fields import Fields, Record, int32, required, shape
from app.sandbox.kit.queries import Parameter
from app.sandbox.kit.requests import Answer
from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.http.request_handler import GOODS_OWNER, ApiCall, Endpoint, Write
from app.sandbox.ongoing.model.warehouse import Warehouse


class Kept(Protocol):
    """What the warehouse keeps of such an order."""

    id: int

    @property
    def goods_owner_id(self) -> int: ...


K = TypeVar("K", bound=Kept)


class Keeper(Protocol[K]):
    """The orders of one kind in one warehouse."""

    @property
    def by_number(self) -> Mapping[tuple[int, str], K]: ...

    @property
    def by_id(self) -> Mapping[int, K]: ...

    def put(self, body: Any) -> tuple[K, str]: ...

    def cancel(self, order: K) -> str: ...

    def set_status(self, order: K, status: int) -> None: ...


@dataclass(frozen=True)
class InboundCalls(Generic[K]):
    """The calls under `/{name}s`. `kept` finds the orders in the warehouse; `kind` is what refusals call one of them."""

    name: str
    kind: str
    kept: Callable[[Warehouse], Keeper[K]]
    body: type[Record]
    answer: MakeAnswer

    @property
    def path(self) -> str:
        return f"/{self.name}s/{{order_id:int}}"

    def calls(self) -> tuple[tuple[str, str, Endpoint], ...]:
        status = shape("StatusBody", required(int32(f"{self.name}StatusNumber")))
        return (
            ("PUT", f"/{self.name}s", self._put),
            ("DELETE", f"/{self.name}s", self._cancel_by_number),
            ("GET", self.path, lambda call: Answer(self.answer(self.in_path(call), call.warehouse))),
            ("DELETE", self.path, self._cancel),
            ("PATCH", f"{self.path}/{self.name}Status", partial(self._set_status, status)),
        )

    def patch(self, name: str, change: Callable[[K, Any], None], content: Fields) -> tuple[str, str, Endpoint]:
        """A call that changes one thing about an order. The order is looked for before the body."""
        kind = shape(name, content)

        def endpoint(call: ApiCall) -> Write:
            order, body = self.in_path(call), call.body(kind)

            def make() -> Answer:
                change(order, body)
                return self._done(order, None)

            return Write(order.goods_owner_id, make)

        return "PATCH", f"{self.path}/{name}", endpoint

    def in_path(self, call: ApiCall) -> K:
        """The order named in the path; such a call takes no query."""
        call.query({})
        order_id = call.number("order_id")
        order = self.kept(call.warehouse).by_id.get(order_id)
        if order is None:
            raise assumed.no_such_record(self.kind, order_id)
        call.check_goods_owner(order.goods_owner_id)
        return order

    def _put(self, call: ApiCall) -> Write:
        call.query({})
        body = call.body(self.body)
        call.check_goods_owner(body.goods_owner_id)
        return Write(body.goods_owner_id, lambda: self._done(*self.kept(call.warehouse).put(body)))

    def _cancel_by_number(self, call: ApiCall) -> Write:
        number = f"{self.name}Number"
        given = call.query({**GOODS_OWNER, number: Parameter(str, required=True)})
        call.check_goods_owner(given["goodsOwnerId"])

        def make() -> Answer:
            kept = self.kept(call.warehouse)
            order = kept.by_number.get((given["goodsOwnerId"], given[number]))
            if order is None:
                raise assumed.no_such_record(self.kind, given[number])
            return self._done(order, kept.cancel(order))

        return Write(given["goodsOwnerId"], make)

    def _cancel(self, call: ApiCall) -> Write:
        order = self.in_path(call)
        return Write(order.goods_owner_id, lambda: self._done(order, self.kept(call.warehouse).cancel(order)))

    def _set_status(self, kind: type[Record], call: ApiCall) -> Write:
        order, body = self.in_path(call), call.body(kind)

        def make() -> Answer:
            self.kept(call.warehouse).set_status(order, *dict(body).values())
            return self._done(order, None)

        return Write(order.goods_owner_id, make)

    def _done(self, order: K, message: str | None) -> Answer:
        return Answer({f"{self.name}Id": order.id, "message": message})
