"""The routes under `/_sandbox`, by which a test or a person does things to the shop beside its own API.

- `GET deliveries?since=N` lists the pings and deliveries sent, from the N-th on.
- `POST deliver` sends what waits and waits for the answers.
- `POST checkout` makes a customer's own order; the body is that of `POST /orders`.
- `POST queue` takes `{"paused": bool}` or `{"drop": true}`.
- `POST front` takes `{"maintenance": bool, "rest_api": …, "permalinks": …}`.
- `POST restore/orders/ID` and `POST restore/products/ID` take a record out of the trash, as the shop's own pages do.
- `POST owner` takes `{"has_rights": bool}`, of the user who made the webhooks.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.sandbox.kit.control import control_routes
from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.wire.arguments import BODIES
from app.sandbox.woocommerce.wire.errors import RestError
from app.sandbox.woocommerce.wire.rules import check_all


def sandbox_routes(shop: Shop) -> list[Route]:
    async def read_deliveries(request: Request) -> Response:
        since = int(request.query_params.get("since", "0"))
        return Response(orjson.dumps([asdict(sent) for sent in shop.deliveries[since:]]), media_type="application/json")

    async def deliver(request: Request) -> Response:
        await shop.run_queue()
        return JSONResponse({"sent": len(shop.deliveries), "waiting": len(shop.queue.waiting)})

    async def checkout(request: Request) -> Response:
        try:
            body = check_all(BODIES["order"], _object(await request.body()), shop.config.strict)
            order = shop.checkout(body)
        except RestError as refused:
            return JSONResponse(refused.body(), refused.status)
        return JSONResponse(shop.orders.show(order, shop.config.home), 201)

    async def change_queue(request: Request) -> Response:
        wish = _object(await request.body())
        dropped = shop.drop_queue() if wish.get("drop") else 0
        if "paused" in wish:
            shop.pause_queue(bool(wish["paused"]))
        return JSONResponse({"paused": shop.queue.paused, "waiting": len(shop.queue.waiting), "dropped": dropped})

    async def change_front(request: Request) -> Response:
        try:
            shop.front.change(**_object(await request.body()))
        except (KeyError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 422)
        return JSONResponse(asdict(shop.front))

    async def change_owner(request: Request) -> Response:
        shop.owner_has_rights = bool(_object(await request.body()).get("has_rights", True))
        return JSONResponse({"has_rights": shop.owner_has_rights})

    async def restore(request: Request) -> Response:
        act = shop.restore_order if request.path_params["kind"] == "orders" else shop.restore_product
        try:
            act(request.path_params["id"])
        except RestError as refused:
            return JSONResponse(refused.body(), refused.status)
        return Response(status_code=204)

    return [
        *control_routes(shop.journal, shop.faults),
        Route("/_sandbox/deliveries", read_deliveries, methods=["GET"]),
        Route("/_sandbox/deliver", deliver, methods=["POST"]),
        Route("/_sandbox/checkout", checkout, methods=["POST"]),
        Route("/_sandbox/queue", change_queue, methods=["POST"]),
        Route("/_sandbox/front", change_front, methods=["POST"]),
        Route("/_sandbox/owner", change_owner, methods=["POST"]),
        Route("/_sandbox/restore/{kind}/{id:int}", restore, methods=["POST"]),
    ]


def _object(raw: bytes) -> dict[str, Any]:
    """Raises RestError when the body is no JSON object."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise RestError(400, "rest_invalid_json", str(error)) from error
    if not isinstance(body, dict):
        raise RestError(400, "rest_invalid_json", "not an object")
    return body
