"""How a call to the REST API is answered: who calls, which route, are the parameters right, may they; then the handler."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.kit.faults import show as show_fault
from app.sandbox.woocommerce.http import php
from app.sandbox.woocommerce.http.errors import RestError, no_route
from app.sandbox.woocommerce.http.front import BY_REST_ROUTE
from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.wire.rules import Rules, check_all

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_NO_PARAMETERS = ("oauth_", "consumer_key", "consumer_secret", "rest_route")
_HEADERS = {
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Expose-Headers": "X-WP-Total, X-WP-TotalPages, Link",
    "Access-Control-Allow-Headers": "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type",
}
_NO_CACHE = {
    "Expires": "Wed, 11 Jan 1984 05:00:00 GMT",
    "Cache-Control": "no-cache, must-revalidate, max-age=0, no-store, private",
}
_REFUSALS = {
    "list": ("view", "Sorry, you cannot list resources."),
    "view": ("view", "Sorry, you cannot view this resource."),
    "create": ("create", "Sorry, you are not allowed to create resources."),
    "edit": ("edit", "Sorry, you are not allowed to edit this resource."),
    "delete": ("delete", "Sorry, you are not allowed to delete this resource."),
    "batch": ("batch", "Sorry, you are not allowed to batch manipulate this resource."),
}


_KEPT = ("id", "status", "number", "sku", "stock_quantity", "date_modified_gmt")


@dataclass(frozen=True)
class Asked:
    """A call that has been checked. `given` is its query as it came; `base_url` the shop's address with the call's scheme;
    `items` the rules for what a batch holds."""

    shop: Shop
    ids: Mapping[str, Any]
    query: dict[str, Any]
    body: dict[str, Any]
    given: Mapping[str, Any]
    base_url: str
    path: str
    items: Rules

    @property
    def url(self) -> str:
        return self.base_url + self.path

    @property
    def fields(self) -> list[str] | None:
        return self.query.get("_fields")


@dataclass(frozen=True)
class Answer:
    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """One method of a route. `right` names what is refused to somebody who is not logged in; None is open to all.

    `body` None takes no body; its fields are then looked for among the query's (a DELETE with `{"force": true}`). `items` are the
    rules for each item of a batch.
    """

    handler: Callable[[Asked], Answer]
    right: str | None
    query: Rules
    body: Rules | None = None
    required: Sequence[str] = ()
    items: Rules = field(default_factory=dict)


def route(shop: Shop, path: str, operations: Mapping[str, Operation], also: Sequence[str] = ()) -> list[Route]:
    """The route, with and without a slash at the end (the shop takes both). `also` names methods of the real shop that are not
    simulated: `Allow` names them too."""
    by_method = dict(operations)
    if "PUT" in by_method:
        by_method.update(dict.fromkeys(("POST", "PATCH"), by_method["PUT"]))
    allow = ", ".join(name for name in METHODS if name in by_method or name in also)

    async def endpoint(request: Request) -> Response:
        return await serve(shop, request, lambda raw: _answer(shop, request, raw, by_method, allow))

    return [Route(full, endpoint, methods=list(METHODS)) for full in (path, f"{path}/")]


async def serve(shop: Shop, request: Request, act: Callable[[bytes], tuple[Answer, dict[str, str]]]) -> Response:
    """Answers a call with what `act` makes of its body, given the faults in force; journals it, and sends pings that are due."""
    raw = await request.body()
    fault = shop.faults.take(request)
    if fault is not None and not fault.after_write and (shown := await show_fault(fault)) is not None:
        shop.journal.add(request, _journalled(raw), shown.status_code, None, fault.kind)
        return shown
    with shop.lock:
        answer, headers = act(raw)
    await shop.queue.send_pings()
    shop.journal.add(request, _journalled(raw), answer.status, _brief(answer.body), fault.kind if fault else None)
    if fault is not None and fault.after_write and (shown := await show_fault(fault)) is not None:
        return shown
    headers = {"Content-Type": "application/json; charset=UTF-8", **{name: value for name, value in headers.items() if value}}
    return Response(php.to_json(answer.body), answer.status, headers)


def _answer(
    shop: Shop, request: Request, raw: bytes, operations: Mapping[str, Operation], allow: str
) -> tuple[Answer, dict[str, str]]:
    common = {**_HEADERS, "Link": f'<{shop.doorkeeper.base_url(request.headers)}/wp-json/>; rel="https://api.w.org/"'}
    try:
        answer = _handle(shop, request, raw, operations)
    except RestError as refused:
        headers = {**common, **({"Vary": "Origin"} if refused.status == 401 else {})}
        if refused.status != 401 and refused.code != "rest_no_route":
            headers["Allow"] = allow
        return Answer(refused.body(), refused.status), headers
    return answer, {**common, "Allow": allow, **answer.headers, **_NO_CACHE}


def _handle(shop: Shop, request: Request, raw: bytes, operations: Mapping[str, Operation]) -> Answer:
    """Raises RestError for everything that is refused."""
    given = php.parse_query(request.url.query)
    is_form = _media_type(request) == "application/x-www-form-urlencoded"
    form = php.parse_query(raw.decode("utf-8", "replace")) if is_form else {}
    signed = {**given, **(form if request.method == "POST" else {})}
    key = None
    if not request.scope.get(BY_REST_ROUTE):
        key = shop.doorkeeper.caller(request.method, request.url.path, signed, request.headers)
    if key is None and shop.front.rest_api == "members-only":
        raise RestError(401, "rest_login_required", "REST API restricted to authenticated users.")
    operation = operations.get("GET" if request.method == "HEAD" else request.method)
    if operation is None:
        raise no_route()
    query = {name: value for name, value in given.items() if not name.startswith(_NO_PARAMETERS)}
    body = php.as_lists(form) if is_form else _json(request, raw)
    if operation.body is None:
        query, body = {**query, **(body if request.method == "DELETE" else {})}, {}
    strict = shop.config.strict
    asked = Asked(
        shop=shop,
        ids=request.path_params,
        query=check_all(operation.query, query, strict),
        body={} if operation.body is None else check_all(operation.body, body, strict, operation.required),
        given=given,
        base_url=shop.doorkeeper.base_url(request.headers),
        path=request.url.path.rstrip("/"),
        items=operation.items,
    )
    if key is None and operation.right is not None:
        code, message = _REFUSALS[operation.right]
        raise RestError(401, f"woocommerce_rest_cannot_{code}", message)
    return operation.handler(asked)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def _json(request: Request, raw: bytes) -> dict[str, Any]:
    """The fields of a JSON body. Without `Content-Type: application/json` it is not looked at: 200, and nothing is changed
    (observed). Raises RestError for what is no JSON."""
    if not raw or _media_type(request) != "application/json":
        return {}
    try:
        body = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _bad_json(5, "Malformed UTF-8 characters, possibly incorrectly encoded") from error
    except ValueError as error:
        raise _bad_json(4, "Syntax error") from error
    if isinstance(body, dict):
        return body
    return {str(index): value for index, value in enumerate(body)} if isinstance(body, list) else {}


def _bad_json(code: int, message: str) -> RestError:
    data = {"status": 400, "json_error_code": code, "json_error_message": message}
    return RestError(400, "rest_invalid_json", "Invalid JSON body passed.", data)


def _journalled(raw: bytes) -> Any:
    """The body as the journal keeps it: decoded where it is JSON, else as text."""
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw.decode("utf-8", "replace")


def _brief(body: Any) -> Any:
    """An answer as the journal keeps it: of a list the ids, of a resource what tells its state, of an error everything. The
    journal of a day with 50,000 orders has to fit into memory."""
    if isinstance(body, list):
        return [part.get("id") if isinstance(part, dict) else part for part in body]
    if isinstance(body, dict) and "id" in body:
        return {name: body[name] for name in _KEPT if name in body}
    if isinstance(body, dict) and "code" not in body:
        return {name: _brief(part) if isinstance(part, list) else None for name, part in body.items()}
    return body
