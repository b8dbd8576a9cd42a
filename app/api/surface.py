"""The REST API as a whole: every resource, in the order in which the documentation shows them."""

from __future__ import annotations

from fastapi import FastAPI

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
from app.api.body_limit import BodyLimit

RESOURCES = (sync, runs, mappings, events, jobs, lanes, dead_letters, alerts, connections, keys, privacy, health)


def install(app: FastAPI) -> None:
    """Adds every route, the problem documents and the description."""
    for resource in RESOURCES:
        app.include_router(resource.router)
    app.add_middleware(BodyLimit)
    problems.install(app)
    openapi.install(app)
