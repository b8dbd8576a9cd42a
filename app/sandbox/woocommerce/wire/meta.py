"""`meta_data`: the list of `{id, key, value}` on orders, lines, products and customers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.sandbox.woocommerce.wire import php

Meta = list[dict[str, Any]]


def merge_meta(stored: Meta, given: Meta, next_id: Callable[[], int], shows: bool = False) -> None:
    """Writes meta into `stored`, in place.

    A key without an id replaces the value of that key, it is not doubled; null removes it (observed). `shows` adds the
    `display_key` and `display_value` that lines have.
    """
    for part in given:
        old = next((m for m in stored if m["id"] == part.get("id") or (not part.get("id") and m["key"] == part.get("key"))), None)
        if part.get("value") is None:
            if old is not None:
                stored.remove(old)
            continue
        entry = old if old is not None else {"id": next_id(), "key": ""}
        entry["key"] = part.get("key", entry["key"])
        entry["value"] = php.meta_value(part["value"])
        if shows:
            entry["display_key"] = part.get("display_key", entry["key"])
            entry["display_value"] = entry["value"]
        if old is None:
            stored.append(entry)


def find_meta(stored: Meta, key: str) -> Any:
    """The value under `key`, None when there is none."""
    return next((entry["value"] for entry in stored if entry["key"] == key), None)


def drop_meta(stored: Meta, key: str) -> None:
    stored[:] = [entry for entry in stored if entry["key"] != key]
