"""The REST API takes a call in: it finds out who calls, checks the parameters and the rights, and runs the handler."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.kit.faults import show as show_fault
from app.sandbox.kit.journal import decoded
from app.sandbox.woocommerce.http.front import BY_REST_ROUTE
from app.sandbox.woocommerce.http.listing import page_headers, pick_fields
from app.sandbox.woocommerce.http.login import Doorkeeper
from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.wire import php
from app.sandbox.woocommerce.wire.arguments import BODIES, QUERIES
from app.sandbox.woocommerce.wire.errors import RestError, no_route
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
class Answer:
    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
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
    def id(self) -> int:
        """The id of the record in the path."""
        found: int = self.ids["id"]
        return found

    @property
    def url(self) -> str:
        return self.base_url + self.path

    @property
    def fields(self) -> list[str] | None:
        return self.query.get("_fields")

    def one(self, resource: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """A single resource, of which the fields asked for are shown."""
        return Answer(pick_fields(resource, self.fields, with_links=True), headers=headers or {})

    def made(self, resource: Any, location: str | None = None) -> Answer:
        """A resource that was made, 201. `location` is where it stands, when that is not its id under the list's address."""
        headers = {"Location": location or f"{self.url}/{resource['id']}"}
        return replace(self.one(resource, headers), status=201)

    def many(self, resources: Iterable[Any], headers: Mapping[str, str] | None = None) -> Answer:
        """A list as it stands."""
        return Answer([pick_fields(part, self.fields, with_links=False) for part in resources], headers=headers or {})

    def page(self, resources: Iterable[Any], total: int, defaults: Mapping[str, str] | None = None) -> Answer:
        """One page of a list of `total`, with the headers that say so. `defaults` stand in the links to its neighbours."""
        return self.many(resources, page_headers(total, self.url, self.given, self.query, defaults or {}))


@dataclass(frozen=True)
class Operation:
    """One method of a route. `right` names what is refused to somebody who is not logged in; None is open to all.

    `body` None takes no body; its fields are then looked for among the query's (a DELETE with `{"force": true}`). `items` are the
    rules for each item of a batch.
    """

    handler: Callable[[Call], Answer]
    right: str | None
    query: Rules
    body: Rules | None = None
    items: Rules = field(default_factory=dict)


def operation(
    handler: Callable[[Call], Answer], right: str | None, query: str = "one", *, body: str = "", items: str = ""
) -> Operation:
    """An operation with the arguments of the named tables (`wire.arguments`)."""
    return Operation(handler, right, QUERIES[query], BODIES[body] if body else None, BODIES[items] if items else {})


@dataclass(frozen=True)
class Endpoint:
    """One path under a version of the REST API (`/orders`), with what can be done there.

    `kind` is what it answers with: order, product …; None when every version answers the same. `also` names methods of the real
    shop that are not simulated: `Allow` names them too.
    """

    path: str
    operations: Mapping[str, Operation]
    kind: str | None = None
    also: Sequence[str] = ()

    def routes(self, api: Api, base: str) -> list[Route]:
        """The path under `base`, with and without a slash at the end (the shop takes both)."""
        by_method = dict(self.operations)
        if "PUT" in by_method:
            by_method.update(dict.fromkeys(("POST", "PATCH"), by_method["PUT"]))
        allow = ", ".join(name for name in METHODS if name in by_method or name in self.also)

        async def answer(request: Request) -> Response:
            return await api.serve(request, lambda raw: api.answer(request, raw, by_method, allow))

        full = f"{base}{self.path}"
        return [Route(path, answer, methods=list(METHODS)) for path in (full, f"{full}/")]


@dataclass(frozen=True)
class Api:
    """What answers the calls to one shop."""

    shop: Shop
    doorkeeper: Doorkeeper

    async def serve(self, request: Request, act: Callable[[bytes], tuple[Answer, dict[str, str]]]) -> Response:
        """Answers a call with what `act` makes of its body, given the faults in force.

        Journals the call, and sends the pings that are due.
        """
        shop, raw = self.shop, await request.body()
        fault = shop.faults.take(request)
        if fault is not None and not fault.after_write and (shown := await show_fault(fault)) is not None:
            shop.journal.add(request, decoded(raw), shown.status_code, None, fault.kind)
            return shown
        with shop.lock:
            answer, headers = act(raw)
        await shop.queue.send_pings()
        shop.journal.add(request, decoded(raw), answer.status, _brief(answer.body), fault.kind if fault else None)
        if fault is not None and fault.after_write and (shown := await show_fault(fault)) is not None:
            return shown
        headers = {"Content-Type": "application/json; charset=UTF-8", **{name: value for name, value in headers.items() if value}}
        before = fault.text if fault is not None else ""
        return Response(before.encode() + php.to_json(answer.body), answer.status, headers)

    def answer(
        self, request: Request, raw: bytes, operations: Mapping[str, Operation], allow: str
    ) -> tuple[Answer, dict[str, str]]:
        """What a call to the REST API gets, with its headers."""
        root = "/wp-json/" if self.shop.front.permalinks == "pretty" else "/index.php?rest_route=/"
        common = {**_HEADERS, "Link": f'<{self.doorkeeper.base_url(request.headers)}{root}>; rel="https://api.w.org/"'}
        try:
            answer = self._handle(request, raw, operations)
        except RestError as refused:
            headers = {**common, **({"Vary": "Origin"} if refused.status == 401 else {})}
            if refused.status != 401 and refused.code != "rest_no_route":
                headers["Allow"] = allow
            return Answer(refused.body(), refused.status), headers
        return answer, {**common, "Allow": allow, **answer.headers, **_NO_CACHE}

    def _handle(self, request: Request, raw: bytes, operations: Mapping[str, Operation]) -> Answer:
        """Raises RestError for everything that is refused."""
        given = php.parse_query(request.url.query)
        is_form = _media_type(request) == "application/x-www-form-urlencoded"
        form = php.parse_query(raw.decode("utf-8", "replace")) if is_form else {}
        signed = {**given, **(form if request.method == "POST" else {})}
        key = None
        if not request.scope.get(BY_REST_ROUTE):
            key = self.doorkeeper.caller(request.method, request.url.path, signed, request.headers)
        if key is None and self.shop.front.rest_api == "members-only":
            raise RestError(401, "rest_login_required", "REST API restricted to authenticated users.")
        operation = operations.get("GET" if request.method == "HEAD" else request.method)
        if operation is None:
            raise no_route()
        call = self._checked(request, operation, given, php.as_lists(form) if is_form else _json(request, raw))
        if key is None and operation.right is not None:
            code, message = _REFUSALS[operation.right]
            raise RestError(401, f"woocommerce_rest_cannot_{code}", message)
        return operation.handler(call)

    def _checked(self, request: Request, operation: Operation, given: Mapping[str, Any], body: dict[str, Any]) -> Call:
        query = {name: value for name, value in given.items() if not name.startswith(_NO_PARAMETERS)}
        if operation.body is None:
            query, body = {**query, **(body if request.method == "DELETE" else {})}, {}
        strict = self.shop.config.strict
        return Call(
            shop=self.shop,
            ids=request.path_params,
            query=check_all(operation.query, query, strict),
            body={} if operation.body is None else check_all(operation.body, body, strict),
            given=given,
            base_url=self.doorkeeper.base_url(request.headers),
            path=request.url.path.rstrip("/"),
            items=operation.items,
        )


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
