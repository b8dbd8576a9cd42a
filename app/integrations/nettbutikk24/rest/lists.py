"""Lists by their positions (A5): what is asked for stands in the path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app.errors import NoSuchRecord, Refused
from app.integrations.kit.paging import Listed
from app.integrations.nettbutikk24.rest.calls import SYSTEM, Calls, Params
from app.integrations.nettbutikk24.settings import NettbutikkAdapterSettings

Resource = Literal["orders", "products", "customers"]
SAFE_SIZE = 100
"""The page that every shop gives."""


@dataclass(frozen=True)
class Rows(Listed):
    """A page. `goes_on`: the shop says that another follows."""

    goes_on: bool = False


def list_path(settings: NettbutikkAdapterSettings, resource: Resource, size: int, offset: int, since: datetime | None) -> str:
    """`orders/100/0/1763683200`: limit, offset, and the seconds since 1970 at or after which a record was changed."""
    first, second = (size, offset) if settings.path_order == "limit/offset" else (offset, size)
    path = f"{resource}/{first}/{second}"
    return path if since is None else f"{path}/{int(since.timestamp())}"


def flat(settings: NettbutikkAdapterSettings) -> Params:
    """Products by variant."""
    return (("flat", settings.products_flat),)


class Lists:
    """Pages of one shop. Remembers when it refuses large ones. `vain_heads`: HEADs in a row that saved no list."""

    def __init__(self, calls: Calls, settings: NettbutikkAdapterSettings) -> None:
        self._calls = calls
        self._settings = settings
        self._most = settings.page_size
        self.vain_heads = 0

    @property
    def size(self) -> int:
        """How many records a page is asked for."""
        return self._most

    async def page(self, resource: Resource, size: int, offset: int, since: datetime | None = None) -> Rows:
        """Raises Refused, also where there is no such list."""
        try:
            return await self._page(resource, min(size, self._most), offset, since)
        except NoSuchRecord as error:
            message = f"the shop has no {resource}: look at api_url"
            raise Refused(message, system=SYSTEM, call=error.call, status=404, answer=error.answer) from error
        except Refused as error:
            if error.status != 400 or min(size, self._most) <= SAFE_SIZE:
                raise
            self._most = SAFE_SIZE
            return await self._page(resource, SAFE_SIZE, offset, since)

    async def _page(self, resource: Resource, size: int, offset: int, since: datetime | None) -> Rows:
        params = flat(self._settings) if resource == "products" else ()
        rows, answer = await self._calls.rows(list_path(self._settings, resource, size, offset, since), params)
        return Rows([dict(each) for each in rows], goes_on=_has_next(answer))


def _has_next(answer: Mapping[str, Any]) -> bool:
    """On the last page `paging` is an empty list, or names no next one. Another page may be named in a list too."""
    paging = answer.get("paging")
    told = paging if isinstance(paging, list) else [paging]
    return any(isinstance(each, Mapping) and bool(each.get("next")) for each in told)
