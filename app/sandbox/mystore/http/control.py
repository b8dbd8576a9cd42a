"""The routes under `/_sandbox`, by which a test or a person does things to the shops beside their API.

Those of a shop take `?shop=NAME`, without it they mean the first one. Records are answered as webhooks show them.

- `GET state` names the shops and says how much each holds. `POST settings` takes any members of `MystoreConfig`.
- `POST products` takes `{"sku", "name", "variants", "quantity", …}`; `POST products/ID/variants` one variant;
  `PATCH products/ID` and `variants/ID` take attributes; `DELETE` takes either away.
- `POST orders` takes `{"lines", "freight", "status", …}`; `PATCH orders/ID` takes `{"quantities", "more", …}`;
  `POST orders/ID/status` takes `{"status", "comments", "captures"}`; `DELETE orders/ID`.
- `GET records/KIND` lists everything of a kind.
- `POST tokens` takes `{"revoke": true}`, `{"expire": true}`, or `{"scopes", "hidden"}` for a new personal token.
- `GET deliveries?since=N`, `POST deliver`, and `POST queue` with `{"paused": bool}` or `{"drop": true}`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.sandbox.kit.control import control_routes
from app.sandbox.kit.requests import Refused
from app.sandbox.mystore.model.mystore import Mystore
from app.sandbox.mystore.model.shop import Shop
from app.sandbox.mystore.wire.kinds import RIGHTS

Body = dict[str, Any]
Act = Callable[[Shop, int, Body], Any]


def sandbox_routes(mystore: Mystore) -> list[Route]:
    def route(method: str, path: str, act: Act) -> Route:
        return Route(f"/_sandbox/{path}", _endpoint(mystore, act), methods=[method])

    return [
        *control_routes(mystore.journal, mystore.faults),
        route("GET", "state", lambda shop, _, body: _state(mystore)),
        route("POST", "settings", lambda shop, _, body: mystore.change(**body)),
        route("POST", "products", lambda shop, _, body: shop.add_product(**body)),
        route("POST", "products/{id:int}/variants", lambda shop, found, body: shop.add_variant(found, body)),
        route("PATCH", "products/{id:int}", lambda shop, found, body: shop.change_product(found, **body)),
        route("PATCH", "variants/{id:int}", lambda shop, found, body: shop.change_variant(found, **body)),
        route("DELETE", "products/{id:int}", lambda shop, found, body: shop.delete_product(found)),
        route("DELETE", "variants/{id:int}", lambda shop, found, body: shop.delete_variant(found)),
        route("POST", "orders", lambda shop, _, body: shop.place_order(**body)),
        route("PATCH", "orders/{id:int}", _edit),
        route("POST", "orders/{id:int}/status", lambda shop, found, body: shop.set_status(found, **body)),
        route("DELETE", "orders/{id:int}", lambda shop, found, body: shop.delete_order(found)),
        route("POST", "tokens", lambda shop, _, body: _tokens(mystore, shop, body)),
        route("POST", "queue", lambda shop, _, body: _queue(shop, body)),
        Route("/_sandbox/records/{kind}", _records(mystore), methods=["GET"]),
        Route("/_sandbox/deliveries", _deliveries(mystore), methods=["GET"]),
        Route("/_sandbox/deliver", _deliver(mystore), methods=["POST"]),
    ]


def _shop(mystore: Mystore, request: Request) -> Shop:
    return mystore.shops[request.query_params.get("shop", mystore.shop.name)]


def _endpoint(mystore: Mystore, act: Act) -> Callable[[Request], Awaitable[Response]]:
    """What is wrong is answered 422 with the reason; nothing to say is 204."""

    async def answer(request: Request) -> Response:
        try:
            body = orjson.loads(await request.body() or b"{}")
            said = act(_shop(mystore, request), int(request.path_params.get("id", 0)), body)
        except Refused as refused:
            return refused.answer.response()
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 422)
        return Response(status_code=204) if said is None else JSONResponse(said, 201 if request.method == "POST" else 200)

    return answer


def _state(mystore: Mystore) -> Body:
    kinds = ("products", "product-variants", "orders", "customers", "webhooks")
    return {name: {kind: len(shop.tables[kind]) for kind in kinds} for name, shop in mystore.shops.items()}


def _edit(shop: Shop, order_id: int, body: Body) -> Any:
    """JSON has the ids of lines as text."""
    quantities = {int(line): quantity for line, quantity in body.pop("quantities", {}).items()}
    return shop.edit_order(order_id, quantities, body.pop("more", ()), **body)


def _tokens(mystore: Mystore, shop: Shop, body: Body) -> Any:
    authority = mystore.authority
    if body.get("revoke") or body.get("expire"):
        authority.revoke(refresh_too=bool(body.get("revoke")))
        return None
    return {"token": authority.personal_token(shop.name, **body)}


def _queue(shop: Shop, body: Body) -> Body:
    dropped = shop.webhooks.drop() if body.get("drop") else 0
    shop.webhooks.paused = bool(body.get("paused", shop.webhooks.paused))
    return {"paused": shop.webhooks.paused, "waiting": len(shop.webhooks.waiting), "dropped": dropped}


def _records(mystore: Mystore) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        shop, kind = _shop(mystore, request), request.path_params["kind"]
        if kind not in RIGHTS:
            return JSONResponse({"error": f"there is no kind {kind}"}, 404)
        with mystore.lock:
            return JSONResponse([shop.site.show(one) for one in shop.tables[kind]])

    return answer


def _deliveries(mystore: Mystore) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        since = int(request.query_params.get("since", "0"))
        sent = [asdict(one) for one in _shop(mystore, request).deliveries[since:]]
        return Response(orjson.dumps(sent), media_type="application/json")

    return answer


def _deliver(mystore: Mystore) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        shop = _shop(mystore, request)
        await shop.deliver()
        return JSONResponse({"sent": len(shop.deliveries), "waiting": len(shop.webhooks.waiting)})

    return answer
