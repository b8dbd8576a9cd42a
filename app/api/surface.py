"""The REST API as a whole: every resource, in the order in which the documentation shows them."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from app.api import (
    alerts,
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
    sync,
)

MAX_BODY_BYTES = 1024 * 1024
"""Of any request but a webhook; nothing the API takes comes near it."""

RESOURCES = (sync, runs, mappings, events, jobs, lanes, dead_letters, alerts, connections, keys, privacy, health)


def install(app: FastAPI) -> None:
    """Adds every route, the problem documents and the description."""
    api = APIRouter(max_body_size=MAX_BODY_BYTES)
    for resource in RESOURCES:
        api.include_router(resource.router)
    app.include_router(api)
    problems.install(app)
    openapi.install(app)
