"""Lists of a shop, page by page, and the filter for what changed.

A list ends where there is no `links.next`, or where a page behind the first does not exist. An answer without any `links` ends it
by being shorter than what was asked for, or the same as the one before: such a list knows no pages. A page's address is never
followed as it stands: only its query is, on our own path.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from app.errors import Malformed, NoSuchRecord
from app.integrations.mystore.rest.calls import SYSTEM, Calls, Params
from app.integrations.mystore.rest.resources import Resource
from app.json_reading import Body, as_text, section

NUMBER, SIZE = "page[number]", "page[size]"
MOST_PAGES = 100_000
LONG_AGO = "1990-01-01 00:00:00"
"""Everything was changed since, as filters take times."""


@dataclass(frozen=True)
class ListPage:
    """One page. `left_out` counts what is no resource. `next`: the query of the page behind it; None at the end.

    `last`: the number of the last page, as far as the shop says.
    """

    records: list[Resource]
    next: tuple[tuple[str, str], ...] | None
    meta: Body
    left_out: int = 0
    last: int | None = None


async def page(calls: Calls, path: str, query: Params) -> ListPage:
    """One page of a list. `query` has its number and size. Raises Malformed for what is no list."""
    number = page_number(query)
    try:
        found = await calls.document(path, query)
    except (NoSuchRecord, Malformed) as error:
        if error.status == 404 and number is not None and number > 1:
            return ListPage([], None, {})
        raise
    data = found.get("data")
    if not isinstance(data, list):
        message = "the shop answered something else than a list"
        raise Malformed(message, system=SYSTEM, call=f"GET {path}", status=200)
    records = [each for each in data if isinstance(each, dict)]
    return ListPage(records, _next(found, query, len(data)), section(found, "meta"), len(data) - len(records), _last(found))


def unless_repeated(found: ListPage, before: list[Resource]) -> ListPage:
    """The page; the list's end where it is the page before once more: such a list gives all of it each time."""
    return ListPage([], None, {}) if found.records and found.records == before else found


def first(settings_size: int, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """The query of the first page."""
    return (*more, (NUMBER, "1"), (SIZE, str(settings_size)))


async def pages(
    calls: Calls, path: str, size: int, params: Params = (), begin: tuple[tuple[str, str], ...] | None = None
) -> AsyncIterator[ListPage]:
    """All pages of a list, from the query `begin` on. Raises Malformed where a page leads to one that was read before."""
    query: tuple[tuple[str, str], ...] | None = begin or first(size, *params)
    seen: set[tuple[tuple[str, str], ...]] = set()
    before: list[Resource] = []
    while query is not None:
        seen.add(tuple(sorted(query)))
        found = unless_repeated(await page(calls, path, query), before)
        before = found.records
        yield found
        query = found.next
        if query is not None and tuple(sorted(query)) in seen:
            raise Malformed("the shop's list leads in a circle", system=SYSTEM, call=f"GET {path}", status=200)


async def everything(calls: Calls, path: str, size: int, params: Params = ()) -> list[Resource]:
    """All records of a short list."""
    return [record async for found in pages(calls, path, size, params) for record in found.records]


def changed_since(operator: str, when: str) -> Params:
    """The filter for what changed at or after a time, as the shop writes times."""
    return [
        ("filter[since][path]", "updated_at"),
        ("filter[since][operator]", operator),
        ("filter[since][value]", when),
    ]


def _next(document: Body, query: Params, rows: int) -> tuple[tuple[str, str], ...] | None:
    if isinstance(document.get("links"), Mapping):
        asked = _query_of(section(document, "links").get("next"))
        return asked or None
    number, size = page_number(query) or 1, next((value for key, value in query if key == SIZE), "")
    if not rows or (size.isdigit() and rows < int(size)):
        return None
    return tuple((key, str(number + 1)) if key == NUMBER else (key, value) for key, value in query)


def _query_of(link: Any) -> tuple[tuple[str, str], ...]:
    """Of a link as JSON:API has it: an address, or an object with one."""
    address = as_text(link.get("href") if isinstance(link, Mapping) else link).strip()
    if not address:
        return ()
    if "?" not in address and "=" in address:  # only the query was given
        return tuple(parse_qsl(address.lstrip("…"), keep_blank_values=True))
    try:
        return tuple(parse_qsl(urlsplit(address).query, keep_blank_values=True))
    except ValueError:
        return ()


def page_number(query: Params) -> int | None:
    """The number of the page that a query asks for."""
    found = next((value for key, value in query if key == NUMBER), "")
    return int(found) if found.isascii() and found.isdigit() and len(found) < 10 else None


def _last(document: Body) -> int | None:
    return page_number(_query_of(section(document, "links").get("last")))
