"""The routes under `/_sandbox`, by which a test or a person does things to the office beside its services.

Records are answered by the wire's names. What is done, is done in the books of the first identity's company; `?identity=ID` names
another one.

- `GET state` says how much there is. `POST settings` takes any members of `SevenOfficeConfig`. `GET refusals` lists what was not
  taken. `POST sessions/end` ends every session. `POST faults` takes an `OperationFault`.
- `GET products` and `GET orders` list all.
- `POST products` takes `{"no", "name", "Stock", "EAN1", …}`, `PATCH products/ID` fields; `GET` and `DELETE products/ID`.
- `POST companies` takes `{"name", "Type", "Addresses", …}`, `PATCH companies/ID` fields; `DELETE companies/ID`.
- `POST orders` takes `{"rows", "customer_id", "OrderStatus", …}`; `PATCH orders/ID` takes `{"quantities", "more", …}` and fields;
  `GET` and `DELETE orders/ID`; `POST orders/ID/refuse` takes `{"reason"}`.
- `POST categories` takes `{"name"}`, `POST delivery-methods` `{"method_id", "description"}`.
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
from app.sandbox.sevenoffice24.http.faults import OperationFault
from app.sandbox.sevenoffice24.model.office import Office
from app.sandbox.sevenoffice24.model.tenant import Tenant

Body = dict[str, Any]
Act = Callable[[Tenant, int, Body], Any]


def sandbox_routes(office: Office) -> list[Route]:
    """Each takes a body and the number in its path."""
    acts: dict[tuple[str, str], Act] = {
        ("GET", "state"): lambda tenant, _, body: _state(office, tenant),
        ("GET", "refusals"): lambda tenant, _, body: [asdict(one) for one in office.refused()],
        ("POST", "settings"): lambda tenant, _, body: office.change(**body),
        ("POST", "sessions/end"): lambda tenant, _, body: {"ended": office.end_sessions()},
        ("POST", "categories"): lambda tenant, _, body: tenant.add_category(**body),
        ("GET", "products"): lambda tenant, _, body: tenant.all_products(),
        ("POST", "products"): lambda tenant, _, body: tenant.add_product(**body),
        ("GET", "products/{id:int}"): lambda tenant, found, body: tenant.product(found),
        ("PATCH", "products/{id:int}"): lambda tenant, found, body: tenant.change_product(found, **body),
        ("DELETE", "products/{id:int}"): lambda tenant, found, body: tenant.delete_product(found),
        ("POST", "companies"): lambda tenant, _, body: tenant.add_company(**body),
        ("PATCH", "companies/{id:int}"): lambda tenant, found, body: tenant.change_company(found, **body),
        ("DELETE", "companies/{id:int}"): lambda tenant, found, body: tenant.delete_company(found),
        ("GET", "orders"): lambda tenant, _, body: tenant.all_orders(),
        ("POST", "orders"): lambda tenant, _, body: tenant.place_order(**body),
        ("GET", "orders/{id:int}"): lambda tenant, found, body: tenant.order(found),
        ("PATCH", "orders/{id:int}"): lambda tenant, found, body: tenant.edit_order(found, **body),
        ("DELETE", "orders/{id:int}"): lambda tenant, found, body: tenant.delete_order(found),
        ("POST", "orders/{id:int}/refuse"): lambda tenant, found, body: tenant.refuse_order(found, **body),
        ("POST", "delivery-methods"): lambda tenant, _, body: tenant.set_delivery_method(**body),
    }
    return [
        *control_routes(office.journal, office.faults, OperationFault),
        *(Route(f"/_sandbox/{path}", _endpoint(office, act), methods=[method]) for (method, path), act in acts.items()),
    ]


def _endpoint(office: Office, act: Act) -> Callable[[Request], Awaitable[Response]]:
    """What is wrong is answered 422 with the reason; nothing to say is 204."""

    async def answer(request: Request) -> Response:
        try:
            body = orjson.loads(await request.body() or b"{}")
            tenant = office.tenant(request.query_params.get("identity"))
            said = act(tenant, request.path_params.get("id", 0), body)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            return JSONResponse({"error": str(error)}, 422)
        if said is None:
            return Response(status_code=204)
        made = orjson.dumps(said, default=str, option=orjson.OPT_UTC_Z)
        return Response(made, 201 if request.method == "POST" else 200, media_type="application/json")

    return answer


def _state(office: Office, tenant: Tenant) -> Body:
    return {
        "products": len(tenant.catalogue.products),
        "companies": len(tenant.companies.all),
        "orders": len(tenant.orders.all),
        "payments": len(tenant.saving.payments),
        "made_orders": tenant.saving.made,
        "logins": len(office.access.opened),
        "most_at_once": office.most_at_once,
        "calls_this_hour": office.limits.used,
        "calls_left": office.limits.remaining,
        "hour_ends": office.limits.reset,
    }
