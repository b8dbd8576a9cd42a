"""The simulator as an ASGI application."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.sandbox.journal import control_routes
from app.sandbox.ongoing import article_calls, code_list_calls, order_calls
from app.sandbox.ongoing.calls import Desk
from app.sandbox.ongoing.config import WarehouseConfig
from app.sandbox.ongoing.order_answers import order_answer
from app.sandbox.ongoing.warehouse import Clock, Warehouse, utc_now

CALLS = (*code_list_calls.CALLS, *article_calls.CALLS, *order_calls.CALLS)


def create_warehouse(config: WarehouseConfig | None = None, clock: Clock = utc_now) -> Starlette:
    """A warehouse of its own; `app.state` has its `warehouse`, `journal` and `faults`.

    The REST API is under `/{config.warehouse}/api/v1`, what steers the simulator under `/_sandbox`.
    """
    desk = Desk(Warehouse(config or WarehouseConfig(), clock))
    calls = [desk.route(method, template, endpoint) for method, template, endpoint in CALLS]
    app = Starlette(
        routes=[*calls, desk.missing_route(calls), *control_routes(desk.journal, desk.faults), *_floor_routes(desk.warehouse)]
    )
    app.state.warehouse = desk.warehouse
    app.state.journal = desk.journal
    app.state.faults = desk.faults
    return app


class Move(BaseModel):
    """What happens to an order on the floor. `picked`: totals per row number, picked before the status is set (a short pick)."""

    model_config = ConfigDict(extra="forbid")

    goods_owner_id: int
    status: int
    waybill: str | None = None
    parcels: tuple[str, ...] = ()
    picked: dict[str, Annotated[float, Field(ge=0)]] = {}


def _floor_routes(warehouse: Warehouse) -> list[Route]:
    """`GET /_sandbox/warehouse` counts what is there; `POST /_sandbox/orders/{number}/status` moves an order."""

    async def figures(request: Request) -> Response:
        most = {str(owner): writes for owner, writes in warehouse.concurrency.items()}
        return JSONResponse({"max_parallel_writes": most, "orders": len(warehouse.orders), "articles": len(warehouse.articles)})

    async def move(request: Request) -> Response:
        number: str = request.path_params["number"]
        try:
            asked = Move.model_validate_json(await request.body())
            if asked.picked:
                warehouse.pick(number, asked.picked, asked.goods_owner_id)
            warehouse.set_order_status(number, asked.status, asked.goods_owner_id)
            warehouse.track(number, asked.waybill, asked.parcels, asked.goods_owner_id)
        except (ValidationError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        except LookupError as error:
            return JSONResponse({"error": str(error)}, status_code=404)
        return JSONResponse(order_answer(warehouse.order(number, asked.goods_owner_id), warehouse))

    return [
        Route("/_sandbox/warehouse", figures, methods=["GET"]),
        Route("/_sandbox/orders/{number:path}/status", move, methods=["POST"]),
    ]
