"""Why a record cannot be sent as it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """`code` is stable (`line-without-article-number`), `field` is the source field's path, `fix` says what a person can do."""

    code: str
    field: str
    message: str
    fix: str
