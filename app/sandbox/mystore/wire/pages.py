"""Lists are answered page by page, with links to the neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal
from urllib.parse import quote, urlencode

from app.sandbox.kit.paging import Page

Style = Literal["encoded", "plain", "none"]


def links(page: Page[Any], url: str, pairs: Iterable[tuple[str, str]], style: Style) -> dict[str, str]:
    """`self`, `first`, `last`, and `prev` and `next` where there are such pages. `pairs` is the query as it came."""
    kept = [(name, value) for name, value in pairs if not name.startswith("page[")]

    def to(number: int) -> str:
        query = [*kept, ("page[number]", str(number)), ("page[size]", str(page.size))]
        return f"{url}?{_joined(query, style)}"

    last = max(page.pages, 1)
    found = {"self": to(page.number), "first": to(1), "last": to(last)}
    if page.number > 1:
        found["prev"] = to(min(page.number - 1, last))
    if page.next is not None:
        found["next"] = to(page.next)
    return found


def _joined(query: list[tuple[str, str]], style: Style) -> str:
    """With brackets as they are, or encoded as most servers write them."""
    if style == "encoded":
        return urlencode(query, quote_via=quote)
    return "&".join(f"{name}={quote(value)}" for name, value in query)
