"""Health, for platforms, without a key; and the page at `/`, for people."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError

from app import __version__
from app.api.kit.problems import Refusal
from app.api.kit.responses import described
from app.engine.core.runtime import Gateway
from app.settings import START_HEADER, START_VARIABLE
from app.storage import migrations

router = APIRouter(tags=["health"])

DATABASE_SECONDS = 3.0


class Alive(BaseModel):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"example": {"status": "alive"}})

    status: str = "alive"


class Ready(BaseModel):
    """`degraded`: webhooks and requests are taken in, but something other than the database is missing. `reasons` says what."""

    model_config = ConfigDict(json_schema_extra={"example": {"status": "ready", "reasons": [], "revision": 1}})

    status: str = Field(description="ready or degraded.")
    reasons: list[str]
    revision: int = Field(description="Revision of the database.")


class Door(BaseModel):
    """Where to go from here."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "gateway",
                "version": __version__,
                "docs": "/docs",
                "openapi": "/openapi.json",
                "ready": "/readyz",
            }
        }
    )

    name: str = "gateway"
    version: str = __version__
    docs: str = "/docs"
    openapi: str = "/openapi.json"
    ready: str = "/readyz"


_NOT_READY: dict[int | str, dict[str, Any]] = {
    503: described(503, "No requests are to be sent here now.", detail="the database does not answer", fix="look at DATABASE_URL")
}


@router.get("/", summary="Where to go from here", responses={500: described(500)})
async def door() -> Door:
    return Door()


@router.get("/livez", summary="Is the process alive", responses={500: described(500)})
async def livez(response: Response) -> Alive:
    start = os.environ.get(START_VARIABLE)
    if start:
        response.headers[START_HEADER] = start
    return Alive()


@router.get("/readyz", summary="Is the process ready for requests", responses=_NOT_READY)
async def readyz(request: Request) -> Ready:
    """Ready means that the database answers and that its revision is not older than this version needs. Without Redis the state
    is `degraded`: webhooks are stored, and workers find them in the database."""
    gateway: Gateway = request.app.state.gateway
    if gateway.stopping:
        raise Refusal(503, "the process is ending", fix="send requests to another one")
    revision = await _revision(gateway)
    trouble = await gateway.wake_ups.problem()
    return Ready(status="degraded" if trouble else "ready", reasons=[trouble] if trouble else [], revision=revision)


async def _revision(gateway: Gateway) -> int:
    try:
        async with asyncio.timeout(DATABASE_SECONDS), gateway.database.read() as db:
            found = await migrations.current(db)
    except (SQLAlchemyError, OSError) as error:
        raise Refusal(503, f"the database does not answer ({type(error).__name__})", fix="look at DATABASE_URL") from error
    if found is None or found < migrations.REVISION:
        detail = f"the database is at revision {found or 0}, this version needs {migrations.REVISION}"
        raise Refusal(503, detail, fix="run: gateway migrate")
    return found
