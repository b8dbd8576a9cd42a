"""The pages of the authorization server: logging in to a shop, and allowing an app what it asks for.

`GET /oauth/authorize` shows the login page, or the consent page to somebody who is logged in. Both pages post back to where they
stand with the query of the request, which is checked anew each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.sandbox.kit.faults import Fault
from app.sandbox.kit.requests import IncomingCall, RequestHandler
from app.sandbox.mystore.config import Client, User
from app.sandbox.mystore.http import markup
from app.sandbox.mystore.http.api import show_fault
from app.sandbox.mystore.model.mystore import Mystore

COOKIE = "mystore_login"
PARAMETERS = {"client_id", "redirect_uri", "response_type", "scope", "state"}
Fields = Mapping[str, list[str]]


@dataclass(frozen=True)
class Asked:
    """An app's request that may be answered at its own address. `state` goes back as it came; None was not sent."""

    client: Client
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None

    def back(self, **answer: str) -> Response:
        """To the app, with the answer."""
        given = {**answer, **({} if self.state is None else {"state": self.state})}
        joint = "&" if "?" in self.redirect_uri else "?"
        return RedirectResponse(f"{self.redirect_uri}{joint}{urlencode(given)}", 303)


class Pages(RequestHandler):
    """The pages, with their calls in the journal."""

    def __init__(self, mystore: Mystore) -> None:
        super().__init__(mystore.journal, mystore.faults)
        self._mystore = mystore
        self._authority = mystore.authority

    def routes(self) -> list[Route]:
        return [
            self.journaled_route(["GET", "POST"], "/oauth/authorize", self._authorize),
            self.journaled_route(["GET", "POST"], "/login", self._log_in),
            self.journaled_route(["GET"], "/logout", self._log_out),
        ]

    async def _authorize(self, call: IncomingCall) -> tuple[Response, Fault | None]:
        fault = self.faults.take(call.request)
        if fault is not None and (shown := await show_fault(fault)) is not None:
            return shown, fault
        with self._mystore.lock:
            asked = self._asked(call.request)
            return asked if isinstance(asked, Response) else self._answer(call, asked), fault

    def _answer(self, call: IncomingCall, asked: Asked) -> Response:
        user = self._authority.user(call.request.cookies.get(COOKIE))
        if user is None:
            return RedirectResponse("/login?" + urlencode({"next": _here(call.request)}), 303)
        if call.request.method == "GET":
            return HTMLResponse(markup.consent(asked.client.name, user.shop, asked.scopes, _here(call.request)))
        return self._decided(asked, user, _form(call.raw))

    def _decided(self, asked: Asked, user: User, form: Fields) -> Response:
        """What the person ticked is granted, as far as it was asked for."""
        if form.get("decision") != ["allow"]:
            return asked.back(error="access_denied", error_description="The resource owner denied the request")
        granted = [scope for scope in asked.scopes if scope in form.get("scope", [])]
        return asked.back(code=self._authority.allow(asked.client, user, asked.redirect_uri, granted))

    def _asked(self, request: Request) -> Asked | Response:
        """The request; or the answer to one that is wrong: a page where the app or its address is, else back to the app."""
        query = request.query_params
        client = self._authority.client(query.get("client_id"))
        redirect_uri = query.get("redirect_uri", "")
        if client is None:
            return HTMLResponse(markup.refusal("Appen er ikke kjent: client_id"), 401)
        if redirect_uri not in client.redirect_uris:
            return HTMLResponse(markup.refusal("Adressen er ikke registrert for appen: redirect_uri"), 401)
        asked = Asked(client, redirect_uri, tuple(query.get("scope", "").split()), query.get("state"))
        for name in set(query.keys()) - PARAMETERS:
            return asked.back(error="invalid_request", error_description=f"The parameter {name} is unknown")
        if query.get("response_type") != "code":
            return asked.back(error="unsupported_response_type")
        for scope in asked.scopes:
            if scope not in self._mystore.config.scopes:
                return asked.back(error="invalid_scope", error_description=f"The requested scope {scope} is invalid")
        return asked

    async def _log_in(self, call: IncomingCall) -> tuple[Response, Fault | None]:
        """A form that is wrong is shown again."""
        then = _next(call.request)
        if then is None:
            return HTMLResponse(markup.refusal("next"), 400), None
        if call.request.method == "GET":
            return HTMLResponse(markup.login(_here(call.request))), None
        form = {name: values[0] for name, values in _form(call.raw).items()}
        shop, email = form.get("shop", ""), form.get("email", "")
        with self._mystore.lock:
            login = self._authority.log_in(shop, email, form.get("password", ""))
        if login is None:
            return HTMLResponse(markup.login(_here(call.request), shop, email, is_wrong=True), 422), None
        response = RedirectResponse(then, 303)
        response.set_cookie(COOKIE, login, httponly=True, samesite="lax")
        return response, None

    async def _log_out(self, call: IncomingCall) -> tuple[Response, Fault | None]:
        """For somebody who has another shop too."""
        with self._mystore.lock:
            self._authority.log_out(call.request.cookies.get(COOKIE))
        response = RedirectResponse(_next(call.request) or "/login", 303)
        response.delete_cookie(COOKIE)
        return response, None


def page_routes(mystore: Mystore) -> list[Route]:
    return Pages(mystore).routes()


def _here(request: Request) -> str:
    """The path with its query, exactly as it came."""
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def _next(request: Request) -> str | None:
    """Where to go from here: a path of this server only."""
    then = request.query_params.get("next", "/")
    return then if then.startswith("/") and not then.startswith("//") else None


def _form(raw: bytes) -> Fields:
    return parse_qs(raw.decode(errors="replace"), keep_blank_values=True)
