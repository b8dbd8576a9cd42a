"""The API of WooCommerce 2.2 to 2.5, `/wc-api/v2` and `/wc-api/v3`: its envelopes, errors, lists and index.

Source: WooCommerce 2.3 to 2.6, includes/api, classes WC_API_Server and WC_API_Resource, and the REST API documentation of both
versions. It goes as far as a gateway needs it. Orders are read, listed and given a status; products are read, listed and given a
stock. Notes, refunds, webhooks and customers are there too. Nothing else is made or deleted.

A body is JSON whatever its `Content-Type` says. Lists are cut by `filter[limit]` (10 if left out) and `page`. Their times
(`filter[updated_at_min]` …) are inclusive and UTC: an offset that is given is not honoured. With `strict` a parameter, filter or
field the API does not know is refused, where the real shop ignores it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.sandbox.woocommerce.http.login import Key
from app.sandbox.woocommerce.http.rest import METHODS, Answer, Api
from app.sandbox.woocommerce.legacy import login, versions
from app.sandbox.woocommerce.legacy.errors import LegacyError, missing
from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.model.table import Record, Table
from app.sandbox.woocommerce.wire import php

Resource = dict[str, Any]

EDITING = ("POST", "PUT", "PATCH")
_TIMES = {"created_at_min": ("created", 1), "created_at_max": ("created", -1), "updated_at_min": ("modified", 1),
          "updated_at_max": ("modified", -1)}  # fmt: skip
_SORTED_BY: Mapping[str, Callable[[Record], Any]] = {
    "date": lambda record: (record.created, record.id),
    "modified": lambda record: (record.modified, record.id),
    "ID": lambda record: record.id,
    "id": lambda record: record.id,
}
_FILTERS = (*_TIMES, "limit", "offset", "order", "orderby", "q", "in", "not_in", "post_status", "status", "sku", "type", "meta")
_PARAMETERS = ("filter", "fields", "page", "status", "type", "force", "api_refund")
_PAGE_SIZE = 10
_JSON = {"Content-Type": "application/json; charset=UTF-8"}


@dataclass(frozen=True)
class LegacyCall:
    """A call whose caller is known. `given` is its query, `data` the body as JSON, None when it is none."""

    shop: Shop
    version: str
    key: Key
    ids: Mapping[str, Any]
    given: Mapping[str, Any]
    data: Any
    url: str

    @property
    def id(self) -> int:
        """The id of the record in the path."""
        found: int = self.ids["id"]
        return found

    @property
    def filter(self) -> Mapping[str, Any]:
        found = self.given.get("filter")
        return found if isinstance(found, dict) else {}

    def inside(self, envelope: str, verb: str = "edit") -> Any:
        """What the body's envelope holds. Raises LegacyError when there is none."""
        if not isinstance(self.data, dict) or envelope not in self.data:
            raise missing(envelope, verb)
        return self.data[envelope]


Handler = Callable[[LegacyCall], Answer]


def legacy_route(api: Api, version: str, path: str, handlers: Mapping[str, Handler]) -> list[Route]:
    """`EDIT` stands for POST, PUT and PATCH."""
    by_method = dict(handlers)
    if "EDIT" in by_method:
        by_method.update(dict.fromkeys(EDITING, by_method.pop("EDIT")))

    async def endpoint(request: Request) -> Response:
        return await api.serve(request, lambda raw: _answer(api, version, request, raw, by_method))

    full = f"/wc-api/{version}{path}"
    return [Route(each, endpoint, methods=list(METHODS)) for each in (full, f"{full}/")]


def index_routes(api: Api, version: str) -> list[Route]:
    """The index, open to everybody and the only place that tells the shop's version; and the refusal of all other routes."""

    async def index(request: Request) -> Response:
        off = _switched_off(api.shop)
        return await api.serve(request, lambda raw: off or (Answer(_index(api.shop, version)), _JSON))

    return [
        Route(f"/wc-api/{version}", index, methods=["GET"]),
        Route(f"/wc-api/{version}/", index, methods=["GET"]),
        *legacy_route(api, version, "/{rest:path}", {}),
    ]


async def no_page(request: Request) -> Response:
    """An address under `/wc-api` that the shop does not have."""
    return HTMLResponse("<!DOCTYPE html>\n<html><body><h1>Page not found</h1></body></html>\n", 404)


def _switched_off(shop: Shop) -> tuple[Answer, dict[str, str]] | None:
    """Here `errors` is one object, not a list."""
    if versions.has_legacy_on(shop.config):
        return None
    error = {"code": "woocommerce_api_disabled", "message": "The WooCommerce API is disabled on this site"}
    return Answer({"errors": error}, 404), dict(_JSON)


def _answer(
    api: Api, version: str, request: Request, raw: bytes, handlers: Mapping[str, Handler]
) -> tuple[Answer, dict[str, str]]:
    off = _switched_off(api.shop)
    if off is not None:
        return off
    try:
        answer = _handle(api, version, request, raw, handlers)
    except LegacyError as refused:
        answer = Answer(refused.body(), refused.status)
    return answer, {**_JSON, **answer.headers}


def _handle(api: Api, version: str, request: Request, raw: bytes, handlers: Mapping[str, Handler]) -> Answer:
    """Raises LegacyError."""
    given = php.parse_query(request.url.query)
    path = request.url.path
    key = login.caller(api.doorkeeper, version, request.method, path, given, request.headers)
    handler = handlers.get("GET" if request.method == "HEAD" else request.method)
    if handler is None:
        raise LegacyError(404, "woocommerce_api_no_route", "No route was found matching the URL and request method")
    known = {name: value for name, value in given.items() if not name.startswith(("oauth_", "consumer_"))}
    call = LegacyCall(api.shop, version, key, request.path_params, known, _parsed(raw), str(request.url.path))
    if api.shop.config.strict:
        refuse_unknown("parameter", known, _PARAMETERS)
        refuse_unknown("filter", call.filter, _FILTERS)
    return handler(call)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def refuse_unknown(what: str, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Raises LegacyError naming what a strict shop does not know."""
    unknown = [name for name in given if name not in known]
    if unknown:
        raise LegacyError(400, "woocommerce_api_invalid_parameter", f"Unknown {what}: {', '.join(unknown)}")


def _index(shop: Shop, version: str) -> Resource:
    config = shop.config
    store: Resource = {
        "name": config.name, "description": "", "URL": config.home, "wc_version": config.version,
        "version": f"{version[1:]}.0.0" if version == "v3" else version[1:], "routes": {},
        "meta": {
            "timezone": config.time_zone, "currency": config.currency,
            "currency_format": php.all_entities(config.currency_symbol),
            "tax_included": config.prices_include_tax, "weight_unit": config.weight_unit,
            "dimension_unit": config.dimension_unit, "ssl_enabled": config.home_url.startswith("https://"),
            "permalinks_enabled": shop.front.permalinks == "pretty",
        },
    }  # fmt: skip
    return {"store": store}


# --- lists -----------------------------------------------------------------------------------------------------------------


def listed(call: LegacyCall, table: Table, keep: Callable[[Record], bool]) -> tuple[list[int], dict[str, str]]:
    """Ids of one page, and the headers that say how many there are. Newest first unless asked otherwise."""
    wishes = call.filter
    bounds = [(_TIMES[name], _moment(str(value))) for name, value in wishes.items() if name in _TIMES]
    wanted, unwanted = _ids(wishes.get("in")), _ids(wishes.get("not_in"))
    found = [
        record
        for record in table.records()
        if all((getattr(record, index) - at) * sign >= 0 for (index, sign), at in bounds)
        and (not wanted or record.id in wanted)
        and record.id not in unwanted
        and keep(record)
    ]
    by = _SORTED_BY.get(wishes.get("orderby", "date"), _SORTED_BY["date"])
    found.sort(key=by, reverse=str(wishes.get("order", "DESC")).upper() == "DESC")
    limit = php.to_int(wishes.get("limit")) or _PAGE_SIZE
    size = len(found) or 1 if limit < 0 else limit
    page = max(php.to_int(call.given.get("page", 1)), 1)
    first = php.to_int(wishes["offset"]) if wishes.get("offset") else (page - 1) * size
    ids = [record.id for record in found[first : first + size]]
    return ids, _page_headers(call, page, -(-len(found) // size), len(found))


def _ids(text: Any) -> set[int]:
    return {php.to_int(part) for part in str(text or "").split(",") if part}


def _moment(text: str) -> int:
    """Seconds since 1970. Fractions and offsets are cut off, and what is no time is 1970."""
    plain = re.sub(r"(?:[+-]\d+:+\d+|Z)$", "", re.sub(r"\.\d+", "", text.strip()))
    try:
        return int(datetime.fromisoformat(plain).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return 0


def _page_headers(call: LegacyCall, page: int, pages: int, total: int) -> dict[str, str]:
    """The links name the shop's host without its port."""
    host = re.sub(r":\d+$", "", call.shop.config.home)
    links = [("first", 1), ("prev", page - 1)] if page > 1 else []
    links += [("next", page + 1)] if page < pages else []
    links += [("last", pages)] if page != pages else []
    link = ", ".join(f'<{host}{call.url}?page={number}>; rel="{name}"' for name, number in links)
    return {"X-WC-Total": str(total), "X-WC-TotalPages": str(pages), "Link": link}


def picked(call: LegacyCall, resource: Resource) -> Resource:
    """With `fields=id,status,billing_address.email` only these."""
    wanted = [part.split(".") for part in str(call.given.get("fields") or "").split(",") if part]
    if not wanted:
        return resource
    shown: Resource = {}
    for name, *inner in wanted:
        if name in resource and inner and isinstance(resource[name], dict):
            shown.setdefault(name, {}).update({key: resource[name][key] for key in inner if key in resource[name]})
        elif name in resource:
            shown[name] = resource[name]
    return shown
