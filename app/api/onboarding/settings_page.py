"""`/oauth/{integration}/settings`: what was connected is set up, tried on real orders, and activated when the person says so."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from app.api.onboarding.access import Door, at_work
from app.api.onboarding.answers import as_page, gateway_of, pages_of
from app.domain import SWITCHED, Process
from app.engine.operations import connections as service
from app.engine.operations import onboarding, settings_preview
from app.engine.operations.connection_test import Report
from app.engine.operations.consents import Connected
from app.engine.operations.settings_preview import Tried
from app.engine.upkeep import webhook_guard, webhook_state
from app.errors import BadInput, Conflict, NotFound, RemoteError
from app.integrations.protocol import Choice, OffersChoices
from app.integrations.protocol.capabilities import Capability
from app.integrations.protocol.integration import can
from app.records.connections import Connection, Status
from app.records.onboarding.visits import Visit
from app.web.forms import Form, read_form

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
    fault: BadInput | None = None
    tried: Sequence[Tried] | None = None
    report: Report | None = None
    unheard: str = ""
    """Why the shop's webhooks were not made, in the system's words."""
    trouble: str = ""
    change: Mapping[str, Any] = field(default_factory=dict)


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


async def _sent(door: Door, visit: Visit, connection: Connection, form: Form) -> Response:
    shown = Shown()
    try:
        choices = await _choices(door, connection, shown)
        shown.change = _change(connection, choices, form)
        if form["action"] == "preview":
            shown.tried = await settings_preview.try_settings(
                door.gateway, connection, shown.change, Process.ORDERS, ORDERS_TRIED
            )
        else:
            saved = await service.patch(door.gateway, connection, {"settings": dict(shown.change)})
            connection, shown.saved, shown.change = saved.connection, True, {}
            if form["action"] == "activate":
                shown.report = await service.activate(door.gateway, connection)
                connection = await _connection(door, visit)
                shown.unheard = await _webhooks(door, connection) if shown.report.ok else ""
    except Conflict as error:
        shown.fault = service.without_foreign_names(error)
    except BadInput as error:
        shown.fault = error
    except RemoteError as error:
        shown.trouble = error.message
    failed = shown.fault is not None or (shown.report is not None and not shown.report.ok)
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
    """The zone in which dates are meant: the shop's, where it has one."""
    name = getattr(connection.settings, "timezone", None)
    with contextlib.suppress(KeyError, ValueError, OSError):
        return ZoneInfo(name) if isinstance(name, str) else UTC
    return UTC


def _change(connection: Connection, choices: Sequence[Choice], form: Form) -> dict[str, Any]:
    """The settings as the form has them; only those that it shows. Raises BadInput."""
    possible = [process for process in SWITCHED if can(connection.system, process)]
    chosen = set(form.all("processes"))
    change: dict[str, Any] = {
        "order_number_prefix": form["order_number_prefix"].strip(),
        "plugins": form["plugins"].strip() or None,
    }
    if "processes" in form or form["action"] != "activate":  # a connection that exchanges nothing is not activated
        change["processes"] = {process.switch: process.switch in chosen for process in possible}
    if (day := form["go_live"].strip()) != _day(connection):
        change["go_live"] = _begin_of(day, _zone(connection))
    for choice in choices:
        given = [value for value in form.all(f"choice.{choice.setting}") if value in dict(choice.options)]
        _put(change, connection, choice, given)
    return change


def _begin_of(day: str, zone: tzinfo) -> str | None:
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time(), zone).astimezone(UTC).isoformat()
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{day!r} is no date", field="go_live", fix="like 2026-11-29") from error


def _day(connection: Connection) -> str:
    go_live = connection.settings.go_live
    return go_live.astimezone(_zone(connection)).date().isoformat() if go_live is not None else ""


def _put(change: dict[str, Any], connection: Connection, choice: Choice, given: list[str]) -> None:
    """Sets a dotted setting. A table with people's own keys is sent whole: a change of settings replaces it."""
    first, *rest = choice.setting.split(".")
    value: Any = given if choice.many else (given[0] if given else None)
    if not rest:
        change[first] = value
        return
    whole = change.setdefault(first, _plain(attrgetter(first)(connection.settings)))
    for key in rest[:-1]:
        whole = whole.setdefault(key, {})
    before = whole.get(rest[-1])
    is_list = choice.many or isinstance(before, list) or isinstance(attrgetter(first)(connection.settings), dict)
    if not given and is_list:
        whole.pop(rest[-1], None)
    else:
        whole[rest[-1]] = given if is_list else value


def _plain(part: Any) -> dict[str, Any]:
    if isinstance(part, dict):
        return dict(part)
    dumped: dict[str, Any] = part.model_dump(mode="json")
    return dumped


def chosen_of(settings: Mapping[str, Any], setting: str) -> list[str]:
    """What is set now, as texts."""
    found: Any = settings
    for key in setting.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    if found is None:
        return []
    return [str(each) for each in found] if isinstance(found, list) else [str(found)]


async def _page(door: Door, visit_id: str, connection: Connection, shown: Shown, status: int = 200) -> Response:
    choices = await _choices(door, connection, shown)
    settings = {**connection.settings.model_dump(mode="json"), **shown.change}
    processes = settings["processes"]
    return pages_of(door.request).render(
        door.request,
        "settings.html",
        status=status,
        title=connection.system.title,
        visit=visit_id,
        connection=connection,
        shares=door.request.query_params.get("shares") == "1",
        is_active=connection.status is Status.ACTIVE,
        processes=[(each.switch, bool(processes[each.switch])) for each in SWITCHED if can(connection.system, each)],
        prefix=settings["order_number_prefix"],
        go_live=_day(connection),
        plugins=settings["plugins"] or "",
        choices=[(choice, chosen_of(settings, choice.setting) or choice.meant) for choice in choices],
        shown=shown,
        webhook_address=webhook_guard.address_of(door.gateway, connection) or "",
        topics=getattr(connection.settings, "webhook_topics", ()),
    )
