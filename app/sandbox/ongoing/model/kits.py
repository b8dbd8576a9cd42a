"""Kits: articles that are made of others when they are sold (upstream: structure definitions of the kind Structure)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime

from app.sandbox.ongoing.model.records import Article

Articles = Mapping[tuple[int, str], Article]
MAX_DEPTH = 5
"""A kit in a kit in a kit …; deeper ones, and those that hold themselves, count as plain articles (INF)."""


def parts_of(article: Article, articles: Articles, depth: int = 0) -> list[tuple[Article, float]]:
    """What one piece takes out of stock: the article itself, or for a kit its parts, each with how many."""
    rows = _rows(article)
    if not rows or depth == MAX_DEPTH:
        return [(article, 1.0)]
    found: list[tuple[Article, float]] = []
    for number, times in rows:
        part = articles.get((article.goods_owner_id, number))
        if part is not None:
            found += [(inner, times * count) for inner, count in parts_of(part, articles, depth + 1)]
    return found


def _sellable_anywhere(article: Article) -> float:
    return article.stock.sellable


def sellable(article: Article, articles: Articles, depth: int = 0, of: Callable[[Article], float] = _sellable_anywhere) -> float:
    """What can still be sold. A kit: as many as can be made of the sellable parts (upstream: the minimum over the parts).

    A part that the warehouse doesn't know makes it 0 (INF). `of`: what can be sold of an article that is no kit.
    """
    rows = _rows(article)
    if not rows or depth == MAX_DEPTH:
        return of(article)
    counts = []
    for number, times in rows:
        part = articles.get((article.goods_owner_id, number))
        counts.append(0.0 if part is None else float(math.floor(sellable(part, articles, depth + 1, of) / times)))
    return min(counts)


def stock_changed(article: Article, articles: Articles) -> datetime | None:
    """When its stock changed last; a kit's changes with each of its parts (INF)."""
    times = [article.stock.changed, *(part.stock.changed for part, _ in parts_of(article, articles))]
    return max((time for time in times if time is not None), default=None)


def _rows(article: Article) -> list[tuple[str, float]]:
    structure = article.body.structure_definition
    if structure is None or structure.article_kind != "Structure":
        return []
    return [(row.article_number, row.number_of_items) for row in structure.rows or [] if row.number_of_items > 0]
