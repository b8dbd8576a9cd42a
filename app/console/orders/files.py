"""The page of an order's files in the WMS: listed, downloaded, attached from an address."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints
from starlette.responses import Response

from app.api.mappings.files import Address, FileName, download_of
from app.console.kit.page import Page
from app.console.orders.addresses import address_of
from app.console.orders.one import seen
from app.domain import Right
from app.engine.operations import files
from app.given import Given
from app.web.texts import Text

Type = Annotated[str, StringConstraints(max_length=100)]


class Attaching(Given):
    name: FileName
    url: Address
    mime_type: Type | None = None


async def files_page(page: Page) -> Response:
    mapping = await seen(page)
    found = await files.listed(page.gateway, mapping) if mapping.wms_id is not None else ()
    return page.render(
        "orders/files.html",
        mapping=mapping,
        files=found,
        address=address_of(mapping),
        may_download=page.viewer.key.may(Right.ADMIN),
    )


async def attach(page: Page) -> Response:
    mapping, given = await seen(page), page.given(Attaching)
    done = await files.attach(page.gateway, mapping, files.Given(given.name, given.url, None, given.mime_type or None))
    return page.done(f"{address_of(mapping)}/files", Text("%(name)s is on the order in the WMS.", name=done.name))


async def download(page: Page) -> Response:
    return download_of(await files.one(page.gateway, await seen(page), page.path["file_id"]))
