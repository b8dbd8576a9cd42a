"""What 24Nettbutikk refuses. No refusal has a body."""

from __future__ import annotations

from collections.abc import Mapping

from app.sandbox.kit.requests import Answer, Refused


def refused(status: int, headers: Mapping[str, str] | None = None) -> Refused:
    return Refused(Answer(b"", status, headers or {}))


def bad_arguments() -> Refused:
    """A wrong segment, parameter, member or value: 400."""
    return refused(400)


def not_found() -> Refused:
    """404 for a record that there is not."""
    return refused(404)
