"""`POST /oauth/token`: a code or a refresh token for tokens. The body is a form or JSON; the secret stands in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.kit.faults import Fault
from app.sandbox.kit.requests import Answer, IncomingCall, Refused, RequestHandler
from app.sandbox.mystore.config import MystoreConfig
from app.sandbox.mystore.http.api import show_fault
from app.sandbox.mystore.model.authority import Authority, WrongRequest
from app.sandbox.mystore.model.mystore import Mystore
from app.sandbox.mystore.wire.refusals import PLAIN, errors

FORM = "application/x-www-form-urlencoded"
_COMMON = {"grant_type", "client_id", "client_secret"}
_NEVER_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}

Given = Mapping[str, str]
Exchange = Callable[[Authority, Given], dict[str, Any]]


def _by_code(authority: Authority, given: Given) -> dict[str, Any]:
    client = authority.authenticate(given["client_id"], given["client_secret"])
    return authority.exchange(client, given["code"], given["redirect_uri"])


def _by_refresh(authority: Authority, given: Given) -> dict[str, Any]:
    client = authority.authenticate(given["client_id"], given["client_secret"])
    return authority.refresh(client, given["refresh_token"])


GRANTS: Mapping[str, tuple[set[str], Exchange]] = {
    "authorization_code": (_COMMON | {"redirect_uri", "code"}, _by_code),
    "refresh_token": (_COMMON | {"refresh_token"}, _by_refresh),
}
"""The fields of each grant, all of them required and no other taken, and how it is answered."""


class TokenEndpoint(RequestHandler):
    """Its journal holds codes and tokens: a simulator's are worth nothing."""

    def __init__(self, mystore: Mystore) -> None:
        super().__init__(mystore.journal, mystore.faults)
        self._mystore = mystore

    async def respond(self, call: IncomingCall) -> tuple[Response, Fault | None]:
        fault = self.faults.take(call.request)
        if fault is not None and not fault.after_write and (shown := await show_fault(fault)) is not None:
            return shown, fault
        with self._mystore.lock:
            answer, was_refused = self.answer(lambda: self._answer(call))
        if fault is not None and fault.after_write and not was_refused and (shown := await show_fault(fault)) is not None:
            return shown, fault
        return answer.response(), fault

    def _answer(self, call: IncomingCall) -> Answer:
        try:
            given = _checked(call.request, _read(call.request, call.raw), strict=self._mystore.config.strict)
            _, exchange = GRANTS[given["grant_type"]]
            return Answer(exchange(self._mystore.authority, given), 200, _NEVER_STORED)
        except WrongRequest as error:
            raise Refused(_refusal(error, self._mystore.config)) from error


def token_routes(mystore: Mystore) -> list[Route]:
    endpoint = TokenEndpoint(mystore)
    return [endpoint.journaled_route(["POST"], "/oauth/token", endpoint.respond)]


def _read(request: Request, raw: bytes) -> dict[str, Any]:
    """The fields of the body. Raises WrongRequest."""
    form = request.headers.get("content-type", "").split(";")[0].strip()
    try:
        pairs = orjson.loads(raw) if form == PLAIN else dict(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=True))
    except ValueError as error:
        raise WrongRequest("invalid_request", "The body cannot be read") from error
    if form not in (PLAIN, FORM) or not isinstance(pairs, dict):
        raise WrongRequest("invalid_request", "The body is a form or a JSON object")
    return pairs


def _checked(request: Request, given: dict[str, Any], *, strict: bool) -> Given:
    """Raises WrongRequest."""
    if "authorization" in request.headers:
        raise WrongRequest("invalid_client", "The client authenticates in the body", 401)
    if strict and PLAIN not in request.headers.get("accept", ""):
        raise WrongRequest("invalid_request", f"Accept must be {PLAIN}")
    grant = given.get("grant_type")
    if grant not in GRANTS:
        raise WrongRequest("unsupported_grant_type", "The grant type is not supported")
    fields, _ = GRANTS[str(grant)]
    for name in sorted(fields ^ set(given)):
        what = "missing" if name in fields else "unknown"
        raise WrongRequest("invalid_request", f"The field {name} is {what}")
    return {name: str(value) for name, value in given.items()}


def _refusal(error: WrongRequest, config: MystoreConfig) -> Answer:
    """In either of the two shapes that were seen."""
    body: Any = {"error": error.error, "message": error.message}
    if config.auth_errors == "errors":
        body = errors(error.status, f"{error.error}: {error.message}")
    return Answer(body, error.status, _NEVER_STORED)
