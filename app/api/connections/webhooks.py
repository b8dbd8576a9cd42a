"""The webhooks that a connection's shop has of us: as the guard saw them last, and a look at them now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.auth import Admin, Reader
from app.api.kit.pages import Name
from app.api.kit.responses import problems
from app.engine.upkeep import webhook_state
from app.engine.upkeep.webhook_state import WebhookState

router = APIRouter(prefix="/connections", tags=["connections"])

_WEBHOOKS: dict[str, Any] = {
    "managed": True,
    "address": "https://gateway.example/webhooks/kY0c…",
    "state": "repaired",
    "checked_at": "2026-11-21T09:00:00Z",
    "next_check_at": "2026-11-21T10:00:00Z",
    "repairs": 1,
    "last_repair_at": "2026-11-21T09:00:00Z",
    "last_error": None,
    "webhooks": [
        {
            "id": "31",
            "name": "Ongoing WMS gateway: order.updated",
            "topic": "order.updated",
            "status": "active",
            "delivery_url": "https://gateway.example/webhooks/kY0c…",
            "modified_at": "2026-11-21T09:00:00Z",
            "is_proven": True,
        }
    ],
    "missing": [],
}


class WebhookView(BaseModel):
    """One webhook of ours in the shop."""

    id: str
    name: str
    topic: str
    status: str = Field(description="The state in the shop: active, paused, disabled.")
    delivery_url: str
    modified_at: datetime | None
    is_proven: bool | None = Field(
        description="Whether a greeting or a delivery of it has come. Null: not known, as the gateway did not make it."
    )


class MissingView(BaseModel):
    """A reason why the gateway cannot look after the webhooks."""

    code: str = Field(
        description="not-managed, no-public-url, no-secret, read-only-key, address-not-called, not-active or unproven."
    )
    text: str
    fix: str


class WebhooksView(BaseModel):
    """The shop's webhooks of this connection. Those of others are not shown."""

    model_config = ConfigDict(json_schema_extra={"example": _WEBHOOKS})

    managed: bool = Field(description="Whether the gateway makes and repairs them (settings.webhooks.managed).")
    address: str | None = Field(
        description="The address that they should have. Null while the gateway does not know its own address."
    )
    state: str = Field(
        description="unknown: not checked yet. fine. repaired: put right at the last check. failed: see `last_error`."
    )
    checked_at: datetime | None
    next_check_at: datetime | None
    repairs: int = Field(description="How many repairs there were since the connection was made.")
    last_repair_at: datetime | None
    last_error: str | None
    webhooks: list[WebhookView] = Field(description="The webhooks as the shop showed them at `checked_at`.")
    missing: list[MissingView] = Field(description="Why they cannot be looked after; empty when they can.")

    @classmethod
    def of(cls, state: WebhookState) -> WebhooksView:
        return cls.model_validate(state, from_attributes=True)


@router.get("/{connection}/webhooks", summary="Show the shop's webhooks", responses=problems(404))
async def read_webhooks(caller: Reader, connection: Name) -> WebhooksView:
    """Shows the result of the last check. Does not call the shop."""
    return WebhooksView.of(await webhook_state.read(caller.gateway, await caller.connection(connection)))


@router.post("/{connection}/webhooks/check", summary="Look after the shop's webhooks now", responses=problems(404, 409))
async def check_webhooks(caller: Admin, connection: Name) -> WebhooksView:
    """Reads the webhooks in the shop and repairs those that are missing, switched off, point elsewhere or lack rights. Then polls
    for changes that were missed. If the shop cannot be reached, `last_error` says so."""
    return WebhooksView.of(await webhook_state.check(caller.gateway, await caller.connection(connection)))
