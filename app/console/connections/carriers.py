"""The carriers of a connection: what the WMS lists, what the settings name, and which one an order would get."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.responses import Response

from app.console.connections.one import address_of, named, why_not
from app.console.kit import reading
from app.console.kit.page import Page
from app.engine.operations.carriers import carriers_of, fit_of
from app.given import Given
from app.integrations.protocol.carriers.rules import MOST_KG


class Asked(Given):
    """An order that may be: its shipping method, where it goes, and what it weighs in kilograms (empty: not known)."""

    method: Annotated[str, StringConstraints(max_length=200)] = ""
    country: Annotated[str, StringConstraints(pattern="^([A-Z]{2})?$")] = "NO"
    weight: float | None = Field(None, ge=0, le=MOST_KG)


async def carriers_page(page: Page) -> Response:
    connection = await named(page)
    given = page.request.query_params
    asked = reading.read(Asked, ((name, given[name]) for name in Asked.model_fields if given.get(name)))
    found = await carriers_of(page.gateway, connection)
    weight = None if asked.weight is None else Decimal(str(asked.weight))
    return page.render(
        "connections/carriers.html",
        connection=connection,
        address=address_of(connection),
        carriers=found,
        asked=asked,
        fit=fit_of(connection, asked.method, asked.country, weight) if asked.method else None,
        may_change=why_not(page, connection)["admin"] is None,
    )
