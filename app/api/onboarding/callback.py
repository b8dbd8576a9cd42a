"""`/oauth/{integration}/callback`: the person comes back from the system's consent page, once, within ten minutes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from app.api.onboarding import settings_page
from app.api.onboarding.access import at_work
from app.api.onboarding.answers import as_page, ended, gateway_of, pages_of, start_address
from app.engine.operations import consents, onboarding
from app.errors import BadInput, LoginRefused, RemoteError
from app.integrations.protocol import ConnectionSettings, Granted, Integration
from app.integrations.protocol.session import CameBack
from app.logs import get_logger
from app.records.onboarding import visits
from app.records.onboarding.visits import Stage, Visit
from app.web import browser

log = get_logger(__name__)


@as_page
async def callback(request: Request) -> Response:
    if request.method != "GET":  # a look at the address by some program uses nothing up
        return Response(status_code=200)
    name, gateway, asked = request.path_params["integration"], gateway_of(request), request.query_params
    system, _ = onboarding.consenting(name)
    state = asked.get("state", "")
    visit = await onboarding.take_back(gateway, name, state, browser.secret_of(request)) if state else None
    if visit is None:
        return await _not_expected(request, system)
    again = _again(name, visit)
    if "error" in asked or not asked.get("code"):
        return ended(request, "denied", 400, title=system.title, detail=_said(request), again=again)
    try:
        current = await onboarding.known(gateway, visit)
        settings = current.settings if current is not None else system.settings_model()
        granted = await _granted(request, visit, settings)
    except LoginRefused as error:
        return ended(request, "code-refused", 400, title=system.title, detail=error.message, again=again)
    except RemoteError as error:
        return ended(request, "outside", 424, title=system.title, detail=error.message, again=again)
    except BadInput as error:
        return ended(request, "not-made", 400, title=system.title, detail=error.message, fix=error.fix or "", again=again)
    missing = consents.missing_rights(onboarding.consenting(name)[1].rights(settings), granted.rights)
    if missing:
        log.info("rights_missing", integration=name, missing=list(missing))
        return ended(request, "rights-missing", 403, title=system.title, rights=missing, again=again)
    return await _made(request, system, visit, granted)


def _again(name: str, visit: Visit) -> str:
    """Where this visit can try once more: its browser is still known."""
    return (
        start_address(name)
        if visit.connection_id is None or visit.is_by_link
        else start_address(name, connection=visit.connection_id)
    )


async def _granted(request: Request, visit: Visit, settings: ConnectionSettings) -> Granted:
    gateway, asked = gateway_of(request), request.query_params
    _, consent = onboarding.consenting(visit.integration)
    uri = onboarding.redirect_uri(gateway, visit.integration, str(request.base_url))
    return await consent.exchange(gateway.http, CameBack(settings, uri, asked["state"], asked["code"]), gateway.clock())


async def _made(request: Request, system: Integration, visit: Visit, granted: Granted) -> Response:
    gateway, typed = gateway_of(request), visit.typed
    await at_work(request, gateway, visit)
    try:
        warehouse = onboarding.typed_credentials(gateway, typed)
        done = await consents.connect(gateway, visit, str(typed.get("name", "")), warehouse, granted)
    except BadInput as error:
        again = _again(system.name, visit)
        detail, fix = error.message, error.fix or ""
        return ended(request, "not-made", error.status, title=system.title, detail=detail, fix=fix, again=again)
    return pages_of(request).redirect(request, settings_page.address(system.name, visit, done))


async def _not_expected(request: Request, system: Integration) -> Response:
    """Too old, used, from another browser, or made up. If this browser has just connected it, that is said."""
    gateway = gateway_of(request)
    async with gateway.database.read() as db:
        last = await visits.of_browser(db, gateway.vault, system.name, browser.secret_of(request), gateway.clock())
    if last is not None and last.stage is Stage.MADE:
        address = settings_page.address_of(system.name, last.id)
        return ended(request, "done-already", 409, title=system.title, again=address)
    return ended(request, "not-expected", 400, title=system.title)


def _said(request: Request) -> str:
    """What the system gave as its reason, as plain words."""
    asked = request.query_params
    return (asked.get("error_description") or asked.get("message") or asked.get("error") or "")[:200]
