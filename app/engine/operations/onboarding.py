"""A person connects a system in the browser: what they typed is checked with real calls, and their consent is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ValidationError

from app.engine.core.runtime import Gateway
from app.engine.operations.warehouse_test import guarded
from app.errors import BadInput, NotFound
from app.ids import unguessable
from app.integrations.kit.mistakes import said
from app.integrations.protocol import Integration
from app.integrations.protocol.account import Account
from app.integrations.protocol.session import Consent
from app.integrations.registry import RESERVED_NAMES, integration
from app.outgoing.addresses import check_address
from app.records import connection_lanes, connections
from app.records.connections import NAME_PATTERN, Connection, Status
from app.records.onboarding import visits
from app.records.onboarding.visits import NewVisit, Visit
from app.storage.audit.changes import Change, note
from app.warehouse.connection_test import Check
from app.warehouse.credentials import OngoingCredentials, api_address
from app.warehouse.rest.client import OngoingClient

STATE_LASTS = timedelta(minutes=10)
VISIT_LASTS = timedelta(hours=2)
LINK_LASTS = timedelta(days=7)

FIELDS = ("url", "user", "password", "goods_owner", "name")
"""What the page asks for, by its own names."""
IN_CREDENTIALS = {"warehouse.url": "url", "warehouse.user": "user", "warehouse.password": "password", "name": "name"}
IN_CREDENTIALS["warehouse.goods_owner_id"] = "goods_owner"
BESIDE = {"address": "url", "login": "password", "goods-owner": "goods_owner"}
"""The field beside which a check of the warehouse is told."""
_CUSTOMER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")


class _NotYet(BaseModel):
    """The outside credentials, before there are any."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a field of the page; `field` is empty when it is none of them. `code` is stable, for translation."""

    field: str
    code: str
    message: str
    fix: str = ""


def consenting(name: str) -> tuple[Integration, Consent]:
    """The integration of that name and how a person consents there. Raises NotFound and BadInput."""
    try:
        system = integration(name)
    except BadInput as error:
        raise NotFound(error.message, field=error.field, fix=error.fix) from error
    if system.consent is None:
        needed = ", ".join(each for each, field in system.credentials_model.model_fields.items() if field.is_required())
        words = f"{system.title} is not connected over a page like this one: it needs {needed}"
        fix = f"fill in what gateway connections example {name} prints, and give it to gateway connections apply"
        raise BadInput(words, field="integration", fix=fix)
    return system, system.consent


def redirect_uri(gateway: Gateway, name: str, asked_at: str) -> str:
    """Where the system sends the person back to. `asked_at`: the address that the person uses, if no other is set."""
    base = (gateway.settings.public_url or asked_at).rstrip("/")
    return f"{base}/oauth/{name}/callback"


# --- visits ---------------------------------------------------------------------------------------------------------------


async def begin(
    gateway: Gateway, name: str, browser: str, key_id: str, connection_id: str | None, lasts: timedelta = VISIT_LASTS
) -> Visit:
    """A visit of somebody who has shown an API key."""
    now = gateway.clock()
    new = NewVisit(name, browser, None, key_id, connection_id, now + lasts)
    async with gateway.database.begin() as db:
        return await visits.create(db, gateway.vault, new, now)


async def make_link(gateway: Gateway, name: str, key_id: str, connection_id: str | None) -> tuple[str, Visit]:
    """A one-time link's secret, and its visit: good until a connection is made with it, in one browser, for a week."""
    now, link = gateway.clock(), unguessable()
    new = NewVisit(name, None, link, key_id, connection_id, now + LINK_LASTS)
    async with gateway.database.begin() as db:
        visit = await visits.create(db, gateway.vault, new, now)
        change = Change("link.expires_at", None, visit.expires_at)
        note(db, f"link {visit.id} to {name}", (change,), connection_ids=(connection_id,))
        return link, visit


async def known(gateway: Gateway, visit: Visit) -> Connection | None:
    """The connection that the visit is about, if there is one yet."""
    if visit.connection_id is None:
        return None
    async with gateway.database.read() as db:
        return await connections.find(db, gateway.vault, visit.connection_id)


# --- what was typed -------------------------------------------------------------------------------------------------------


def address_of(typed: str) -> str:
    """The WMS's address from what was typed: an address, or the customer id alone."""
    text = typed.strip()
    return f"https://{text.lower()}.ongoingsystems.se/{text}/" if _CUSTOMER_ID.fullmatch(text) else text


def completed(typed: Mapping[str, str], visit: Visit, current: Connection | None) -> dict[str, str]:
    """What was typed, with the password that the page does not show: typed before, or stored, for the same address and user."""
    given = {name: typed.get(name, "").strip() if name != "password" else typed.get(name, "") for name in FIELDS}
    if given["password"]:
        return given
    before = visit.typed
    if before.get("password") and all(before.get(name) == given[name] for name in ("url", "user")):
        return {**given, "password": str(before["password"])}
    if current is not None and (current.warehouse.url, current.warehouse.user) == (_normal(given["url"]), given["user"]):
        return {**given, "password": current.warehouse.password.get_secret_value()}
    return given


def _normal(url: str) -> str:
    try:
        return api_address(address_of(url))
    except ValueError:
        return url


async def check(
    gateway: Gateway, system: Integration, given: Mapping[str, str], current: Connection | None
) -> tuple[OngoingCredentials | None, list[Fault]]:
    """Checks every field, and the warehouse with real calls when they are all there."""
    missing = [Fault(name, "missing", "this is needed") for name in FIELDS if not given[name]]
    if not missing:
        missing = await name_faults(gateway, system, given["name"], current)
    try:
        warehouse = typed_credentials(gateway, given)
    except BadInput as error:
        field = IN_CREDENTIALS.get(error.field or "", "")
        if any(fault.field == field for fault in missing):
            return None, missing
        return None, [*missing, Fault(field, "not-valid", error.message, error.fix or "")]
    if missing:
        return None, missing
    found = await _called(gateway, system, warehouse)
    return warehouse, [Fault(BESIDE.get(each.name, ""), each.name, each.message, each.fix) for each in found if not each.ok]


def typed_credentials(gateway: Gateway, given: Mapping[str, Any]) -> OngoingCredentials:
    """What was typed, as the credentials that it means. Raises BadInput naming the field."""
    number = str(given.get("goods_owner", ""))
    values: dict[str, Any] = {
        "url": address_of(str(given.get("url", ""))),
        "user": given.get("user", ""),
        "password": given.get("password", ""),
        "goods_owner_id": int(number) if number.isascii() and number.isdigit() and len(number) < 10 else number,
    }
    try:
        made = OngoingCredentials.model_validate(values)
    except ValidationError as error:
        raise said(error, OngoingCredentials, "warehouse") from error
    check_address(made.url, gateway.settings.reach, "warehouse.url")
    return made


async def name_faults(gateway: Gateway, system: Integration, name: str, current: Connection | None) -> list[Fault]:
    """What keeps a connection from having this name."""
    if not NAME_PATTERN.fullmatch(name):
        fix = "use up to 63 lower-case letters, digits, - and _, beginning with a letter or digit"
        return [Fault("name", "name-not-valid", f"{name!r} cannot be a connection's name", fix)]
    if name in RESERVED_NAMES and name != system.name:
        return [Fault("name", "name-reserved", f"{name!r} is the name of another integration", "choose another name")]
    async with gateway.database.read() as db:
        try:
            there = await connections.find(db, gateway.vault, name)
        except NotFound:
            return []
    if there.integration == system.name and (current is None or current.id == there.id):
        return []  # it may be the same one, connected again: the account decides
    return [Fault("name", "name-taken", f"there is a connection {name!r} already", "choose another name")]


async def _called(gateway: Gateway, system: Integration, warehouse: OngoingCredentials) -> tuple[Check, ...]:
    """The warehouse's part of a connection test, of a connection that is not there yet."""
    now, settings = gateway.clock(), system.settings_model()
    unsaved = Connection(
        id="",
        name="",
        integration=system.name,
        webhook_id="",
        status=Status.DRAFT,
        account=Account("", ""),
        lane=connection_lanes.lane_of(warehouse),
        settings=settings,
        settings_version=0,
        source=_NotYet(),
        warehouse=warehouse,
        facts={},
        test=None,
        tested_at=None,
        activated_at=None,
        created_at=now,
        updated_at=now,
    )
    client = OngoingClient(warehouse, gateway.http, gateway.clock, settings.warehouse)
    return await guarded(gateway.database, gateway.settings, unsaved, client, gateway.clock)


# --- the consent ----------------------------------------------------------------------------------------------------------


async def keep(gateway: Gateway, visit: Visit, typed: Mapping[str, Any]) -> Visit:
    """Keeps what was typed, sealed, for the next page and the next try."""
    async with gateway.database.begin() as db:
        await visits.keep_typed(db, gateway.vault, visit.id, dict(typed))
    return replace(visit, typed=dict(typed))


async def ask(gateway: Gateway, visit: Visit) -> str:
    """A `state` for the system's consent page, good once, for ten minutes."""
    state = unguessable()
    async with gateway.database.begin() as db:
        await visits.ask(db, visit.id, state, gateway.clock() + STATE_LASTS)
    return state


async def take_back(gateway: Gateway, name: str, state: str, browser: str) -> Visit | None:
    """The visit that a `state` comes back to. None when it is not this browser's, was used, or is too old."""
    async with gateway.database.begin() as db:
        visit = await visits.take_back(db, gateway.vault, name, state, browser)
    if visit is None or visit.state_until is None or visit.state_until <= gateway.clock():
        return None
    return visit
