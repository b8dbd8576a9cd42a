"""How a test or a person plays the people in the warehouse, under `/_sandbox`.

- `GET warehouse`: figures
- `POST orders/{number}/pick`, `/status`, `/ship`, `/tracking`, `/return`; `POST articles/{number}/stock`, `/items`
- `POST return-orders/{number}/receive`, `POST purchase-orders/{number}/receive`
- `GET|POST|DELETE webhooks`: those that are set up in the warehouse
- `GET deliveries?since=N`: the webhooks that were sent, from the N-th on, and those that wait
- `POST deliver`: sends the webhooks that are due and waits for the answers; `{"all": true}` also sends those that wait for
  another try

Quantities are by row number. `goods_owner_id` may be left out where only one goods owner has such a number.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.sandbox.ongoing.answers.inbound import purchase_order_answer, return_order_answer
from app.sandbox.ongoing.answers.orders import order_answer
from app.sandbox.ongoing.config import Webhook
from app.sandbox.ongoing.http.stock.control import Command, Positive, Quantity, stock_commands
from app.sandbox.ongoing.model import fulfilment
from app.sandbox.ongoing.model.inbound.purchase_records import Marks
from app.sandbox.ongoing.model.warehouse import Warehouse


class Labels(Command):
    """The carrier's numbers. A parcel is its number alone, or with `url`, `waybill` and `is_return`."""

    waybill: str | None = None
    url: str | None = None
    with_link: bool = True
    return_waybill: str | None = None
    parcels: tuple[str | fulfilment.Package, ...] = ()


class Move(Labels):
    """`picked`: totals per row number, picked before the status is set (a short pick)."""

    status: int
    picked: dict[str, Quantity] = Field(default_factory=dict)


class Ship(Move):
    status: int = fulfilment.SENT


class Pick(Command):
    """Totals per row number; all of every row when left out."""

    picked: dict[str, Quantity] | None = None


class Return(Command):
    """How many of each row come back now."""

    returned: dict[str, Positive]
    cause: str | None = None


class Receipt(Command):
    """How many of each row come in now."""

    received: dict[str, Positive]
    cause: str | None = None


class Goods(Command):
    """How many of each row of a purchase order come in now, and what is noted of all. `status`: what is wrong with them."""

    received: dict[str, Positive]
    batch_number: str | None = None
    serial: str | None = None
    expiry_date: str | None = None
    status: str | None = None
    is_locked_for_sale: bool = False


class Delivery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    all: bool = False


class ListedCarriers(BaseModel):
    """The carriers that are set up, each as code and service code."""

    model_config = ConfigDict(extra="forbid")

    listed: list[tuple[str, str]]


Action = Callable[[Any, str], dict[str, Any]]


def warehouse_routes(warehouse: Warehouse) -> list[Route]:
    async def figures(request: Request) -> Response:
        most = {str(owner): writes for owner, writes in warehouse.concurrency.items()}
        return JSONResponse({"max_parallel_writes": most, "orders": len(warehouse.orders), "articles": len(warehouse.articles)})

    return [
        Route("/_sandbox/warehouse", figures, methods=["GET"]),
        *_order_routes(warehouse),
        *(route(path, kind, act) for path, kind, act in stock_commands(warehouse)),
        Route("/_sandbox/carriers", _carriers(warehouse), methods=["POST"]),
        *_receipt_routes(warehouse),
        *_webhook_routes(warehouse),
    ]


def _order_routes(warehouse: Warehouse) -> list[Route]:
    def shown(number: str, command: Command) -> dict[str, Any]:
        return order_answer(warehouse.order(number, command.goods_owner_id), warehouse)

    def move(command: Move, number: str) -> dict[str, Any]:
        if command.picked:
            warehouse.pick(number, command.picked, command.goods_owner_id)
        warehouse.set_order_status(number, command.status, command.goods_owner_id)
        return label(command, number)

    def label(command: Labels, number: str) -> dict[str, Any]:
        owner = command.goods_owner_id
        warehouse.track(number, command.waybill, command.parcels, owner, url=command.url, with_link=command.with_link)
        if command.return_waybill is not None:
            warehouse.label_return(number, command.return_waybill, owner)
        return shown(number, command)

    def pick(command: Pick, number: str) -> dict[str, Any]:
        warehouse.pick(number, command.picked, command.goods_owner_id)
        return shown(number, command)

    def bring_back(command: Return, number: str) -> dict[str, Any]:
        warehouse.return_goods(number, command.returned, command.cause, command.goods_owner_id)
        return shown(number, command)

    return [
        route("/_sandbox/orders/{number:path}/status", Move, move),
        route("/_sandbox/orders/{number:path}/ship", Ship, move),
        route("/_sandbox/orders/{number:path}/pick", Pick, pick),
        route("/_sandbox/orders/{number:path}/tracking", Labels, label),
        route("/_sandbox/orders/{number:path}/return", Return, bring_back),
    ]


def _carriers(warehouse: Warehouse) -> Callable[[Request], Awaitable[Response]]:
    async def listed(request: Request) -> Response:
        try:
            warehouse.list_carriers(ListedCarriers.model_validate_json(await request.body()).listed)
        except (ValidationError, KeyError) as error:
            return JSONResponse({"error": f"no such carrier: {error}"}, status_code=422)
        return JSONResponse({"listed": [list(contract[:2]) for contract in warehouse.config.transporter_contracts]})

    return listed


def _receipt_routes(warehouse: Warehouse) -> list[Route]:
    def returned(command: Receipt, number: str) -> dict[str, Any]:
        received = warehouse.returns.receive(number, command.received, command.cause, command.goods_owner_id)
        return return_order_answer(received, warehouse)

    def purchased(command: Goods, number: str) -> dict[str, Any]:
        given = command.model_dump(include={"batch_number", "serial", "expiry_date", "is_locked_for_sale"})
        marks = Marks(**given, status=("DAMAGED", command.status) if command.status else None)
        received = warehouse.purchases.receive(number, command.received, command.goods_owner_id, marks)
        return purchase_order_answer(received, warehouse)

    return [
        route("/_sandbox/return-orders/{number:path}/receive", Receipt, returned),
        route("/_sandbox/purchase-orders/{number:path}/receive", Goods, purchased),
    ]


def _webhook_routes(warehouse: Warehouse) -> list[Route]:
    outbox = warehouse.webhook_outbox

    async def set_up(request: Request) -> Response:
        if request.method == "POST":
            try:
                outbox.webhooks.append(TypeAdapter(Webhook).validate_json(await request.body()))
            except ValidationError as error:
                return JSONResponse({"error": str(error)}, status_code=422)
        elif request.method == "DELETE":
            outbox.webhooks.clear()
        return JSONResponse([{**asdict(one), "token": "…"} for one in outbox.webhooks])

    async def deliveries(request: Request) -> Response:
        since = int(request.query_params.get("since", "0"))
        listed = {"sent": [asdict(one) for one in list(outbox.sent)[since:]], "waiting": outbox.describe()}
        return Response(orjson.dumps(listed), media_type="application/json")

    async def deliver(request: Request) -> Response:
        try:
            command = Delivery.model_validate_json(await request.body() or b"{}")
        except ValidationError as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        sent = await outbox.deliver(all_now=command.all)
        return JSONResponse({"sent": sent, "waiting": len(outbox.waiting)})

    return [
        Route("/_sandbox/webhooks", set_up, methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/deliveries", deliveries, methods=["GET"]),
        Route("/_sandbox/deliver", deliver, methods=["POST"]),
    ]


def route(path: str, kind: type[Command], act: Action) -> Route:
    """Answers with the record as it then is; 422 for a command that makes no sense, 404 for a record that is not there."""

    async def answer(request: Request) -> Response:
        try:
            done = act(kind.model_validate_json(await request.body()), request.path_params["number"])
        except (ValidationError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        except LookupError as error:
            return JSONResponse({"error": str(error)}, status_code=404)
        return JSONResponse(done)

    endpoint: Callable[[Request], Awaitable[Response]] = answer
    return Route(path, endpoint, methods=["POST"])
