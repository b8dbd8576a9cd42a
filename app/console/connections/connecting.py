"""A new connection, up to its draft: name and system, the WMS's login checked by a real call, the shop's login or consent.

What was typed is kept sealed with the visit, for the same key, until there is a draft. From then on the way goes on in `setup`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from starlette.responses import Response

from app.console.connections.credentials import form_for
from app.console.connections.one import address_of
from app.console.kit.page import Page
from app.engine.operations import connections as service
from app.engine.operations import onboarding
from app.engine.operations.onboarding import LINK_LASTS, Fault
from app.errors import BadInput, NotFound
from app.integrations.catalogue import every_system
from app.integrations.kit.mistakes import all_said
from app.integrations.protocol import Integration
from app.integrations.protocol.credentials import revealed
from app.integrations.registry import integration
from app.records.connections import Draft
from app.records.onboarding import visits
from app.records.onboarding.visits import Visit
from app.web import browser
from app.web.model_form import ModelForm
from app.web.texts import Text

CONNECT = "/console/connect"
OF_WAREHOUSE = ("url", "user", "password", "goods_owner")


@dataclass(frozen=True)
class Step:
    """One of the way's steps, for the list at its top."""

    number: int
    name: Text


STEPS = (
    Step(1, Text("Name and system")),
    Step(2, Text("The warehouse's login")),
    Step(3, Text("The shop's login")),
    Step(4, Text("Settings that matter")),
    Step(5, Text("Test")),
    Step(6, Text("Try it on real records")),
    Step(7, Text("Activate")),
)


# --- 1: name and system ---------------------------------------------------------------------------------------------------


async def first_page(page: Page) -> Response:
    return await _first(page, [])


async def first_sent(page: Page) -> Response:
    name = page.form["name"].strip()
    try:
        system = integration(page.form["integration"])
    except BadInput as error:
        return await _first(page, [Fault("integration", "not-valid", error.message, error.fix or "")])
    faults = await onboarding.name_faults(page.gateway, system, name, None)
    if not faults and await _is_taken(page, name):
        faults = [Fault("name", "name-taken", f"there is a connection {name!r} already", "choose another name")]
    if faults:
        return await _first(page, faults)
    who = browser.secret_of(page.request)
    visit = await onboarding.begin(page.gateway, system.name, who, page.viewer.key.id, None, LINK_LASTS)
    await onboarding.keep(page.gateway, visit, {"name": name})
    return page.back(f"{CONNECT}/{visit.id}")


async def _is_taken(page: Page, name: str) -> bool:
    try:
        await page.viewer.connection(name)
    except NotFound:
        return False
    return True


async def _first(page: Page, faults: Sequence[Fault]) -> Response:
    gateway = page.gateway
    async with gateway.database.read() as db:
        begun = await visits.begun(db, gateway.vault, page.viewer.key.id, gateway.clock())
    return page.render(
        "connections/begin.html",
        status=422 if faults else 200,
        systems=every_system(),
        begun=[(each, integration(each.integration).title) for each in begun],
        faults={fault.field: fault for fault in faults},
        typed=page.form,
        steps=STEPS,
        step=1,
    )


async def _visit(page: Page) -> Visit:
    """The one in the address, if it was begun with this key. It goes on in this browser. Raises NotFound."""
    gateway, who = page.gateway, browser.secret_of(page.request)
    async with gateway.database.begin() as db:
        found = await visits.go_on(db, gateway.vault, page.path["visit"], page.viewer.key.id, who, gateway.clock())
    if found is None:
        raise NotFound("what was begun here is over, or was begun with another key", fix=f"begin again at {CONNECT}")
    return found


# --- 2: the warehouse -----------------------------------------------------------------------------------------------------


async def warehouse_page(page: Page) -> Response:
    return _warehouse(page, await _visit(page), [])


async def warehouse_sent(page: Page) -> Response:
    """Checked by real calls; what was typed is kept in any case, the password too."""
    visit = await _visit(page)
    typed = {"name": str(visit.typed.get("name", "")), **{name: page.form[name] for name in OF_WAREHOUSE}}
    given = onboarding.completed(typed, visit, None)
    visit = await onboarding.keep(page.gateway, visit, given)
    warehouse, faults = await onboarding.check(page.gateway, integration(visit.integration), given, None)
    if faults or warehouse is None:
        return _warehouse(page, visit, faults)
    visit = await onboarding.keep(page.gateway, visit, {**given, "is_checked": True})
    return page.back(f"{CONNECT}/{visit.id}/source")


def _warehouse(page: Page, visit: Visit, faults: Sequence[Fault]) -> Response:
    return page.render(
        "connections/warehouse.html",
        status=422 if faults else 200,
        system=integration(visit.integration),
        visit=visit.id,
        name=visit.typed.get("name", ""),
        values={name: str(visit.typed.get(name, "")) for name in OF_WAREHOUSE if name != "password"},
        has_password=bool(visit.typed.get("password")),
        faults={fault.field: fault for fault in reversed(faults)},
        others=[fault for fault in faults if fault.field not in OF_WAREHOUSE],
        steps=STEPS,
        step=2,
    )


# --- 3: the shop ----------------------------------------------------------------------------------------------------------


async def source_page(page: Page) -> Response:
    visit = await _visit(page)
    if not visit.typed.get("is_checked"):
        return page.back(f"{CONNECT}/{visit.id}")
    return _source(page, visit, {}, [])


async def source_sent(page: Page) -> Response:
    """Makes the draft. A system that asks for consent gets its draft on its own page instead."""
    visit = await _visit(page)
    system = integration(visit.integration)
    form = _form(system)
    typed = form.typed(page.form)
    given = form.change({}, typed)
    faults = all_mistakes(form, given)
    if faults:
        return _source(page, visit, typed, faults)
    warehouse = onboarding.typed_credentials(page.gateway, visit.typed)
    kept = {name: value for name, value in revealed(warehouse).items() if value is not None}
    draft = Draft(name=str(visit.typed["name"]), integration=system.name, source=given, warehouse=kept)
    try:
        made = await service.make(page.gateway, draft)
    except BadInput as error:
        return _source(page, visit, typed, [error])
    async with page.gateway.database.begin() as db:
        await visits.made(db, visit.id, made.id)
    text = Text("The draft %(name)s is saved. You can go on with it now, or later from the list of connections.", name=made.name)
    return page.done(f"{address_of(made)}/setup/settings", text)


def _form(system: Integration) -> ModelForm:
    return form_for(system.credentials_model, "source", system.reference.credentials)


def all_mistakes(form: ModelForm, given: Mapping[str, Any]) -> list[BadInput]:
    """What the model says of what was given, all at once."""
    try:
        form.model.model_validate(given)
    except ValidationError as error:
        return all_said(error, form.model, form.part)
    return []


def _source(page: Page, visit: Visit, typed: Mapping[str, Any], errors: Sequence[BadInput]) -> Response:
    system = integration(visit.integration)
    form, consent = _form(system), system.consent
    beside = {name: error for error in reversed(errors) if (name := form.field_of(error)) is not None}
    return page.render(
        "connections/source.html",
        status=422 if errors else 200,
        system=system,
        docs=system.reference.docs,
        visit=visit.id,
        name=visit.typed.get("name", ""),
        form=form,
        typed=typed or form.shown({}),
        faults=beside,
        others=[error for error in errors if form.field_of(error) is None],
        consent_url=f"/oauth/{system.name}/start" if consent is not None else None,
        rights=consent.rights(system.settings_model()) if consent is not None else (),
        lacks=consent.missing() if consent is not None else None,
        steps=STEPS,
        step=3,
    )
