"""A variant's options in names and product codes: one fixed form, for articles and for order lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.integrations.mystore.rest.resources import attributes, related, words
from app.json_reading import Body, identity, text


def option(option_id: str, value_id: str, name: str) -> dict[str, str]:
    return {"option": option_id, "value": value_id, "name": name}


def in_order(options: Iterable[Body]) -> list[Body]:
    """By option id, as numbers."""
    return sorted(options, key=lambda each: (int(identity(each.get("option")) or 0), int(identity(each.get("value")) or 0)))


def combined_name(name: str, options: Sequence[Body]) -> str:
    """The product's name and its option values: `Saga 111 Pumpkin`."""
    values = [text(each, "name").strip() for each in in_order(options)]
    return " ".join(part for part in (name.strip(), *values) if part)


def product_code(product_id: str, options: Sequence[Body]) -> str:
    """`281`, or `281-5.41-7.3648`: product, then option and value, options in ascending order of id."""
    pairs = [f"{text(each, 'option')}.{text(each, 'value')}" for each in in_order(options)]
    return "-".join([product_id, *pairs]) if product_id else ""


def pairs_of(written: str) -> list[tuple[str, str]] | None:
    """The pairs in `7-3648` or `5-41,7-3648`; None for what has another form."""
    found = []
    for part in written.replace(";", ",").split(","):
        option_id, _, value_id = part.strip().partition("-")
        own, value = identity(option_id), identity(value_id)
        if own is None or value is None:
            return None
        found.append((own, value))
    return found


def options_of_line(resources: Iterable[Body], language: str | None) -> list[dict[str, str]]:
    """Of an order line: what was chosen, with the names of then."""
    found = []
    for each in resources:
        name = words(attributes(each).get("option_value_name"), language)
        found.append(option(related(each, "product-option") or "", related(each, "product-option-value") or "", name))
    return found
