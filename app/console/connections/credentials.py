"""What a connection logs in with, at the shop and at the WMS. Secrets are replaced, and never shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from app.console.connections.one import address_of, consent_address, named
from app.console.kit.page import Page
from app.engine.operations import connections as service
from app.errors import BadInput, Conflict
from app.integrations.protocol.credentials import masked_fields, secret_fields, shown
from app.records.connections import Connection
from app.warehouse.credentials import OngoingCredentials
from app.web.model_form import ModelForm, fields_of_form
from app.web.model_form.form import Typed
from app.web.texts import Text

PARTS = ("source", "warehouse")
ROTATED = "webhook_secret"
"""Made anew by the gateway, on the connection's own page."""


def form_for(model: type[BaseModel], part: str, examples: Mapping[str, Any] | None = None) -> ModelForm:
    """`part`: source or warehouse."""
    return ModelForm(part, model, fields_of_form(model, examples))


def _forms(connection: Connection) -> dict[str, ModelForm]:
    system = connection.system
    source = form_for(system.credentials_model, "source", system.reference.credentials)
    return {"source": source, "warehouse": form_for(OngoingCredentials, "warehouse")}


def _values(credentials: BaseModel) -> dict[str, Any]:
    """Without anything that is secret, or shown by its end only."""
    hidden = secret_fields(type(credentials)) | masked_fields(type(credentials))
    return {name: value for name, value in shown(credentials).items() if name not in hidden}


def _stored(credentials: BaseModel) -> dict[str, Any]:
    """Of what is not shown: whether there is one, or the end of it."""
    secrets, masked = secret_fields(type(credentials)), masked_fields(type(credentials))
    ends = {name: value for name, value in shown(credentials).items() if name in masked}
    return {**{name: getattr(credentials, name) is not None for name in secrets}, **ends}


async def credentials_page(page: Page) -> Response:
    return _shown(page, await named(page), {}, None)


async def credentials_sent(page: Page) -> Response:
    connection = await named(page)
    part = page.form["part"]
    if part not in PARTS:
        raise BadInput("the form names no part of the connection", field="part", fix="load the page again")
    form = _forms(connection)[part]
    typed = form.typed(page.form)
    there = connection.source if part == "source" else connection.warehouse
    change = form.change(_values(there), typed)
    if not change:
        return page.done(address_of(connection), Text("Nothing was changed."))
    try:
        saved = await service.patch(page.gateway, connection, {part: change})
    except Conflict as clash:
        limited = page.viewer.key.connection_ids is not None
        return _shown(page, connection, {part: typed}, service.without_foreign_names(clash) if limited else clash)
    except BadInput as error:
        return _shown(page, connection, {part: typed}, error)
    if saved.connection.status != connection.status:
        text = Text("The credentials are saved. It points elsewhere now, so it is a draft again: test and activate it.")
    else:
        text = Text("The credentials are saved. Test them now.")
    return page.done(address_of(connection), text)


def _shown(page: Page, connection: Connection, typed: Mapping[str, dict[str, Typed]], error: BadInput | None) -> Response:
    forms = _forms(connection)
    there = {"source": connection.source, "warehouse": connection.warehouse}
    faults: dict[str, dict[str, BadInput]] = {part: {} for part in PARTS}
    other = error
    for part, form in forms.items():
        if error is not None and (error.field or "").startswith(f"{part}.") and (name := form.field_of(error)):
            faults[part][name], other = error, None
    return page.render(
        "connections/credentials.html",
        status=200 if error is None else error.status,
        connection=connection,
        address=address_of(connection),
        forms=forms,
        typed={part: typed.get(part, form.shown(_values(there[part]))) for part, form in forms.items()},
        stored={part: _stored(there[part]) for part in PARTS},
        faults=faults,
        error=other,
        consent_url=consent_address(connection),
    )
