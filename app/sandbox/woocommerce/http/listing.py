"""Lists choose records, sort them, cut a page out of them, and say so in headers (observed on WooCommerce 11.0.1)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from app.sandbox.woocommerce.model.table import Record, Table
from app.sandbox.woocommerce.wire import times

Query = Mapping[str, Any]
Keep = Callable[[Record], bool]

_DATES = (("after", "created", True), ("before", "created", False), ("modified_after", "modified", True),
          ("modified_before", "modified", False))  # fmt: skip
_NOT_FILTERS = frozenset({"page", "per_page", "offset", "_fields", "dp", "context"})


class Lists:
    """The last lists that were asked for, kept until a record changes: paging through 50,000 orders sorts them once."""

    def __init__(self, table: Table, zone: ZoneInfo) -> None:
        self._table = table
        self._zone = zone
        self._version = -1
        self._kept: dict[str, list[int]] = {}

    def ids(self, query: Query, keep: Keep) -> list[int]:
        """Ids of the records that `keep` and the common filters let through, sorted."""
        if self._version != self._table.version:
            self._version, self._kept = self._table.version, {}
        name = repr(sorted((key, value) for key, value in query.items() if key not in _NOT_FILTERS))
        if name not in self._kept:
            self._kept[name] = self._choose(query, keep)
        return self._kept[name]

    def _choose(self, query: Query, keep: Keep) -> list[int]:
        bounds = [
            (index, after, times.epoch_of(times.parse(query[name], self._date_zone(query))))
            for name, index, after in _DATES
            if query.get(name)
        ]
        include, exclude = set(query.get("include") or ()), set(query.get("exclude") or ())
        found = [
            record
            for record in self._table.records()
            if (not include or record.id in include)
            and record.id not in exclude
            and all((getattr(record, index) > at) if after else (getattr(record, index) < at) for index, after, at in bounds)
            and keep(record)
        ]
        found.sort(key=_sorting(query), reverse=query.get("order") == "desc" and query.get("orderby") != "include")
        return [record.id for record in found]

    def _date_zone(self, query: Query) -> ZoneInfo:
        """A time without a zone is the shop's local time, unless the caller says it is not."""
        return ZoneInfo("UTC") if query.get("dates_are_gmt") else self._zone


def _sorting(query: Query) -> Callable[[Record], Any]:
    by = query.get("orderby")
    if by == "include":
        place = {record_id: index for index, record_id in enumerate(query.get("include") or ())}
        return lambda record: place.get(record.id, record.id)
    if by == "modified":
        return lambda record: (record.modified, record.id)
    if by in ("title", "slug"):
        field = "name" if by == "title" else "slug"
        return lambda record: (str(record.load().get(field, "")).lower(), record.id)
    if by == "menu_order":
        return lambda record: (record.load()["menu_order"], record.id)
    if by == "id":
        return lambda record: record.id
    return lambda record: (record.created, record.id)


def found_in(words: str, text: str) -> bool:
    """Whether every word stands somewhere in the text, letter case ignored."""
    return all(word in text.lower() for word in re.split(r"[\s,]+", words.lower()) if word)


def page_of(ids: list[Any], query: Query) -> list[Any]:
    first = query["offset"] if query.get("offset") is not None else (query["page"] - 1) * query["per_page"]
    return ids[first : first + query["per_page"]]


def page_headers(total: int, url: str, given: Mapping[str, Any], query: Query, defaults: Mapping[str, str]) -> dict[str, str]:
    """`X-WP-Total`, `X-WP-TotalPages` and, when there are neighbours, `Link` with `prev` and `next` and nothing else.

    `given` is the query as it came. The link repeats it, `oauth_*` and all, so under OAuth it can't be followed.
    """
    pages = math.ceil(total / query["per_page"])
    page = query["page"]
    links = []
    if page > 1 and pages:
        links.append(f'<{_page_url(url, given, defaults, min(page - 1, pages))}>; rel="prev"')
    if page < pages:
        links.append(f'<{_page_url(url, given, defaults, page + 1)}>; rel="next"')
    headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
    return {**headers, "Link": ", ".join(links)} if links else headers


def _page_url(url: str, given: Mapping[str, Any], defaults: Mapping[str, str], page: int) -> str:
    pairs: dict[str, str] = {}
    for name, value in given.items():
        inner = value.items() if isinstance(value, dict) else [("", value)]
        pairs.update({f"{name}[{key}]" if key else name: str(part) for key, part in inner})
    pairs.update({name: value for name, value in defaults.items() if name.split("[")[0] not in given})
    pairs["page"] = str(page)
    # A signature loses the `=` at its end, and with it its worth (observed).
    quoted = {quote(name, safe=""): quote(value, safe="+").removesuffix("%3D") for name, value in pairs.items()}
    return f"{url}?" + "&".join(f"{name}={value}" for name, value in quoted.items())


def pick_fields(resource: Any, fields: list[str] | None, with_links: bool) -> Any:
    """The fields asked for with `_fields`, dotted names too; `_links` comes along with a single resource (observed)."""
    if not fields or not isinstance(resource, dict):
        return resource
    wanted: dict[str, list[str]] = {}
    for field in fields:
        name, _, rest = field.partition(".")
        wanted.setdefault(name, []).extend([rest] if rest else [])
    if with_links and "_links" in resource:
        wanted["_links"] = []
    return {
        name: pick_fields(value, wanted[name] or None, with_links=False) for name, value in resource.items() if name in wanted
    }
