"""The OpenAPI document of an app: what FastAPI knows, and what it does not (webhooks, problem documents, examples)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import Response

from app import __version__
from app.api.intake import wms_webhook_description as from_warehouse
from app.api.intake.shop_webhook_description import PATH, PATH_ITEM, SENT_BY_SHOPS
from app.api.kit import parameters
from app.api.kit.problems import Problem
from app.api.kit.responses import described

FILE = Path("openapi/gateway.json")
"""Where the repository keeps it."""
ADDRESS = "/openapi.json"
Body = dict[str, Any]

TITLE = "Gateway for Ongoing WMS"
CONTACT = {"name": "The gateway's authors"}
DESCRIPTION = """\
Brings the orders and articles of web shops into the Ongoing WMS warehouse system, and shipments, stock and returns back.

**Authentication.** Every operation needs an API key, sent as `Authorization: Bearer gw_…` or `X-API-Key: gw_…`. Make the first
one on the gateway's own machine: `gateway keys create NAME --right admin`. A key has rights (`read`; `sync` to start syncs,
replay and release; `admin`) and may be limited to some connections: it never sees anything of the others. Health needs no key,
and shops sign their webhooks instead.

**Errors** are problem documents (RFC 9457, `application/problem+json`): `detail` says what is wrong, `field` where, `fix` what
to do. `type` names the kind, as docs/troubleshooting.md lists them. A query parameter that an operation does not take is refused.

**Lists** come page by page: give `next_cursor` back as `cursor` for the next one.
"""
TAGS = [
    {"name": "sync", "description": "Read a shop and its warehouse now."},
    {"name": "runs", "description": "Progress and result of syncs and polls."},
    {"name": "mappings", "description": "State, history and explanation of a record, by any of its numbers."},
    {"name": "purchase orders", "description": "What was bought, for the warehouse to receive. Any ERP may put it."},
    {"name": "returns", "description": "What came back, and returns that callers announce."},
    {"name": "stock", "description": "What the warehouse can sell, what the shop shows, and what is to be written."},
    {"name": "reconcile", "description": "Shop and warehouse compared. Nothing is written."},
    {"name": "backfill", "description": "A shop's history, transferred when the lane has nothing else to do."},
    {"name": "receipts", "description": "Goods received on purchase orders, line by line."},
    {"name": "outgoing webhooks", "description": "Events for the address that a connection gives, signed and tried again."},
    {"name": "adopt", "description": "What the WMS has already for a shop, taken over without a write."},
    {"name": "events", "description": "Webhooks as they were received."},
    {"name": "jobs", "description": "One unit of work for each record."},
    {"name": "lanes", "description": "One goods owner or one shop each, one write at a time."},
    {"name": "dead letters", "description": "What was refused or given up."},
    {"name": "alerts", "description": "What an operator should hear of."},
    {"name": "integrations", "description": "The systems that can be connected, and what each of them can do."},
    {"name": "connections", "description": "One shop each, tied to one goods owner in one WMS."},
    {"name": "keys", "description": "API keys."},
    {"name": "audit", "description": "Who changed what, when and from where."},
    {"name": "privacy", "description": "Erasing a person's data."},
    {"name": "webhooks", "description": "For shops and the WMS; signed or with a secret of their own, without an API key."},
    {"name": "health", "description": "For platforms; without an API key."},
]


def install(app: FastAPI) -> None:
    """The app's document is made and written out when it is first asked for: anybody may ask for it, and it is long."""
    made: list[Body] = []
    written: list[bytes] = []

    def document() -> Body:
        if not made:
            made.append(describe(app))
        return made[0]

    async def given(_: Request) -> Response:
        if not written:
            written.append(orjson.dumps(document()))
        return Response(written[0], media_type="application/json")

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way of extending it
    app.add_route(ADDRESS, given, include_in_schema=False)


def describe(app: FastAPI) -> Body:
    document: Body = get_openapi(
        title=TITLE,
        version=__version__,
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
        license_info={"name": "MIT", "identifier": "MIT"},
        servers=_servers(app),
        contact=CONTACT,
    )
    schemas = document["components"]["schemas"]
    _add_problem(schemas)
    document["paths"][PATH] = PATH_ITEM
    document["paths"][from_warehouse.PATH] = from_warehouse.PATH_ITEM
    document["webhooks"] = SENT_BY_SHOPS
    for operation in operations(document):
        for parameter in operation.get("parameters", ()):
            parameters.describe(parameter)
        if "requestBody" in operation:
            operation["responses"].setdefault("413", described(413))
        for content in _contents(operation):
            example = _example(content.get("schema", {}), schemas)
            if example is not None:
                content.setdefault("example", example)
    return document


def _servers(app: FastAPI) -> list[dict[str, str | Any]]:
    """Where it was read, and where the gateway is reached from outside. The document in the repository knows the first only."""
    found: list[dict[str, str | Any]] = [{"url": "/", "description": "This gateway, where the document was read."}]
    gateway = getattr(app.state, "gateway", None)
    if gateway is not None and gateway.settings.public_url:
        found.append({"url": gateway.settings.public_url, "description": "Its public address (GATEWAY_PUBLIC_URL)."})
    return found


def operations(document: Body) -> Iterator[Body]:
    """Every operation of the document, webhooks included."""
    for items in (document["paths"], document["webhooks"]):
        for item in items.values():
            yield from (value for method, value in item.items() if method in ("get", "post", "put", "patch", "delete"))


def _add_problem(schemas: Body) -> None:
    made = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(made.pop("$defs", {}))
    schemas["Problem"] = made


def _contents(operation: Body) -> Iterator[Body]:
    yield from operation.get("requestBody", {}).get("content", {}).values()
    for response in operation["responses"].values():
        yield from response.get("content", {}).values()


def _example(schema: Body, schemas: Body) -> Any:
    """Of the model that the schema names; a page's is made of its items'."""
    for choice in schema.get("anyOf", [schema]):
        name = str(choice.get("$ref", "")).rpartition("/")[2]
        model = schemas.get(name)
        if model is None:
            continue
        if "example" in model:
            return model["example"]
        items = model.get("properties", {}).get("items", {}).get("items")
        if items:
            return {"items": [_example(items, schemas)], "next_cursor": None}
    return None


def exported(app: FastAPI) -> str:
    """The document as it is kept in the repository: the same whenever the code is the same."""
    return json.dumps(app.openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
