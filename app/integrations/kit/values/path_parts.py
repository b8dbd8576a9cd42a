"""Ids that go into the path of a call: each is one part of it, whatever it holds."""

from __future__ import annotations

import re
from urllib.parse import quote

from app.errors import BadInput

_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DIGITS = re.compile(r"[0-9]{1,20}")


def part(value: object) -> str:
    """As it may stand between two slashes: no other path, query or method can be made of it."""
    found = quote(str(value), safe="")
    return found.replace(".", "%2E") if not found.strip(".") else found


def digits(source_id: str, what: str) -> str:
    """The id, if it is a number. Raises BadInput: nobody's record has such an id, and no system is asked for it."""
    return _fitting(_DIGITS, source_id, what, "a number, like 1042")


def word(source_id: str, what: str) -> str:
    """The id, if it is letters, digits, - and _. Raises BadInput."""
    return _fitting(_WORD, source_id, what, "letters and digits, like 1042")


def _fitting(pattern: re.Pattern[str], source_id: str, what: str, like: str) -> str:
    if not pattern.fullmatch(source_id):
        raise BadInput(f"{source_id[:60]!r} is no id of an {what}", field="records", fix=f"an id is {like}")
    return source_id
