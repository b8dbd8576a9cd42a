"""A shop's lists by id."""

from __future__ import annotations

from collections.abc import AsyncIterator

from app.errors import Malformed
from app.integrations.kit import id_listing
from app.integrations.kit.id_listing import ListPosition, Step
from app.integrations.kit.paging import Listed
from app.integrations.woocommerce.rest.calls import SYSTEM, Calls
from app.integrations.woocommerce.rest.dialect import Params


async def by_id(
    calls: Calls, path: str, params: Params, size: int, position: ListPosition | None = None, *, is_beside: bool = False
) -> AsyncIterator[Step]:
    """Every record of a list once, from `position` on. Raises Malformed when the shop does not list by id."""

    async def ask(offset: int, some: int) -> Listed:
        ordered = [("orderby", "id"), ("order", "asc"), ("per_page", str(some)), ("offset", str(offset))]
        return await calls.page(path, [*params, *ordered])

    try:
        async for step in id_listing.by_id(ask, size, position, is_beside=is_beside):
            yield step
    except id_listing.NotInOrder as error:
        raise Malformed("the shop does not list its records by their ids", system=SYSTEM, call=f"GET {path}") from error
