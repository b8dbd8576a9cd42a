"""The page of stock: one connection's figures, and its articles."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import StringConstraints
from starlette.responses import Response

from app.api.kit.pages import before_id, cut
from app.console.kit.console import Console
from app.console.kit.page import Page
from app.engine.stock.look import look
from app.errors import NotFound, RemoteError
from app.given import Given
from app.integrations.protocol.capabilities import Capability
from app.integrations.protocol.integration import refuse
from app.records import connections
from app.records.connections import Connection
from app.records.stock import adjustments, listing
from app.records.stock.adjustments import Wanted

STOCK = "/console/stock"
ADJUSTMENTS = "/console/stock/adjustments"
ARTICLE = "/console/stock/article"
ON_A_PAGE = 50

Named = Annotated[str, StringConstraints(max_length=200)]


class Filter(Given):
    connection: Named | None = None
    state: Literal["same", "waiting", "parked", "problem", "none", "unknown"] | None = None
    number: Named | None = None
    cursor: Annotated[str, StringConstraints(max_length=500)] | None = None


class AdjustmentFilter(Given):
    connection: Named | None = None
    number: Named | None = None
    scrapped: Literal["true", "false"] | None = None
    cursor: Annotated[str, StringConstraints(max_length=500)] | None = None


class ArticleFilter(Given):
    connection: Named | None = None
    number: Named | None = None


def register(console: Console) -> None:
    console.get(STOCK, stock_page)
    console.get(ADJUSTMENTS, adjustments_page)
    console.get(ARTICLE, article_page)


async def stock_page(page: Page) -> Response:
    asked = page.filters(Filter)
    after = before_id(asked.cursor)
    async with page.gateway.database.read() as db:
        every = await connections.every(db, page.gateway.vault, ids=page.viewer.connection_ids)
    writing = [each for each in every if Capability.WRITE_STOCK in each.system.capabilities]
    chosen = await _chosen(page, asked.connection, writing)
    if chosen is None:
        return page.render("stock/list.html", chosen=None, names=(), levels=(), figures=None, next=None)
    async with page.gateway.database.read() as db:
        (figures,) = await listing.figures(db, [chosen.id], only_open=True)
        found = await listing.search(
            db, connection_ids=[chosen.id], state=asked.state, number=asked.number, after=after, limit=ON_A_PAGE + 1
        )
    shown, following = cut(found, ON_A_PAGE, lambda listed: (listed.row.id,))
    names = [each.name for each in writing]
    return page.render("stock/list.html", chosen=chosen, names=names, levels=shown, figures=figures, next=following)


async def _chosen(page: Page, name: str | None, writing: list[Connection]) -> Connection | None:
    """The connection that was asked for, else the first whose stock is on. Raises NotFound and BadInput, as over REST."""
    if name is None:
        return next((each for each in writing if each.settings.processes.stock), writing[0] if writing else None)
    asked = await page.viewer.connection(name)
    if Capability.WRITE_STOCK not in asked.system.capabilities:
        raise refuse(asked.system, Capability.WRITE_STOCK, "connection")
    return asked


async def adjustments_page(page: Page) -> Response:
    asked = page.filters(AdjustmentFilter)
    scrapped = None if asked.scrapped is None else asked.scrapped == "true"
    wanted = Wanted(asked.number, scrapped, before_id(asked.cursor))
    scope = await page.viewer.scope(asked.connection)
    async with page.gateway.database.read() as db:
        every = await connections.every(db, page.gateway.vault, ids=scope)
        lanes = sorted({each.lane for each in every})
        found = await adjustments.search(db, lanes, wanted, ON_A_PAGE + 1)
    shown, following = cut(found, ON_A_PAGE, lambda each: (each.id,))
    is_read = any(each.settings.stock.adjustments for each in every)
    return page.render("stock/adjustments.html", rows=shown, is_read=is_read, next=following)


async def article_page(page: Page) -> Response:
    """The WMS is asked once a number is given. What it answers is not kept."""
    asked = page.filters(ArticleFilter)
    async with page.gateway.database.read() as db:
        every = await connections.every(db, page.gateway.vault, ids=page.viewer.connection_ids)
    names = [each.name for each in every]
    chosen = await page.viewer.connection(asked.connection) if asked.connection else (every[0] if every else None)
    shown: dict[str, Any] = {"names": names, "chosen": chosen, "found": None, "problem": None}
    if chosen is not None and asked.number:
        try:
            shown["found"] = await look(page.gateway, chosen, asked.number)
        except (NotFound, RemoteError) as error:
            shown["problem"] = error.message
    return page.render("stock/article.html", **shown)
