"""The REST API as a whole: every resource, in the order in which the documentation shows them."""

from __future__ import annotations

from fastapi import FastAPI

from app.api import (
    alerts,
    connection_preview,
    connection_webhooks,
    connections,
    dead_letters,
    events,
    health,
    jobs,
    keys,
    lanes,
    mappings,
    openapi,
    privacy,
    problems,
    runs,
    stock,
    sync,
)
from app.api.body_limit import BodyLimit

RESOURCES = (
    sync,
    runs,
    mappings,
    stock,
    events,
    jobs,
    lanes,
    dead_letters,
    alerts,
    connections,
    connection_webhooks,
    connection_preview,
    keys,
    privacy,
    health,
)


def install(app: FastAPI) -> None:
    """Adds every route, the problem documents and the description."""
    for resource in RESOURCES:
        app.include_router(resource.router)
    app.add_middleware(BodyLimit)
    problems.install(app)
    openapi.install(app)
