"""Connections: made, changed, tested with real calls, taken into use and paused. Secrets go in and never come out again."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from app.api.connections.bodies import ConnectionChange, DeclaredConnection, NewConnection
from app.api.connections.views import (
    CHECK_EXAMPLE,
    AppliedConnection,
    ConnectionView,
    ConsentView,
    LoginEndedView,
    MadeConnection,
    NewSecret,
    PausedCallView,
    ShownConnection,
    TestView,
    members,
    warehouse_webhook_url,
    webhook_url,
)
from app.api.kit.auth import Admin, Caller, Reader
from app.api.kit.pages import Cursor, Limit, Name, Page, Word, cut, place_of
from app.api.kit.problems import Refusal
from app.api.kit.responses import described, problems
from app.engine.core.runtime import Gateway
from app.engine.core.sessions import consent_page
from app.engine.operations import connection_test
from app.engine.operations import connections as connection_service
from app.engine.operations.lanes import paused_calls
from app.engine.upkeep import webhook_guard
from app.errors import BadInput, Conflict, NotFound
from app.integrations.registry import INTEGRATIONS
from app.records import connections, sessions
from app.records.connections import Connection, Draft, Status

router = APIRouter(prefix="/connections", tags=["connections"])


def _without_foreign_names(caller: Caller, clash: Conflict) -> Conflict:
    """A key that is limited to some connections does not learn which other one is in the way."""
    return clash if caller.key.connection_ids is None else connection_service.without_foreign_names(clash)


async def _again(request: Request, caller: Caller, connection_id: str) -> ShownConnection:
    gateway, found = caller.gateway, await caller.connection(connection_id)
    async with gateway.database.read() as db:
        paused = await paused_calls(db, found, gateway.clock())
        is_there, ended = await sessions.state(db, found.id)
    return ShownConnection(
        **members(request, found),
        paused_calls=[PausedCallView.model_validate(each) for each in paused],
        login_ended=LoginEndedView(at=ended.at, words=ended.words) if ended is not None else None,
        consent=_consent(gateway, found, is_there, ended),
    )


def _consent(gateway: Gateway, connection: Connection, is_there: bool, ended: sessions.Ended | None) -> ConsentView | None:
    if connection.system.consent is None:
        return None
    state = "ended" if ended is not None else "given" if is_there else "none"
    page = consent_page(gateway.settings, connection)
    return ConsentView(state=state, url=page, ended_at=ended.at if ended else None, words=ended.words if ended else None)


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
    return Page(items=[ConnectionView(**members(request, each)) for each in shown], next_cursor=next_cursor)


@router.post("", summary="Make a connection", status_code=201, responses=problems(409, 424))
async def make_connection(request: Request, caller: Admin, body: NewConnection) -> MadeConnection:
    """Makes the connection as a draft: nothing is taken in or sent before it is activated. If no webhook secret is given, the
    gateway makes one and shows it this once. Null means that the connection has none. Settings that name carriers are checked
    against the warehouse; when it does not answer, the answer is 424, and nothing is made."""
    caller.must_see_all("new connections")
    given = "webhook_secret" in body.source
    with body.errors_as_said():
        made = await connection_service.make(caller.gateway, Draft(**body.model_dump()))
    secret = None if given else made.webhook_secret
    return MadeConnection(**members(request, made), webhook_secret=secret)


@router.get("/{connection}", summary="Read a connection", responses=problems(404))
async def read_connection(request: Request, caller: Reader, connection: Name) -> ShownConnection:
    return await _again(request, caller, connection)


@router.patch("/{connection}", summary="Change a connection", responses=problems(404, 409, 424))
async def change_connection(request: Request, caller: Admin, connection: Name, body: ConnectionChange) -> AppliedConnection:
    """What you leave out stays as it is. Parts with fixed names are merged: `{"settings": {"stock": {"floor": 2}}}` changes
    the floor alone. Lists, and tables with keys of your own (`transporters`, `extra_order_fields`), are replaced as a whole: `{}`
    empties them. Null takes a value back to its default;
    null for all `settings` leaves `go_live` as it is.

    If you change an address, give the secrets for it again. The connection then becomes a draft and must be tested anew.
    `transporters` and `transporter_rules` take only carriers that the warehouse lists. It is asked when one of them is new; when
    it does not answer, the answer is 424, and nothing is changed.
    What others change at the same moment is kept; if they change the same, the answer is 409, and nothing is changed."""
    current = await caller.connection(connection)
    if body.name in INTEGRATIONS and body.name != current.name:
        caller.must_see_all(f"syncs of {body.name!r}, which stands for every connection of that system, ")
    try:
        with body.errors_as_said():
            saved = await connection_service.patch(caller.gateway, current, body.model_dump(exclude_unset=True))
    except Conflict as clash:
        raise _without_foreign_names(caller, clash) from clash
    return AppliedConnection(**members(request, saved.connection), created=False, changed=list(saved.changed))


@router.put(
    "/{connection}",
    summary="Make or change a connection as declared",
    responses={**problems(404, 409, 424), 201: {"model": AppliedConnection, "description": "It was made."}},
)
async def apply_connection(
    request: Request,
    response: Response,
    caller: Admin,
    connection: Name,
    body: DeclaredConnection,
    dry_run: Annotated[
        bool, Query(description="For a connection that exists: check everything, say what would change, and save nothing.")
    ] = False,
) -> AppliedConnection:
    """Makes the connection, or changes it so that it is as declared. Sending the same again changes nothing. If somebody else
    changes the same at this moment, the answer is 409, and nothing is changed."""
    draft = Draft(name=connection, **body.model_dump())
    try:
        current = await caller.connection(connection)
    except NotFound:
        if dry_run:
            raise
        caller.must_see_all("new connections")
        with body.errors_as_said():
            made = await connection_service.make(caller.gateway, draft)
        response.status_code = 201
        secret = None if "webhook_secret" in body.source else made.webhook_secret
        return AppliedConnection(**members(request, made), created=True, changed=[], webhook_secret=secret)
    if current.name != connection:
        raise BadInput("give the connection's name, not its id", field="connection", fix=f"PUT /connections/{current.name}")
    try:
        with body.errors_as_said():
            saved = await connection_service.apply(caller.gateway, current, draft, dry_run=dry_run)
    except Conflict as clash:
        raise _without_foreign_names(caller, clash) from clash
    return AppliedConnection(**members(request, saved.connection), created=False, changed=list(saved.changed))


@router.delete("/{connection}", summary="Delete a draft", status_code=204, responses=problems(404, 409))
async def delete_connection(caller: Admin, connection: Name) -> Response:
    """Deletes a draft that was never in use, with the webhooks that it has taken. Pause any other connection instead."""
    await connection_service.remove(caller.gateway, await caller.connection(connection))
    return Response(status_code=204)


@router.post("/{connection}/test", summary="Test a connection", responses=problems(404))
async def test_connection(caller: Admin, connection: Name) -> TestView:
    """Calls the shop and the warehouse. The findings are kept with the connection."""
    return TestView.of(await connection_test.test(caller.gateway, await caller.connection(connection)))


_NOT_ACTIVATED = described(
    409,
    "A check of the test failed; `checks` has them all. Or the connection was changed while it was tested; activate it again. "
    "Or another connection in use has its goods owner, and the two cannot share it.",
    detail="the shop: the key is unknown",
    checks=[{**CHECK_EXAMPLE, "ok": False, "message": "the key is unknown", "fix": "make new keys"}],
)


@router.post("/{connection}/activate", summary="Activate a connection", responses={**problems(404), 409: _NOT_ACTIVATED})
async def activate_connection(request: Request, caller: Admin, connection: Name) -> ShownConnection:
    """Tests the connection and activates it when every check passes. If it has no go-live date, the date is set to now: orders
    made before are never transferred."""
    current = await caller.connection(connection)
    try:
        report = await connection_service.activate(caller.gateway, current)
    except Conflict as clash:
        raise _without_foreign_names(caller, clash) from clash
    if not report.ok:
        first = next(check for check in report.checks if not check.ok)
        checks = report.plain()["checks"]
        raise Refusal(409, f"{first.system}: {first.message}", fix=first.fix or None, checks=checks)
    return await _again(request, caller, current.id)


@router.post("/{connection}/pause", summary="Pause a connection", responses=problems(404, 409))
async def pause_connection(request: Request, caller: Admin, connection: Name) -> ShownConnection:
    """The gateway still keeps incoming webhooks. It reads and sends nothing."""
    current = await caller.connection(connection)
    await connection_service.pause(caller.gateway, current)
    return await _again(request, caller, current.id)


@router.post("/{connection}/resume", summary="Resume a connection", responses=problems(404, 409))
async def resume_connection(request: Request, caller: Admin, connection: Name) -> ShownConnection:
    """Works on the webhooks that were kept meanwhile, and reads the shop now."""
    current = await caller.connection(connection)
    await connection_service.resume(caller.gateway, current)
    return await _again(request, caller, current.id)


@router.post("/{connection}/rotate-webhook-secret", summary="Change the webhook secret", responses=problems(404, 409))
async def rotate_webhook_secret(
    request: Request,
    caller: Admin,
    connection: Name,
    at_once: Annotated[
        bool, Query(description="Refuse webhooks signed with the old secret from now on: it is known to others.")
    ] = False,
    of: Annotated[
        Literal["source", "warehouse"],
        Query(description="Whose webhooks: the shop's (source) or the WMS's (warehouse)."),
    ] = "source",
) -> NewSecret:
    """Webhooks with the old secret are taken for `settings.webhooks.old_secret_minutes` more, beside those with the new one. Then
    they are refused. Where the gateway looks after the webhooks in the shop, it puts the new secret there in the same call, and
    polls what was missed. Elsewhere enter it in the shop, or in the WMS, within that time. If somebody else changes it at this
    moment, the answer is 409: the secret that they were shown holds."""
    current = await caller.connection(connection)
    secret = await connection_service.rotate_webhook_secret(caller.gateway, current, of, at_once=at_once)
    in_shop = await webhook_guard.renew_secret(caller.gateway, current.id) if of == "source" else None
    old = current.webhook_secret if of == "source" else current.warehouse.webhook_secret
    minutes = 0 if at_once or old is None else current.settings.webhooks.old_secret_minutes
    url = webhook_url(request, current)[0] if of == "source" else warehouse_webhook_url(request, current)
    return NewSecret(webhook_url=url, webhook_secret=secret, in_shop=in_shop, old_secret_minutes=minutes)
