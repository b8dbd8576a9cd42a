"""Connections: made, changed, tested with real calls, taken into use and paused. Secrets go in and never come out again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.api.connections.bodies import ConnectionChange, DeclaredConnection, NewConnection
from app.api.connections.views import (
    CHECK_EXAMPLE,
    AppliedConnection,
    ConnectionView,
    MadeConnection,
    NewSecret,
    TestView,
    members,
    webhook_url,
)
from app.api.kit.auth import Admin, Caller, Reader
from app.api.kit.pages import Cursor, Limit, Name, Page, Word, cut, place_of
from app.api.kit.problems import Refusal
from app.api.kit.responses import described, problems
from app.engine.operations import connection_test
from app.engine.operations import connections as connection_service
from app.errors import BadInput, Conflict, NotFound
from app.records import connections
from app.records.connections import Draft, Status

router = APIRouter(prefix="/connections", tags=["connections"])


def _without_foreign_names(caller: Caller, clash: Conflict) -> Conflict:
    """A key that is limited to some connections does not learn which other one is in the way."""
    if caller.key.connection_ids is None or clash.field == "name":
        return clash
    return Conflict("it clashes with another connection of that goods owner", field=clash.field, fix=clash.fix)


async def _again(request: Request, caller: Caller, connection_id: str) -> ConnectionView:
    return ConnectionView(**members(request, await caller.connection(connection_id)))


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


@router.post("", summary="Make a connection", status_code=201, responses=problems(409))
async def make_connection(request: Request, caller: Admin, body: NewConnection) -> MadeConnection:
    """As a draft: nothing is taken in or sent before it is activated. The secret for the shop's webhooks is made when none is
    given, and shown this once; null means that there is to be none."""
    caller.must_see_all("new connections")
    given = "webhook_secret" in body.source
    with body.errors_as_said():
        made = await connection_service.make(caller.gateway, Draft(**body.model_dump()))
    secret = None if given else made.webhook_secret
    return MadeConnection(**members(request, made), webhook_secret=secret)


@router.get("/{connection}", summary="Read a connection", responses=problems(404))
async def read_connection(request: Request, caller: Reader, connection: Name) -> ConnectionView:
    return await _again(request, caller, connection)


@router.patch("/{connection}", summary="Change a connection", responses=problems(404, 409))
async def change_connection(request: Request, caller: Admin, connection: Name, body: ConnectionChange) -> AppliedConnection:
    """An address that changes needs the secrets sent to it again, and makes the connection a draft that is tested anew."""
    current = await caller.connection(connection)
    try:
        with body.errors_as_said():
            saved = await connection_service.patch(caller.gateway, current, body.model_dump(exclude_unset=True))
    except Conflict as clash:
        raise _without_foreign_names(caller, clash) from clash
    return AppliedConnection(**members(request, saved.connection), created=False, changed=list(saved.changed))


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
    checks=[{**CHECK_EXAMPLE, "ok": False, "message": "the key is unknown", "fix": "make new keys"}],
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
    return NewSecret(webhook_url=webhook_url(request, current)[0], webhook_secret=secret)
