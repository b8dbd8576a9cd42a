"""How article numbers are made. What the WMS would refuse of one is found by `app.warehouse.writes.problems`."""

from __future__ import annotations

from collections.abc import Mapping


def article_number(own: str, source_id: str | None, fallback: str | None, replacements: Mapping[str, str]) -> str | None:
    """The record's own number (SKU), else one made from the fallback, with characters replaced; None when there is neither.

    `fallback` is a text with `{id}`, the id of the product in its system; `source_id` is None when the system has deleted it.
    """
    made = fallback.replace("{id}", source_id) if fallback is not None and source_id is not None else ""
    number = own.strip() or made
    if not number:
        return None
    return "".join(replacements.get(character, character) for character in number)
