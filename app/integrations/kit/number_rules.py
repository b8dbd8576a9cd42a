"""How article numbers are made. What the WMS would refuse of one is found by `app.warehouse.writes.problems`."""

from __future__ import annotations

from collections.abc import Mapping

from app.characters import is_blank


def article_number(own: str, source_id: str | None, fallback: str | None, replacements: Mapping[str, str]) -> str | None:
    """The record's own number (SKU), else one made from the fallback, with characters replaced; None when there is neither.

    A product, an order's line and a quantity come here alike, so that one finds the other. A number is never cleaned of what
    nobody sees: it would be another number than the shop's. An own number of nothing else is none.

    `fallback` is a text with `{id}`, the id of the product in its system; `source_id` is None when the system has deleted it.
    """
    made = fallback.replace("{id}", source_id) if fallback is not None and source_id is not None else ""
    number = made if is_blank(own) else own.strip()
    if not number:
        return None
    return "".join(replacements.get(character, character) for character in number)
