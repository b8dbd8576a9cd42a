"""`/oauth/{integration}/settings`: what was connected is set up, tried on real orders, and activated when the person says so."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from app.api.onboarding.access import Door, at_work
from app.api.onboarding.answers import as_page, gateway_of, pages_of
from app.domain import Process
from app.engine.operations import connections as service
from app.engine.operations import onboarding, settings_preview
from app.engine.operations.connection_test import Report
from app.engine.operations.consents import Connected
from app.engine.operations.settings_preview import Tried
from app.engine.upkeep import webhook_guard, webhook_state
from app.errors import BadInput, Conflict, NotFound, RemoteError
from app.integrations.protocol import Choice, OffersChoices
from app.integrations.protocol.capabilities import Capability
from app.records.connections import Connection, Status
from app.records.onboarding.visits import Visit
from app.web.forms import Form, read_form
from app.web.model_form import ModelForm
from app.web.model_form.of_settings import Sent, form_of, read, seen_of, values_of

ORDERS_TRIED = 3
LOOKS, LOOK_SECONDS = 20, 0.5
"""How often, and how far apart, the page looks what a worker has found out about the shop's webhooks."""


def address_of(system: str, visit_id: str) -> str:
    return f"/oauth/{system}/settings?visit={visit_id}"


def address(system: str, visit: Visit, done: Connected) -> str:
    """Where the person goes on. A connection that is in use already is only told to be connected again."""
    told = ("" if done.is_new else "&again=1") + ("&shares=1" if done.shares else "")
    return address_of(system, visit.id) + told


@dataclass
class Shown:
    """What one answer shows beside the settings."""

    saved: bool = False
    sent: Sent | None = None
    """What was typed and is not saved."""
    tried: Sequence[Tried] | None = None
    report: Report | None = None
    unheard: str = ""
    """Why the shop's webhooks were not made, in the system's words."""
    trouble: str = ""


@as_page
async def settings_page(request: Request) -> Response:
    name = request.path_params["integration"]
    onboarding.consenting(name)
    door = Door(request, gateway_of(request), name)
    if request.method != "POST":
        connection = await _connection(door, await door.of_id(request.query_params.get("visit", "")))
        return await _page(door, request.query_params.get("visit", ""), connection, Shown())
    form = await read_form(request)
    visit = await door.by_form(form)
    await at_work(request, door.gateway, visit)
    connection = await _connection(door, visit)
    return await _sent(door, visit, connection, form)


async def _connection(door: Door, visit: Visit) -> Connection:
    """The connection that this visit has made. Raises NotFound before that."""
    found = await onboarding.known(door.gateway, visit)
    if found is None or visit.stage != "made":
        raise NotFound("nothing is connected yet", field="visit", fix="begin at the start page")
    return found


async def _sent(door: Door, visit: Visit, connection: Connection, given: Form) -> Response:
    shown = Shown()
    form = _form(connection, await _choices(door, connection, shown))
    sent = shown.sent = _read(form, connection, given)
    try:
        if sent.is_good and given["action"] == "preview":
            shown.tried = await settings_preview.try_settings(door.gateway, connection, sent.change, Process.ORDERS, ORDERS_TRIED)
        elif sent.is_good:
            saved = await service.patch(door.gateway, connection, {"settings": sent.change})
            connection, shown.saved, shown.sent = saved.connection, True, None
            if given["action"] == "activate":
                shown.report = await service.activate(door.gateway, connection)
                connection = await _connection(door, visit)
                shown.unheard = await _webhooks(door, connection) if shown.report.ok else ""
    except Conflict as error:
        sent.add(form, service.without_foreign_names(error))
        shown.sent = sent
    except BadInput as error:
        sent.add(form, error)
        shown.sent = sent
    except RemoteError as error:
        shown.trouble = error.message
    failed = not sent.is_good or (shown.report is not None and not shown.report.ok)
    return await _page(door, visit.id, connection, shown, 422 if failed else 200)


async def _choices(door: Door, connection: Connection, shown: Shown) -> tuple[Choice, ...]:
    """What the system offers to choose from; nothing when it cannot be asked now."""
    source = door.gateway.source(connection)
    if not isinstance(source, OffersChoices):
        return ()
    try:
        return await source.choices()
    except RemoteError as error:
        shown.trouble = error.message
        return ()


async def _webhooks(door: Door, connection: Connection) -> str:
    """Has the shop's webhooks made now. Returns what kept them from it; polls find everything all the same."""
    if Capability.MANAGE_WEBHOOKS not in connection.system.capabilities or not connection.settings.webhooks.managed:
        return ""
    try:
        state = await webhook_state.check(door.gateway, connection)
        for _ in range(LOOKS):
            if state.state != "unknown":
                break
            await asyncio.sleep(LOOK_SECONDS)  # a worker was first, and is at it
            state = await webhook_state.read(door.gateway, connection)
    except (BadInput, RemoteError) as error:
        return error.message
    return (state.last_error or "") if state.state == "failed" else ""


# --- the form -------------------------------------------------------------------------------------------------------------


def _zone(connection: Connection) -> tzinfo:
    """The zone in which times are meant: the shop's, where it has one."""
    name = getattr(connection.settings, "timezone", None)
    with contextlib.suppress(KeyError, ValueError, OSError):
        return ZoneInfo(name) if isinstance(name, str) else UTC
    return UTC


def _form(connection: Connection, choices: Sequence[Choice]) -> ModelForm:
    """What a person is asked here; all other settings can be changed later."""
    asked = ("processes", *(choice.setting for choice in choices), "order_number_prefix", "go_live")
    return form_of(connection, _zone(connection), choices).only(*asked, *sorted(connection.settings.for_people))


def _read(form: ModelForm, connection: Connection, given: Form) -> Sent:
    sent = read(form, connection, given)
    is_any_on = any(sent.typed[field.name] for field in form.only("processes").fields)
    if given["action"] == "activate" and not is_any_on:  # a connection that exchanges nothing is not activated
        sent.change.pop("processes", None)
    return sent


async def _page(door: Door, visit_id: str, connection: Connection, shown: Shown, status: int = 200) -> Response:
    form = _form(connection, await _choices(door, connection, shown))
    sent = shown.sent or Sent(form.shown(values_of(connection)))
    return pages_of(door.request).render(
        door.request,
        "settings.html",
        status=status,
        title=connection.system.title,
        visit=visit_id,
        connection=connection,
        shares=door.request.query_params.get("shares") == "1",
        is_active=connection.status is Status.ACTIVE,
        prefix=sent.typed["order_number_prefix"],
        inputs_of=form,
        sent=sent,
        seen=seen_of(connection),
        zone=getattr(form.zone, "key", "UTC"),
        shown=shown,
        webhook_address=webhook_guard.address_of(door.gateway, connection) or "",
        topics=getattr(connection.settings, "webhook_topics", ()),
    )
