"""Article and order numbers: which are the shop's own, and which the WMS can have."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain import Problem
from app.integrations.woocommerce.settings import WooCommerceSettings


@dataclass(frozen=True)
class Numbered:
    """A number, or why there is none."""

    number: str | None
    problem: Problem | None = None


def article_number(sku: str, source_id: str | None, shared: bool, settings: WooCommerceSettings, field: str) -> Numbered:
    """The article number of a product, a variation or an order line; `shared` when the SKU is the parent's.

    `source_id` is that of the product or variation, None when the shop has deleted it. Requirement: articles, of both systems.
    """
    own = "" if shared else sku.strip()
    if not own:
        if settings.article_number_fallback is None or source_id is None:
            return Numbered(None, _no_number(shared, source_id, field))
        own = settings.article_number_fallback.replace("{id}", source_id)
    return _allowed(own, settings, field)


def _no_number(shared: bool, source_id: str | None, field: str) -> Problem:
    if source_id is None:
        return Problem(
            "line-without-article-number",
            field,
            "the product was deleted from the shop and left no SKU",
            "put the line right in the shop",
        )
    code = "article-number-of-parent" if shared else "article-without-number"
    message = "the variation has its parent's SKU, not one of its own" if shared else "there is no SKU"
    return Problem(code, field, message, "give it a SKU of its own in the shop, or set article_number_fallback")


def _allowed(number: str, settings: WooCommerceSettings, field: str) -> Numbered:
    for character in settings.warehouse.forbidden_in_article_number:
        if character in number and character not in settings.article_number_replacements:
            return Numbered(
                None,
                Problem(
                    "article-number-forbidden-character",
                    field,
                    f"{number!r} holds {character!r}, a search wildcard of the WMS",
                    f"change the SKU, or set article_number_replacements for {character!r}",
                ),
            )
    replaced = "".join(settings.article_number_replacements.get(character, character) for character in number)
    most = settings.warehouse.max_article_number
    if len(replaced) > most:
        message = f"the number has {len(replaced)} characters, the WMS takes {most}"
        return Numbered(None, Problem("article-number-too-long", field, message, "shorten the SKU in the shop"))
    return Numbered(replaced)


def order_number(source_number: str, settings: WooCommerceSettings) -> Numbered:
    """The WMS order number: the connection's prefix and the shop's number."""
    full = settings.order_number_prefix + source_number
    most = settings.warehouse.max_order_number
    if not source_number:
        return Numbered(
            full, Problem("order-without-number", "number", "the order has no number", "look at the order in the shop")
        )
    if len(full) > most:
        message = f"{full!r} has {len(full)} characters, the WMS takes {most}"
        return Numbered(full, Problem("order-number-too-long", "number", message, "shorten order_number_prefix"))
    return Numbered(full)
