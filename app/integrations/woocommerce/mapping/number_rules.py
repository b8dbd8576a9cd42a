"""Article numbers: which are the product's own, and why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain import Problem
from app.integrations.kit import number_rules
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
    number = number_rules.article_number(
        "" if shared else sku, source_id, settings.article_number_fallback, settings.article_number_replacements
    )
    return Numbered(number, None if number else _no_number(shared, source_id, field))


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
