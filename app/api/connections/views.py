"""Connections as the API shows them, without their secrets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.examples import SYSTEM
from app.engine.operations.connection_test import Report
from app.engine.operations.lanes import id_of
from app.integrations.protocol.credentials import secret_fields, shown
from app.records.connection_lanes import lane_of
from app.records.connections import Connection

_CREDENTIALS = SYSTEM.credentials_model.model_validate(dict(SYSTEM.reference.credentials))
WAREHOUSE_EXAMPLE: dict[str, Any] = {"url": "https://api.ongoingsystems.se/acme/api/v1/", "user": "gateway", "goods_owner_id": 77}
SETTINGS_EXAMPLE = dict(SYSTEM.reference.settings)
CHECK_EXAMPLE: dict[str, Any] = {
    "system": "shop",
    "name": "orders",
    "ok": True,
    "message": "the keys can read orders",
    "fix": "",
}
_VIEW: dict[str, Any] = {
    "id": "con_T2vK8mQxJ4bZ6aYc",
    "name": "nettbutikk",
    "integration": SYSTEM.name,
    "status": "active",
    "account": SYSTEM.account(_CREDENTIALS).label,
    "source": shown(_CREDENTIALS),
    "warehouse": WAREHOUSE_EXAMPLE,
    "secrets": {
        **{f"source.{name}": True for name in sorted(secret_fields(SYSTEM.credentials_model))},
        "warehouse.password": True,
        "warehouse.webhook_secret": False,
    },
    "settings": SETTINGS_EXAMPLE,
    "settings_version": 2,
    "lane_id": "lane_5c1f0a9be2d4",
    "webhook_url": "https://gateway.example/webhooks/kY0c…",
    "webhook_url_note": None,
    "warehouse_webhook_url": "https://gateway.example/webhooks/ongoing/kY0c…",
    "facts": dict(SYSTEM.reference.facts),
    "test": {"ok": True, "checks": [CHECK_EXAMPLE]},
    "tested_at": "2026-11-21T09:00:00Z",
    "activated_at": "2026-11-21T09:00:02Z",
    "created_at": "2026-11-21T08:55:00Z",
    "updated_at": "2026-11-21T09:00:02Z",
}


class CheckView(BaseModel):
    """One finding of a connection test, in the user's words."""

    system: str = Field(description="shop or warehouse.")
    name: str
    ok: bool
    message: str
    fix: str


class TestView(BaseModel):
    """A connection test: real calls to the shop and the warehouse."""

    model_config = ConfigDict(json_schema_extra={"example": {"ok": True, "checks": [CHECK_EXAMPLE]}})

    ok: bool
    checks: list[CheckView]

    @classmethod
    def of(cls, report: Report) -> TestView:
        return cls.model_validate(report.plain())


class ConnectionView(BaseModel):
    """One connection, without its secrets; `secrets` says which there are."""

    model_config = ConfigDict(json_schema_extra={"example": _VIEW})

    id: str
    name: str
    integration: str
    status: str = Field(description="draft, active or paused.")
    account: str = Field(description="The account, as people know it: the address of a shop, the name of a company.")
    source: dict[str, Any] = Field(description="The outside credentials, without secrets.")
    warehouse: dict[str, Any]
    secrets: dict[str, bool]
    settings: dict[str, Any]
    settings_version: int
    lane_id: str
    webhook_url: str | None = Field(description="Where the system's webhooks go; null for one that sends none.")
    webhook_url_note: str | None
    warehouse_webhook_url: str = Field(
        description="Where the WMS's own webhooks go, set up by the warehouse with the secret in `warehouse.webhook_secret`."
    )
    facts: dict[str, Any] = Field(description="What the last test found out about the shop.")
    test: TestView | None
    tested_at: datetime | None
    activated_at: datetime | None
    created_at: datetime
    updated_at: datetime


class PausedCallView(BaseModel):
    """A call that is not made before `until`, after failures: what it is, how often it failed and what the system said last."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "call": "GET shop order",
                "failures": 1,
                "until": "2026-11-28T15:18:09Z",
                "error": "the shop answered 403",
                "words": "GET shop order is paused until 15:18:09 UTC after a failed call: the shop answered 403",
                "fix": "any good answer of the shop ends it, also to a connection test",
            }
        },
    )

    call: str
    failures: int
    until: datetime
    error: str
    words: str = Field(description="All of it in one sentence.")
    fix: str


class ConsentView(BaseModel):
    """How far a person's consent goes, for a system that asks for one."""

    state: str = Field(
        description="given; ended: a person must allow it again, what waits is kept meanwhile; none: another kind of credentials."
    )
    url: str = Field(description="The page on which a person connects it, or connects it again.")
    ended_at: datetime | None = None
    words: str | None = Field(None, description="What the system said when it ended.")


class LoginEndedView(BaseModel):
    """The credentials are worth nothing any more: since when, and what to do about it. What waits is kept and goes on then."""

    at: datetime
    words: str


class ShownConnection(ConnectionView):
    """A connection, with the calls that rest after failures, and what became of its login or consent."""

    model_config = ConfigDict(json_schema_extra={"example": {**_VIEW, "paused_calls": [], "login_ended": None, "consent": None}})

    paused_calls: list[PausedCallView]
    login_ended: LoginEndedView | None = Field(None, description="Null while the credentials are good, as far as is known.")
    consent: ConsentView | None = Field(None, description="Null for a system that asks nobody for consent.")


class MadeConnection(ConnectionView):
    """A connection that was just made, with the secret for the shop's webhooks, shown this once (null: it has none)."""

    model_config = ConfigDict(json_schema_extra={"example": {**_VIEW, "status": "draft", "webhook_secret": "m3Xb…"}})

    webhook_secret: str | None


class AppliedConnection(ConnectionView):
    """`changed`: dotted paths of what is different now, never values."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {**_VIEW, "created": False, "changed": ["settings.order_number_prefix"], "webhook_secret": None}
        }
    )

    created: bool
    changed: list[str]
    webhook_secret: str | None = Field(None, description="Of a connection that was just made and got one; shown this once.")


class NewSecret(BaseModel):
    """The new secret, shown this once."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "webhook_url": "https://gateway.example/webhooks/kY0c…",
                "webhook_secret": "m3Xb…",
                "in_shop": True,
                "old_secret_minutes": 1440,
            }
        }
    )

    webhook_url: str
    webhook_secret: str
    in_shop: bool | None = Field(
        description="Whether it is in the shop. Null: enter it there, or in the WMS. False: the next check tries again."
    )
    old_secret_minutes: float = Field(description="For how many minutes webhooks signed with the old secret are still taken.")


def webhook_url(request: Request, connection: Connection) -> tuple[str, str | None]:
    public = request.app.state.gateway.settings.public_url
    base = str(public or request.base_url).rstrip("/")
    note = None if public else "GATEWAY_PUBLIC_URL is not set: this is the address that you have used, the shop may need another"
    return f"{base}/webhooks/{connection.webhook_id}", note


def warehouse_webhook_url(request: Request, connection: Connection) -> str:
    url, _ = webhook_url(request, connection)
    return f"{url.removesuffix(connection.webhook_id)}ongoing/{connection.webhook_id}"


def _secrets(part: str, model: BaseModel) -> dict[str, bool]:
    return {f"{part}.{name}": bool(getattr(model, name)) for name in sorted(secret_fields(type(model)))}


def members(request: Request, connection: Connection) -> dict[str, Any]:
    url, note = webhook_url(request, connection)
    sends_webhooks = connection.system.webhooks is not None
    return {
        "id": connection.id,
        "name": connection.name,
        "integration": connection.integration,
        "status": connection.status,
        "account": connection.account.label,
        "source": shown(connection.source),
        "warehouse": shown(connection.warehouse),
        "secrets": {**_secrets("source", connection.source), **_secrets("warehouse", connection.warehouse)},
        "settings": connection.settings.model_dump(mode="json"),
        "settings_version": connection.settings_version,
        "lane_id": id_of(lane_of(connection.warehouse)),
        "webhook_url": url if sends_webhooks else None,
        "webhook_url_note": note if sends_webhooks else None,
        "warehouse_webhook_url": warehouse_webhook_url(request, connection),
        "facts": connection.facts,
        "test": connection.test,
        "tested_at": connection.tested_at,
        "activated_at": connection.activated_at,
        "created_at": connection.created_at,
        "updated_at": connection.updated_at,
    }
