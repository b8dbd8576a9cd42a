"""`_links`: where a resource and its collection stand, and what may be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

EVERYTHING = ("GET", "POST", "PUT", "PATCH", "DELETE")


def links(collection: str, record_id: int | str, allow: Sequence[str] = EVERYTHING, up: str | None = None) -> dict[str, Any]:
    """`collection` is the address of the list; `up` that of the record it belongs to."""
    own = {"href": f"{collection}/{record_id}", "targetHints": {"allow": list(allow)}}
    found: dict[str, Any] = {"self": [own], "collection": [{"href": collection}]}
    return found if up is None else {**found, "up": [{"href": up}]}
