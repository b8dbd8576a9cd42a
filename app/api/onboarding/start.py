"""`/oauth/{integration}/start`: the API key, then what the warehouse is reached with, then on to the system's consent page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from app.api.onboarding import settings_page
from app.api.onboarding.access import Door, Refused, at_work, refused_as
from app.api.onboarding.answers import as_page, ended, gateway_of, pages_of, start_address
from app.engine.operations import consents, onboarding
from app.engine.operations.onboarding import Fault
from app.errors import BadInput
from app.integrations.kit.mistakes import said
from app.integrations.protocol import ConnectionSettings, Integration
from app.integrations.protocol.credentials import secret_fields
from app.integrations.protocol.session import Consent
from app.records.connections import Connection
from app.records.onboarding.visits import Visit
from app.warehouse.credentials import OngoingCredentials
from app.web import browser
from app.web.forms import Form, read_form
from app.web.pages import origin_of

THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


@as_page
async def start(request: Request) -> Response:
    name = request.path_params["integration"]
    onboarding.consenting(name)
    door = Door(request, gateway_of(request), name)
    if request.method == "POST":
        return await _sent(door, await read_form(request))
    if (there := _own_host(request)) is not None:
        return pages_of(request).redirect(request, there)
    connection, link = request.query_params.get("connection") or None, request.query_params.get("link") or None
    visit = await door.enter(connection, link)
    if visit is None:
        return _asks_for_key(door, connection)
    return await _shown(door, visit, link or "", [])


def _own_host(request: Request) -> str | None:
    """The same page under the host that the system sends people back to, where both are names of this machine.

    A cookie that was set for localhost does not come along to 127.0.0.1. A program's key does not come along either, so it stays.
    """
    public = urlsplit(gateway_of(request).settings.public_url or "")
    names = (request.url.hostname, public.hostname)
    if names[0] == names[1] or not set(names) <= THIS_MACHINE or {"authorization", "x-api-key"} & set(request.headers):
        return None
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{public.scheme}://{public.netloc}{request.url.path}{query}"


async def _sent(door: Door, form: Form) -> Response:
    if "api_key" in form:
        return await _key_given(door, form)
    visit = await door.by_form(form)
    await at_work(door.request, door.gateway, visit)
    return await _checked(door, visit, form)


# --- the key --------------------------------------------------------------------------------------------------------------


def _asks_for_key(door: Door, connection: str | None, code: str = "", status: int = 200) -> Response:
    title = onboarding.consenting(door.system)[0].title
    return pages_of(door.request).render(
        door.request, "key.html", status=status, title=title, connection=connection or "", code=code
    )


async def _key_given(door: Door, form: Form) -> Response:
    connection = form["connection"] or None
    if not browser.is_ours(door.request, form[browser.CSRF_FIELD]):
        return _asks_for_key(door, connection, "outdated", 400)
    try:
        await door.with_key(form["api_key"].strip(), connection)
    except Refused as error:
        return _asks_for_key(door, connection, error.code, refused_as(error))
    query = {"connection": connection} if connection else {}
    return pages_of(door.request).redirect(door.request, start_address(door.system, **query))


# --- the form -------------------------------------------------------------------------------------------------------------


async def _shown(door: Door, visit: Visit, link: str, faults: Sequence[Fault], status: int = 200) -> Response:
    """The form, with what was typed before. Secrets stay here: the page only says that they are kept."""
    request, gateway = door.request, door.gateway
    system, consent = onboarding.consenting(door.system)
    current = await onboarding.known(gateway, visit)
    settings = current.settings if current is not None else system.settings_model()
    lacks = consent.missing()
    uri = onboarding.redirect_uri(gateway, door.system, str(request.base_url))
    values = {**_stored(current), **visit.typed}
    return pages_of(request).render(
        request,
        "start.html",
        status=status,
        form_targets=[origin_of(consent.page(settings, uri, ""))] if lacks is None else [],
        title=system.title,
        visit=visit.id,
        link=link,
        values={name: "" if name == "password" else str(values.get(name, "")) for name in onboarding.FIELDS},
        has_password=bool(values.get("password")) or current is not None,
        faults={fault.field: fault for fault in reversed(faults)},
        others=[fault for fault in faults if fault.field not in (*onboarding.FIELDS, *consent.token_fields)],
        rights=consent.rights(settings),
        lacks=lacks,
        redirect_uri=uri,
        current=current.name if current is not None else "",
        account=current.account.label if current is not None else "",
        token_fields=_token_fields(system, consent, visit.typed),
    )


def _stored(current: Connection | None) -> dict[str, str]:
    """What the form shows of a connection that is there."""
    if current is None:
        return {}
    warehouse = current.warehouse
    return {
        "name": current.name,
        "url": warehouse.url,
        "user": warehouse.user,
        "goods_owner": str(warehouse.goods_owner_id),
    }


def _token_fields(system: Integration, consent: Consent, typed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The credentials that can be given by hand: name, whether it is secret, and what was typed of those that are not."""
    secrets = secret_fields(system.credentials_model)
    return [
        {"name": name, "is_secret": name in secrets, "value": "" if name in secrets else str(typed.get(name, ""))}
        for name in consent.token_fields
    ]


async def _checked(door: Door, visit: Visit, form: Form) -> Response:
    """Checks what was typed with real calls, keeps it, and leads on."""
    gateway = door.gateway
    system, consent = onboarding.consenting(door.system)
    current = await onboarding.known(gateway, visit)
    if visit.connection_id is not None and current is not None and "name" not in form:
        given = onboarding.completed({**_stored(current)}, visit, current)
    else:
        given = onboarding.completed({name: form[name] for name in onboarding.FIELDS}, visit, current)
    by_hand = {name: value for name in consent.token_fields if (value := form[name].strip())}
    is_by_hand = any(name in secret_fields(system.credentials_model) for name in by_hand)
    visit = await onboarding.keep(gateway, visit, {**given, **_without_secrets(system, by_hand)})
    warehouse, faults = await onboarding.check(gateway, system, given, current)
    if is_by_hand:
        faults = [*faults, *_token_faults(system, by_hand, consent.token_fields)]
    elif (lacks := consent.missing()) is not None:
        faults = [*faults, Fault("", "no-client", lacks.message, lacks.fix or "")]
    if faults or warehouse is None:
        return await _shown(door, visit, form["link"], faults, 422)
    if is_by_hand:
        return await _by_hand(door, visit, (given["name"], warehouse), by_hand)
    settings: ConnectionSettings = current.settings if current is not None else system.settings_model()
    uri = onboarding.redirect_uri(gateway, door.system, str(door.request.base_url))
    state = await onboarding.ask(gateway, visit)
    return pages_of(door.request).redirect(door.request, consent.page(settings, uri, state))


def _without_secrets(system: Integration, given: Mapping[str, str]) -> dict[str, str]:
    secrets = secret_fields(system.credentials_model)
    return {name: value for name, value in given.items() if name not in secrets}


def _token_faults(system: Integration, given: Mapping[str, str], fields: Sequence[str]) -> list[Fault]:
    model: type[BaseModel] = system.credentials_model
    try:
        model.model_validate(dict(given))
    except ValidationError as error:
        wrong = said(error, model, "source")
        field = (wrong.field or "").removeprefix("source.")
        return [Fault(field if field in fields else "", "not-valid", wrong.message, wrong.fix or "")]
    return []


async def _by_hand(door: Door, visit: Visit, typed: tuple[str, OngoingCredentials], given: Mapping[str, str]) -> Response:
    """A connection with a token that was made by hand instead of a consent."""
    name, warehouse = typed
    _, consent = onboarding.consenting(door.system)
    try:
        done = await consents.connect(door.gateway, visit, name, warehouse, consent.by_hand(given))
    except BadInput as error:
        return ended(door.request, "not-made", error.status, detail=error.message, fix=error.fix or "", title=name)
    return pages_of(door.request).redirect(door.request, settings_page.address(door.system, visit, done))
