"""Connections: made, changed, tested with real calls, taken into use and paused. Secrets go in and never come out again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.auth import Admin, Caller, Reader
from app.api.kit.pages import Cursor, Limit, Name, Page, Word, cut, place_of
from app.api.kit.problems import Refusal
from app.api.kit.responses import described, problems
from app.engine.operations import connection_test
from app.engine.operations import connections as connection_service
from app.engine.operations.connection_test import Report
from app.engine.operations.lanes import id_of
from app.errors import BadInput, Conflict, NotFound
from app.records import connections
from app.records.connections import Connection, Draft, Status, secret_fields

router = APIRouter(prefix="/connections", tags=["connections"])

_SHOP: dict[str, Any] = {"shop_url": "https://shop.example/", "consumer_key": "…7f2c"}
_WAREHOUSE: dict[str, Any] = {"url": "https://api.ongoingsystems.se/acme/api/v1/", "user": "gateway", "goods_owner_id": 77}
_SETTINGS: dict[str, Any] = {"order_number_prefix": "WC-", "default_country": "NO"}
_CHECK: dict[str, Any] = {
    "system": "shop",
    "name": "orders",
    "ok": True,
    "message": "the keys can read orders",
    "fix": "",
}
_GIVEN: dict[str, Any] = {
    "name": "nettbutikk",
    "integration": "woocommerce",
    "shop": {"shop_url": "https://shop.example/", "consumer_key": "ck_…", "consumer_secret": "cs_…"},
    "warehouse": {**_WAREHOUSE, "password": "…"},
    "settings": _SETTINGS,
}
_VIEW: dict[str, Any] = {
    "id": "con_T2vK8mQxJ4bZ6aYc",
    "name": "nettbutikk",
    "integration": "woocommerce",
    "status": "active",
    "shop": _SHOP,
    "warehouse": _WAREHOUSE,
    "secrets": {
        "shop.consumer_secret": True,
        "shop.webhook_secret": True,
        "warehouse.password": True,
        "warehouse.webhook_secret": False,
    },
    "settings": _SETTINGS,
    "settings_version": 2,
    "lane_id": "lane_5c1f0a9be2d4",
    "webhook_url": "https://gateway.example/webhooks/kY0c…",
    "webhook_url_note": None,
    "warehouse_webhook_url": "https://gateway.example/webhooks/ongoing/kY0c…",
    "facts": {"version": "11.0.1", "currency": "NOK"},
    "test": {"ok": True, "checks": [_CHECK]},
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

    model_config = ConfigDict(json_schema_extra={"example": {"ok": True, "checks": [_CHECK]}})

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
    shop: dict[str, Any]
    warehouse: dict[str, Any]
    secrets: dict[str, bool]
    settings: dict[str, Any]
    settings_version: int
    lane_id: str
    webhook_url: str = Field(description="Where the shop's webhooks go.")
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


class NewConnection(BaseModel):
    """A connection as a person gives it. `shop` and `settings` are what the integration asks for; see docs."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _GIVEN})

    name: str
    integration: str
    shop: dict[str, Any]
    warehouse: dict[str, Any]
    settings: dict[str, Any] = {}


class DeclaredConnection(BaseModel):
    """A connection as it is to be. Secrets and the go-live date that are left out stay as they are."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {key: value for key, value in _GIVEN.items() if key != "name"}}
    )

    integration: str
    shop: dict[str, Any]
    warehouse: dict[str, Any]
    settings: dict[str, Any] = {}


class ConnectionChange(BaseModel):
    """What is to change, merged into what there is (RFC 7396: null takes a member away)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"settings": {"order_number_prefix": "N-", "processes": {"articles": False}}}},
    )

    name: str | None = None
    shop: dict[str, Any] | None = None
    warehouse: dict[str, Any] | None = None
    settings: dict[str, Any] | None = None


class NewSecret(BaseModel):
    """The new secret, shown this once."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"webhook_url": "https://gateway.example/webhooks/kY0c…", "webhook_secret": "m3Xb…"}}
    )

    webhook_url: str
    webhook_secret: str


def _webhook_url(request: Request, connection: Connection) -> tuple[str, str | None]:
    public = request.app.state.gateway.settings.public_url
    base = str(public or request.base_url).rstrip("/")
    note = None if public else "GATEWAY_PUBLIC_URL is not set: this is the address that you have used, the shop may need another"
    return f"{base}/webhooks/{connection.webhook_id}", note


def _open_fields(model: BaseModel) -> dict[str, Any]:
    """Without secrets; of keys only the end, by which they are known."""
    plain = {name: getattr(model, name) for name in type(model).model_fields}
    shown = {name: value for name, value in plain.items() if name not in secret_fields(type(model))}
    return {name: f"…{str(value)[-4:]}" if name.endswith("_key") else value for name, value in shown.items()}


def _secrets(part: str, model: BaseModel) -> dict[str, bool]:
    return {f"{part}.{name}": bool(getattr(model, name)) for name in sorted(secret_fields(type(model)))}


def _members(request: Request, connection: Connection) -> dict[str, Any]:
    url, note = _webhook_url(request, connection)
    return {
        "id": connection.id,
        "name": connection.name,
        "integration": connection.integration,
        "status": connection.status,
        "shop": _open_fields(connection.shop),
        "warehouse": _open_fields(connection.warehouse),
        "secrets": {**_secrets("shop", connection.shop), **_secrets("warehouse", connection.warehouse)},
        "settings": connection.settings.model_dump(mode="json"),
        "settings_version": connection.settings_version,
        "lane_id": id_of(connection.lane),
        "webhook_url": url,
        "webhook_url_note": note,
        "warehouse_webhook_url": f"{url.removesuffix(connection.webhook_id)}ongoing/{connection.webhook_id}",
        "facts": connection.facts,
        "test": connection.test,
        "tested_at": connection.tested_at,
        "activated_at": connection.activated_at,
        "created_at": connection.created_at,
        "updated_at": connection.updated_at,
    }


def _without_foreign_names(caller: Caller, clash: Conflict) -> Conflict:
    """A key that is limited to some connections does not learn which other one is in the way."""
    if caller.key.connection_ids is None or clash.field == "name":
        return clash
    return Conflict("it clashes with another connection of that goods owner", field=clash.field, fix=clash.fix)


async def _again(request: Request, caller: Caller, connection_id: str) -> ConnectionView:
    return ConnectionView(**_members(request, await caller.connection(connection_id)))


@router.get("", summary="List connections by name", responses=problems())
async def list_connections(
    request: Request,
    caller: Reader,
    status: Annotated[Status | None, Query()] = None,
    integration: Annotated[Word | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ConnectionView]:
    place = place_of(cursor, str)
    async with caller.gateway.database.read() as db:
        found = await connections.every(db, caller.gateway.vault, ids=caller.connection_ids, status=status)
    after = place[0] if place else ""
    wanted = [each for each in found if each.name > after and integration in (None, each.integration)]
    shown, next_cursor = cut(wanted, limit, lambda each: (each.name,))
    return Page(items=[ConnectionView(**_members(request, each)) for each in shown], next_cursor=next_cursor)


@router.post("", summary="Make a connection", status_code=201, responses=problems(409))
async def make_connection(request: Request, caller: Admin, body: NewConnection) -> MadeConnection:
    """As a draft: nothing is taken in or sent before it is activated. The secret for the shop's webhooks is made when none is
    given, and shown this once; null means that there is to be none."""
    caller.must_see_all("new connections")
    given = "webhook_secret" in body.shop
    made = await connection_service.make(caller.gateway, Draft(**body.model_dump()))
    secret = None if given else made.webhook_secret
    return MadeConnection(**_members(request, made), webhook_secret=secret)


@router.get("/{connection}", summary="Read a connection", responses=problems(404))
async def read_connection(request: Request, caller: Reader, connection: Name) -> ConnectionView:
    return await _again(request, caller, connection)


@router.patch("/{connection}", summary="Change a connection", responses=problems(404, 409))
async def change_connection(request: Request, caller: Admin, connection: Name, body: ConnectionChange) -> AppliedConnection:
    """An address that changes needs the secrets sent to it again, and makes the connection a draft that is tested anew."""
    current = await caller.connection(connection)
    try:
        saved = await connection_service.patch(caller.gateway, current, body.model_dump(exclude_unset=True))
    except Conflict as clash:
        raise _without_foreign_names(caller, clash) from clash
    return AppliedConnection(**_members(request, saved.connection), created=False, changed=list(saved.changed))


@router.put(
    "/{connection}",
    summary="Make or change a connection as declared",
    responses={**problems(404, 409), 201: {"model": AppliedConnection, "description": "It was made."}},
)
async def apply_connection(
    request: Request,
    response: Response,
    caller: Admin,
    connection: Name,
    body: DeclaredConnection,
    dry_run: Annotated[
        bool, Query(description="Of a connection that is there: check everything and say what would change; save nothing.")
    ] = False,
) -> AppliedConnection:
    """Makes the connection of that name, or brings it in line; done twice, the second time changes nothing."""
    draft = Draft(name=connection, **body.model_dump())
    try:
        current = await caller.connection(connection)
    except NotFound:
        if dry_run:
            raise
        caller.must_see_all("new connections")
        made = await connection_service.make(caller.gateway, draft)
        response.status_code = 201
        secret = None if "webhook_secret" in body.shop else made.webhook_secret
        return AppliedConnection(**_members(request, made), created=True, changed=[], webhook_secret=secret)
    if current.name != connection:
        raise BadInput("give the connection's name, not its id", field="connection", fix=f"PUT /connections/{current.name}")
    try:
        saved = await connection_service.apply(caller.gateway, current, draft, dry_run=dry_run)
    except Conflict as clash:
        raise _without_foreign_names(caller, clash) from clash
    return AppliedConnection(**_members(request, saved.connection), created=False, changed=list(saved.changed))


@router.delete("/{connection}", summary="Delete a draft", status_code=204, responses=problems(404, 409))
async def delete_connection(caller: Admin, connection: Name) -> Response:
    """Only a draft of which nothing was ever kept; any other is paused instead."""
    await connection_service.remove(caller.gateway, await caller.connection(connection))
    return Response(status_code=204)


@router.post("/{connection}/test", summary="Test a connection", responses=problems(404))
async def test_connection(caller: Admin, connection: Name) -> TestView:
    """Real calls to the shop and the warehouse; what is wrong is said in the user's words, and kept with the connection."""
    return TestView.of(await connection_test.test(caller.gateway, await caller.connection(connection)))


_NOT_ACTIVATED = described(
    409,
    "A check of the test failed; `checks` has them all.",
    detail="the shop: the key is unknown",
    checks=[{**_CHECK, "ok": False, "message": "the key is unknown", "fix": "make new keys"}],
)


@router.post("/{connection}/activate", summary="Activate a connection", responses={**problems(404), 409: _NOT_ACTIVATED})
async def activate_connection(request: Request, caller: Admin, connection: Name) -> ConnectionView:
    """Tests it, and takes it into use when every check passes. Without a go-live date of its own, this moment becomes it: orders
    made before are never transferred."""
    current = await caller.connection(connection)
    report = await connection_service.activate(caller.gateway, current)
    if not report.ok:
        first = next(check for check in report.checks if not check.ok)
        checks = report.plain()["checks"]
        raise Refusal(409, f"{first.system}: {first.message}", fix=first.fix or None, checks=checks)
    return await _again(request, caller, current.id)


@router.post("/{connection}/pause", summary="Pause a connection", responses=problems(404, 409))
async def pause_connection(request: Request, caller: Admin, connection: Name) -> ConnectionView:
    """Webhooks are still kept; nothing is polled or sent."""
    current = await caller.connection(connection)
    await connection_service.pause(caller.gateway, current)
    return await _again(request, caller, current.id)


@router.post("/{connection}/resume", summary="Resume a connection", responses=problems(404, 409))
async def resume_connection(request: Request, caller: Admin, connection: Name) -> ConnectionView:
    """Goes on with what was kept meanwhile, and reads the shop now."""
    current = await caller.connection(connection)
    await connection_service.resume(caller.gateway, current)
    return await _again(request, caller, current.id)


@router.post("/{connection}/rotate-webhook-secret", summary="Change the webhook secret", responses=problems(404, 409))
async def rotate_webhook_secret(request: Request, caller: Admin, connection: Name) -> NewSecret:
    """Deliveries signed with the old one are refused from now on; give the new one to the shop's webhooks at once."""
    current = await caller.connection(connection)
    secret = await connection_service.rotate_webhook_secret(caller.gateway, current)
    return NewSecret(webhook_url=_webhook_url(request, current)[0], webhook_secret=secret)
