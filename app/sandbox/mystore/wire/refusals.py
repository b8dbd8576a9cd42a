"""What mystore refuses, and the document that says so."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from app.sandbox.kit.requests import Answer, Refused

JSON_API = "application/vnd.api+json"
PLAIN = "application/json"
EXPIRED = "Token has expired or is invalid"


def errors(status: int, detail: str) -> dict[str, Any]:
    """The document of one refusal."""
    return {"errors": [{"status": str(status), "title": HTTPStatus(status).phrase, "detail": detail}]}


def refused(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Refused:
    return Refused(Answer(errors(status, detail), status, headers or {}, JSON_API))


def bad_request(detail: str) -> Refused:
    """A field or a parameter that there is not, or a document of the wrong shape."""
    return refused(400, detail)


def forbidden(detail: str) -> Refused:
    return refused(403, detail)


def not_found(detail: str) -> Refused:
    return refused(404, detail)


def wrong_value(detail: str) -> Refused:
    return refused(422, detail)
