"""What stands in a list where a record should be. It is left out, and named without data of people."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from app.integrations.kit.odd_answers import excerpt
from app.integrations.kit.paging import Listed

ODD = "_gateway_odd"
"""The only member of what is put in its place: what stood there, in words."""
MOST_NAMED = 5
"""So many are named of a page."""
LONGEST = 80

_CODE = re.compile(r"[a-z0-9_-]{1,80}", re.IGNORECASE)
_NAME = re.compile(r"[a-z0-9_-]{1,30}", re.IGNORECASE)
_MOST_MEMBERS = 5


def in_its_place(entry: Any) -> dict[str, Any]:
    """A record without an id: the length of a page says whether there is another."""
    return {ODD: described(entry)}


def described(entry: Any) -> str:
    """In words: of texts and objects only what they are, for they may be about people."""
    if isinstance(entry, dict):
        return str(entry[ODD]) if ODD in entry else _object(entry)
    if isinstance(entry, str):
        return f"a text of {len(entry)} characters"
    if isinstance(entry, list):
        return f"a list of {len(entry)}" if entry else "[]"
    if entry is None or isinstance(entry, bool):
        return json.dumps(entry)
    return "a number"


def _object(entry: dict[str, Any]) -> str:
    if "id" in entry:
        return f"a record with the id {_shown(entry['id'])}"
    code = entry.get("code")
    if isinstance(code, str) and _CODE.fullmatch(code):
        return f"an error ({code})"
    names = [name for name in entry if _NAME.fullmatch(name)][:_MOST_MEMBERS]
    return f"an object without an id ({', '.join(names)})" if names else "{}" if not entry else "an object without an id"


def _shown(source_id: Any) -> str:
    if isinstance(source_id, str | int | float) and not isinstance(source_id, bool):
        return repr(excerpt(str(source_id))[:40])
    return described(source_id)


def named(page: Listed, are_records: Sequence[bool]) -> tuple[str, ...]:
    """Where those stood that are no records, and what stood there; before them what the system could not give."""
    first = page.offset - page.left_out
    found = [f"entry {first + place + 1} of the list: {excerpt(why)[:LONGEST]}" for place, why in enumerate(page.not_given)]
    for place, (entry, is_record) in enumerate(zip(page.records, are_records, strict=True)):
        if not is_record:
            found.append(f"page {page.number}, entry {place + 1}: {described(entry)}")
    more = (f"and {len(found) - MOST_NAMED} more",) if len(found) > MOST_NAMED else ()
    return (*found[:MOST_NAMED], *more)
