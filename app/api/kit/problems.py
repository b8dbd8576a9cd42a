"""Every error as a problem document (RFC 9457): what is wrong, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from app.api.kit import queries
from app.errors import BadInput, GatewayError, LoginRefused, RateLimited, RemoteError, TooManyTries, Unauthenticated, nearest
from app.integrations.kit.mistakes import fix_of, words_of
from app.logs import get_logger
from app.storage import outages
from app.tracing.origin import CURRENT

log = get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
LONGEST_MEANT = 100
"""Longer paths are compared with no others: it would cost much, and nobody means them."""

KINDS: dict[int, tuple[str, str]] = {
    400: ("bad-request", "The request cannot be understood"),
    401: ("no-key", "An API key is needed"),
    403: ("not-allowed", "The API key may not do this"),
    404: ("not-found", "There is no such thing here"),
    405: ("wrong-method", "This address does not take this method"),
    409: ("conflict", "It contradicts what is already there"),
    413: ("too-large", "The request is too large"),
    422: ("not-valid", "Something given is not right"),
    408: ("too-slow", "The request did not arrive in time"),
    424: ("outside", "An outside system did not do what was asked"),
    429: ("too-many", "Too many wrong tries"),
    500: ("internal", "The gateway failed"),
    503: ("not-now", "Not just now"),
}
"""The last part of `type`, and `title`, for each status."""


class ProblemPart(BaseModel):
    """One of several things that are wrong."""

    field: str
    detail: str


class Problem(BaseModel):
    """A problem document (RFC 9457). Some problems hold more: the run of a sync, the checks of a connection test."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "urn:gateway:problem:not-found",
                "title": "There is no such thing here",
                "status": 404,
                "detail": "there is no connection 'nettbutikk'",
                "field": "connection",
                "fix": "list them with GET /connections",
                "instance": "/connections/nettbutikk",
                "request_id": "req_6vJ2mQx8Rk1wTz0a",
                "trace_id": "0af7651916cd43dd8448eb211c80319c",
            }
        },
    )

    type: str = Field(description="A stable name for the kind of problem, as a URN.")
    title: str
    status: int
    detail: str = Field(description="What is wrong.")
    field: str | None = Field(None, description="Where it is wrong: a dotted path in the body, or a parameter's name.")
    fix: str | None = Field(None, description="What to do about it.")
    instance: str | None = Field(None, description="The address that was asked.")
    request_id: str | None = Field(None, description="The request's id, as in the header X-Request-Id and in the log.")
    trace_id: str | None = Field(None, description="The trace's id, as in the log of every process, down to the WMS calls.")
    errors: list[ProblemPart] | None = Field(None, description="Every fault, when there is more than one.")


class Refusal(GatewayError):
    """Ends a request with a problem document that holds more than the usual members, or a `kind` and `title` of its own."""

    def __init__(self, status: int, detail: str, *, fix: str | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.fix = fix
        self.more = more


def problem(
    request: Request,
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    kind: str | None = None,
    title: str | None = None,
    **more: Any,
) -> Response:
    """The answer. Members that are None are left out."""
    origin = CURRENT.get()
    known, usual = KINDS.get(status, ("other", HTTPStatus(status).phrase))
    content = {
        "type": f"urn:gateway:problem:{kind or known}",
        "title": title or usual,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "request_id": origin.request_id if origin else None,
        "trace_id": origin.trace_id if origin else None,
        **more,
    }
    body = orjson.dumps({key: value for key, value in content.items() if value is not None}, default=str)
    return Response(body, status, dict(headers or {}), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Makes the app answer every error this way."""
    for kind, handler in (
        (BadInput, _bad_input),
        (Refusal, _refusal),
        (RemoteError, _remote),
        (RequestValidationError, _not_valid),
        (HTTPException, _http),
        (ClientDisconnect, _hung_up),
        (SQLAlchemyError, _database),
        (OSError, _database_away),
        (Exception, _unexpected),
    ):
        app.add_exception_handler(kind, handler)  # type: ignore[arg-type]  # each takes its own kind of error


async def _bad_input(request: Request, error: BadInput) -> Response:
    headers = {"WWW-Authenticate": 'Bearer realm="gateway"'} if isinstance(error, Unauthenticated) else None
    if isinstance(error, TooManyTries):
        headers = {"Retry-After": str(error.retry_after)}
    return problem(request, error.status, error.message, headers, field=error.field, fix=error.fix)


async def _refusal(request: Request, error: Refusal) -> Response:
    return problem(request, error.status, error.detail, fix=error.fix, **error.more)


async def _remote(request: Request, error: RemoteError) -> Response:
    """An outside system, asked for this request. 424 and not 502, which proxies answer when it is the gateway that is away."""
    headers = None
    if isinstance(error, RateLimited):
        headers = {"Retry-After": str(max(1, round(error.retry_after or RETRY_AFTER_SECONDS)))}
    fix = "test the connection: POST /connections/{connection}/test" if isinstance(error, LoginRefused) else "try again later"
    return problem(request, 424, error.message, headers, fix=fix)


async def _not_valid(request: Request, error: RequestValidationError) -> Response:
    mistakes = error.errors()
    if mistakes[0]["type"] == "json_invalid":
        return _not_json(request, error)
    parts = [{"field": _field(each["loc"]), "detail": words_of(each)} for each in mistakes]
    first, field = mistakes[0], parts[0]["field"]
    inside = {**first, "loc": first["loc"][1:]} if first["loc"][0] == "body" else first
    is_inside = len(first["loc"]) > 1
    fix = fix_of(inside, field, queries.body_model(request)) if is_inside else "send a body; /docs shows what it takes"
    more = parts if len(parts) > 1 else None
    return problem(request, 422, f"{field}: {parts[0]['detail']}", field=field, fix=fix, errors=more)


def _not_json(request: Request, error: RequestValidationError) -> Response:
    """Where in the body it stops being JSON, and why."""
    first, text = error.errors()[0], error.body if isinstance(error.body, str) else ""
    place = first["loc"][-1] if isinstance(first["loc"][-1], int) else 0
    line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    detail = f"body: it is not JSON at line {line} column {column}: {first.get('ctx', {}).get('error', 'it ends too soon')}"
    return problem(request, 422, detail, field="body", fix="correct it there; text and names stand in double quotes")


def _field(place: tuple[Any, ...]) -> str:
    """`warehouse.url` for what is in the body, the name alone for parameters."""
    inside = [str(part) for part in place[1:]]
    if not inside or place[-1] == place[0] or (isinstance(place[-1], int) and len(place) == 2):
        return str(place[0])
    return ".".join(inside)


async def _http(request: Request, error: HTTPException) -> Response:
    if error.status_code == 400:
        # FastAPI's word for a body that is no text at all; to whoever sent it that is one more thing that is not right.
        return problem(request, 422, "body: it cannot be read as JSON", field="body", fix="send JSON in UTF-8")
    details = {404: f"there is nothing at {request.url.path}", 405: f"{request.method} is not for {request.url.path}"}
    fix = _address_fix(request, error) if error.status_code in (404, 405) else None
    detail = details.get(error.status_code, str(error.detail))
    return problem(request, error.status_code, detail, error.headers, fix=fix)


def _address_fix(request: Request, error: HTTPException) -> str:
    """What such an address takes, or the address that was meant."""
    see = "see /docs for all addresses"
    if methods := (error.headers or {}).get("Allow"):
        return f"it takes {methods}; {see}"
    if len(request.url.path) > LONGEST_MEANT:
        return see
    parts = request.url.path.split("/")
    paths = (each.split("/") for each in request.app.openapi()["paths"])
    like = {
        "/".join(given if part.startswith("{") else part for part, given in zip(path, parts, strict=True)): None
        for path in paths
        if len(path) == len(parts)
    }
    meant = nearest(request.url.path, like)
    return f"did you mean {meant}? {see}" if meant else see


async def _hung_up(request: Request, error: ClientDisconnect) -> Response:
    """Nobody hears it, and it is nothing for the log: anybody can hang up, as often as they like."""
    return problem(request, 400, "the client hung up before the body had arrived")


async def _database(request: Request, error: SQLAlchemyError) -> Response:
    if isinstance(error, DataError):
        return problem(request, 422, "a value holds something that cannot be stored", fix="leave out NUL characters")
    if outages.is_passing(error):
        return await _database_away(request, error)
    return await _unexpected(request, error)


async def _database_away(request: Request, error: Exception) -> Response:
    log.warning("database_away", path=request.url.path, error=type(error).__name__)
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return problem(request, 503, "the gateway's database cannot be reached", headers, fix="try again in some seconds")


async def _unexpected(request: Request, error: Exception) -> Response:
    """Nothing of the error goes out; the log has it."""
    log.error("request_failed", method=request.method, path=request.url.path, exc_info=error)
    return problem(request, 500, "an error of the gateway itself; its log has the details")
