"""The routes under `/_sandbox`, by which a test or a person does things to the shop beside its API.

Records are answered as the API shows them.

- `GET orders`, `orders/NUMBER` and `variants` (the flat rows of all products) show what is there.
- `GET state` says how much the shop holds. `POST settings` takes any members of `NettbutikkConfig`.
- `POST token` takes `{"token"}` (without: one is made up) or `{"remove": true}`, and answers the token that is right now.
- `POST products` takes `{"article_no", "name", "variants", "stock", …}`; `POST products/ID/variants` takes one variant;
  `PATCH products/ID` and `variants/ID` (the unique product id) take fields; `DELETE` takes either away.
- `POST customers` and `PATCH customers/ID` take fields.
- `POST orders` takes `{"lines", "customer_id", "status", …}`; `PATCH orders/NUMBER` takes `{"quantities", "more", …}` and fields;
  `PATCH orders/NUMBER/lines/ID` fields; `POST orders/NUMBER/delete` takes `{"by"}`, `POST orders/NUMBER/block` `{"blocked"}`;
  `DELETE orders/NUMBER` leaves no trace of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.sandbox.kit.control import control_routes
from app.sandbox.nettbutikk24.model.shop import Shop

Body = dict[str, Any]
Act = Callable[[int, Body], Any]


def sandbox_routes(shop: Shop) -> list[Route]:
    """Each takes a body and the number in its path."""
    acts: dict[tuple[str, str], Act] = {
        ("GET", "state"): lambda _, body: _state(shop),
        ("GET", "orders"): lambda _, body: [shop.order(number) for number in list(shop.orders.all)],
        ("GET", "orders/{id:int}"): lambda found, body: shop.order(found),
        ("GET", "variants"): lambda _, body: [row for one in list(shop.catalogue.products) for row in shop.variants(one)],
        ("POST", "settings"): lambda _, body: shop.change(**body),
        ("POST", "token"): lambda _, body: _token(shop, **body),
        ("POST", "products"): lambda _, body: shop.add_product(**body),
        ("POST", "products/{id:int}/variants"): lambda found, body: shop.add_variant(found, **body),
        ("PATCH", "products/{id:int}"): lambda found, body: shop.change_product(found, **body),
        ("PATCH", "variants/{id:int}"): lambda found, body: shop.change_variant(found, **body),
        ("DELETE", "products/{id:int}"): lambda found, body: shop.delete_product(found),
        ("DELETE", "variants/{id:int}"): lambda found, body: shop.delete_variant(found),
        ("POST", "customers"): lambda _, body: shop.add_customer(**body),
        ("PATCH", "customers/{id:int}"): lambda found, body: shop.change_customer(found, **body),
        ("POST", "orders"): lambda _, body: shop.place_order(**body),
        ("PATCH", "orders/{id:int}"): lambda found, body: shop.edit_order(found, **body),
        ("POST", "orders/{id:int}/delete"): lambda found, body: shop.delete_order(found, **body),
        ("POST", "orders/{id:int}/block"): lambda found, body: shop.block_order(found, **body),
        ("DELETE", "orders/{id:int}"): lambda found, body: shop.remove_order(found),
    }
    return [
        *control_routes(shop.journal, shop.faults),
        Route("/_sandbox/orders/{id:int}/lines/{line:int}", _edit_line(shop), methods=["PATCH"]),
        *(Route(f"/_sandbox/{path}", _endpoint(act), methods=[method]) for (method, path), act in acts.items()),
    ]


def _endpoint(act: Act) -> Callable[[Request], Awaitable[Response]]:
    """What is wrong is answered 422 with the reason; nothing to say is 204."""

    async def answer(request: Request) -> Response:
        try:
            said = act(request.path_params.get("id", 0), orjson.loads(await request.body() or b"{}"))
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 422)
        return Response(status_code=204) if said is None else JSONResponse(said, 201 if request.method == "POST" else 200)

    return answer


def _edit_line(shop: Shop) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        line_id = request.path_params["line"]
        return await _endpoint(lambda found, body: shop.edit_line(found, line_id, **body))(request)

    return answer


def _state(shop: Shop) -> Body:
    return {
        "products": len(shop.catalogue.products),
        "variants": len(shop.catalogue.variants),
        "customers": len(shop.customers.all),
        "orders": len(shop.orders.all),
        "most_at_once": shop.pace.most_at_once,
    }


def _token(shop: Shop, token: str | None = None, *, remove: bool = False) -> Body:
    if remove:
        shop.remove_token()
    else:
        shop.replace_token(token)
    return {"token": shop.token}
