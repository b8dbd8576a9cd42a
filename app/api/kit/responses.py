"""How operations are described in the OpenAPI document: the problems each may answer."""

from __future__ import annotations

from typing import Any

from app.api.kit.problems import KINDS, MEDIA_TYPE

ALWAYS = (401, 403, 422, 429, 500, 503)
"""What any operation that needs a key may answer."""

Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """The problem documents of an operation: those named, and those of every operation that needs a key."""
    return {status: described(status) for status in sorted({*ALWAYS, *statuses})}


def described(status: int, description: str | None = None, **more: Any) -> dict[str, Any]:
    """One problem document, with an example. `more`: members beyond the usual."""
    kind, title = KINDS[status]
    example = {"type": f"urn:gateway:problem:{kind}", "title": title, "status": status, **_example(status), **more}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
    response: dict[str, Any] = {"description": description or title, "content": {MEDIA_TYPE: content}}
    if status == 401:
        response["headers"] = {"WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}}}
    if status in (429, 503):
        response["headers"] = {"Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}}
    return response


_EXAMPLES: dict[int, tuple[str, str | None]] = {
    400: ("The body is not JSON", "Send the resource as JSON"),
    401: ("the request has no API key", "send Authorization: Bearer gw_… or X-API-Key: gw_…"),
    403: ("this needs a key with the right admin; yours has read, sync", "make one with: gateway keys create NAME --right admin"),
    404: ("there is no connection 'nettbutikk'", "list them with GET /connections"),
    408: ("The body did not arrive in time", None),
    409: ("mapping 412 is not held", "only a held record can be released; see its `next`"),
    413: ("The body is too large", None),
    422: ("limit: Input should be less than or equal to 200", "correct limit; /docs shows what it takes"),
    424: ("the shop did not answer within 60 s", "try again later"),
    429: ("too many wrong keys came from this address", "wait 20 s, then send the right key once"),
    500: ("an error of the gateway itself; its log has the details", None),
    503: ("the gateway's database cannot be reached", "try again in some seconds"),
}


def _example(status: int) -> dict[str, Any]:
    detail, fix = _EXAMPLES[status]
    return {"detail": detail, **({"fix": fix} if fix else {})}
