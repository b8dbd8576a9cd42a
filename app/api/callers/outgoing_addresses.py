"""A connection's address for events over the REST API: how it stands, its secret, and a test."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.callers.outgoing_webhooks import OutgoingWebhookView
from app.api.kit.auth import Admin, Reader, Syncer
from app.api.kit.pages import Name
from app.api.kit.responses import problems
from app.domain import OutgoingType
from app.engine.outgoing import asking
from app.records.connections import Connection
from app.records.outgoing_webhooks import addresses, events
from app.records.outgoing_webhooks.addresses import OutgoingAddress

router = APIRouter(prefix="/connections", tags=["outgoing webhooks"])


class OutgoingAddressView(BaseModel):
    """Where a connection's events go, and how that works."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "url": "https://erp.example/events",
                "types": [],
                "has_secret": True,
                "secret_made_at": "2026-11-20T08:00:00Z",
                "failures": 0,
                "failing_since": None,
                "blocked_until": None,
                "last_error": None,
                "last_sent_at": "2026-11-21T09:30:02Z",
                "waiting": 0,
                "dead": 0,
            }
        }
    )

    url: str | None = Field(description="settings.outgoing_webhooks.url. Null: no events are kept or sent.")
    types: list[OutgoingType] = Field(description="The events that are sent. Empty: all.")
    has_secret: bool = Field(description="False: events wait until a secret is made.")
    secret_made_at: datetime | None
    failures: int = Field(description="Failures in a row.")
    failing_since: datetime | None
    blocked_until: datetime | None = Field(description="Nothing is sent before. Null, or past: what is due is sent.")
    last_error: str | None
    last_sent_at: datetime | None = Field(description="When the address took an event last.")
    waiting: int = Field(description="Events that wait, counted up to 1000.")
    dead: int = Field(description="Events that were given up, counted up to 1000.")

    @classmethod
    def of(cls, connection: Connection, known: OutgoingAddress, counted: dict[str, int]) -> OutgoingAddressView:
        settings = connection.settings.outgoing_webhooks
        shown = {name: getattr(known, name) for name in cls.model_fields if hasattr(known, name)}
        return cls.model_validate({"url": settings.url, "types": settings.types, **shown, **counted})


class NewOutgoingSecret(BaseModel):
    """The secret. It is shown this once."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"secret": "whsec_c2VjcmV0IG9mIHRoaXJ0eS10d28gYnl0ZXMgaGVyZSE=", "old_secret_minutes": 1440}
        }
    )

    secret: str = Field(description="Give it to the program that reads the events.")
    old_secret_minutes: float = Field(description="How long the secret before it signs as well. 0: there was none, or at once.")


@router.get("/{connection}/outgoing-webhooks", summary="Show the address for events", responses=problems(404))
async def read_outgoing_address(caller: Reader, connection: Name) -> OutgoingAddressView:
    current = await caller.connection(connection)
    async with caller.gateway.database.read() as db:
        known = await addresses.of(db, [current.id])
        counted = await events.counts(db, current.id)
    return OutgoingAddressView.of(current, known.get(current.id, OutgoingAddress(current.id, False)), counted)


@router.post("/{connection}/outgoing-webhooks/secret", summary="Make a new secret for events", responses=problems(404))
async def make_outgoing_secret(
    caller: Admin,
    connection: Name,
    at_once: Annotated[bool, Query(description="Stop signing with the old secret now: it is known to others.")] = False,
) -> NewOutgoingSecret:
    """Makes the secret that events are signed with, and shows it this once. Events that waited for one are sent. The secret
    before it signs as well, for `settings.outgoing_webhooks.old_secret_minutes`: within that time put the new one into the
    program that reads them."""
    current = await caller.connection(connection)
    async with caller.gateway.database.read() as db:
        known = await addresses.of(db, [current.id])
    had_one = current.id in known and known[current.id].has_secret
    secret = await asking.new_secret(caller.gateway, current, at_once=at_once)
    minutes = current.settings.outgoing_webhooks.old_secret_minutes if had_one and not at_once else 0
    return NewOutgoingSecret(secret=secret, old_secret_minutes=minutes)


@router.post("/{connection}/outgoing-webhooks/test", summary="Send a test event", responses=problems(404, 409))
async def send_test_event(caller: Syncer, connection: Name) -> OutgoingWebhookView:
    """Adds an event of the type `test`, whatever types are chosen. GET /outgoing-webhooks/{outgoing_id} shows what came of it."""
    return OutgoingWebhookView.model_validate(await asking.send_test(caller.gateway, await caller.connection(connection)))
