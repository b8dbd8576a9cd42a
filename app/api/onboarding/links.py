"""`POST /integrations/{integration}/links`: a one-time link to the page that connects a system, for somebody without a key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.auth import Admin
from app.api.kit.examples import SYSTEM
from app.api.kit.pages import Name, Word
from app.api.kit.responses import problems
from app.engine.operations import onboarding
from app.errors import Conflict

router = APIRouter(prefix="/integrations", tags=["integrations"])

_MADE: dict[str, Any] = {
    "url": f"https://gateway.example/oauth/{SYSTEM.name}/start?link=m3Xb…",
    "url_note": None,
    "connection": None,
    "expires_at": "2026-12-06T09:00:00Z",
}


class LinkWish(BaseModel):
    """What the link is for."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"connection": None}})

    connection: Word | None = Field(
        None, description="Name or id of a connection that is to be connected again. Null: for a new one."
    )


class LinkView(BaseModel):
    """The link, shown this once."""

    model_config = ConfigDict(json_schema_extra={"example": _MADE})

    url: str
    url_note: str | None
    connection: str | None
    expires_at: datetime


@router.post(
    "/{integration}/links", summary="Make a one-time link to connect a system", status_code=201, responses=problems(404, 409)
)
async def make_link(request: Request, caller: Admin, integration: Name, body: LinkWish) -> LinkView:
    """Whoever has the link can connect one account without an API key. They type in what the warehouse is reached with, and
    consent in the system. It is good once, in one browser, for seven days, and as long as your key is in force. What it makes
    is a draft until they activate it."""
    onboarding.consenting(integration)
    gateway = caller.gateway
    if body.connection is None:
        caller.must_see_all("new connections")
        current = None
    else:
        current = await caller.connection(body.connection)
        if current.integration != integration:
            raise Conflict(f"{current.name} is a connection to {current.integration}", field="connection", fix="name another one")
    link, visit = await onboarding.make_link(gateway, integration, caller.key.id, current.id if current else None)
    public = gateway.settings.public_url
    base = str(public or request.base_url).rstrip("/")
    note = None if public else "GATEWAY_PUBLIC_URL is not set: this is the address that you have used, others may need another"
    return LinkView(
        url=f"{base}/oauth/{integration}/start?link={link}",
        url_note=note,
        connection=current.name if current else None,
        expires_at=visit.expires_at,
    )
