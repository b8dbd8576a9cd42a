"""The REST API as a whole: every resource, in the order in which the documentation shows them."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from app.api import alerts, audit, health, integrations, keys, openapi, privacy, runs, sync
from app.api.callers import outgoing_addresses, outgoing_webhooks, receipts
from app.api.connections import carriers, delivery_note, preview, webhooks
from app.api.connections import resource as connections
from app.api.intake.shop_webhooks import PREFIX
from app.api.kit import docs_page, problems
from app.api.kit.body_limit import BodyLimit
from app.api.longwork import adopt, backfill, reconcile
from app.api.mappings import files as order_files
from app.api.mappings import resource as mappings
from app.api.onboarding import links
from app.api.onboarding import routes as onboarding
from app.api.purchases import resource as purchase_orders
from app.api.queue import dead_letters, events, jobs, lanes
from app.api.returns import resource as returns
from app.api.stock import details, levels

RESOURCES = (
    sync,
    runs,
    mappings,
    returns,
    order_files,
    levels,
    details,
    purchase_orders,
    receipts,
    outgoing_webhooks,
    reconcile,
    backfill,
    adopt,
    events,
    jobs,
    lanes,
    dead_letters,
    alerts,
    integrations,
    links,
    connections,
    webhooks,
    outgoing_addresses,
    delivery_note,
    preview,
    carriers,
    keys,
    audit,
    privacy,
    health,
)


class OnlyPost:
    """For an address whose POST goes another way (`GatewayApp`): nothing else is taken there."""

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        raise HTTPException(405, headers={"Allow": "POST"})


def _named(router: APIRouter) -> Iterator[BaseRoute]:
    """The routes as they were built once, at import. `include_router` would build each of them again, for each app, at the first
    request. The description calls an operation by the name of its function."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            route.unique_id = route.name
        yield route


def install(app: FastAPI) -> None:
    """Adds every route, the problem documents and the description."""
    for resource in RESOURCES:
        app.router.routes.extend(_named(resource.router))
    app.router.routes.append(Route(f"{PREFIX}{{webhook_id:path}}", OnlyPost(), include_in_schema=False))
    app.add_middleware(BodyLimit)
    docs_page.install(app, openapi.TITLE)
    onboarding.install(app)
    problems.install(app)
    openapi.install(app)
