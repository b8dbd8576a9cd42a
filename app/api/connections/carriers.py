"""`GET /connections/{connection}/carriers`: what the WMS lists, what the settings name, and which carrier an order would get."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.auth import Reader
from app.api.kit.pages import Name
from app.api.kit.responses import problems
from app.engine.operations.carriers import carriers_of, fit_of
from app.integrations.protocol.carriers.rules import MOST_KG

router = APIRouter(prefix="/connections", tags=["connections"])

_EXAMPLE: dict[str, Any] = {
    "listed": [{"name": "Posten Norge", "code": "BRING", "services": ["SERVICEPAKKE"]}],
    "named": [
        {
            "setting": "transporter_rules.0",
            "code": "BRING",
            "service_code": "SERVICEPAKKE",
            "is_listed": True,
            "problem": None,
            "fix": None,
        }
    ],
    "fits": {"setting": "transporter_rules.0", "code": "BRING", "service_code": "SERVICEPAKKE"},
}


class ListedCarrier(BaseModel):
    """A carrier that is set up in the WMS."""

    name: str
    code: str = Field(description="What `transporter_code` takes.")
    services: list[str] = Field(description="What `transporter_service_code` takes.")


class NamedCarrier(BaseModel):
    """A carrier that the connection's settings name. Rules come first, as they are asked first."""

    setting: str = Field(description="Where it is named, like `transporters.flat_rate` or `transporter_rules.0`.")
    code: str
    service_code: str
    is_listed: bool
    problem: str | None = Field(description="What the WMS does not list.")
    fix: str | None


class FittingCarrier(BaseModel):
    """The carrier that an order would get, and the setting that gives it."""

    setting: str
    code: str
    service_code: str


class CarriersView(BaseModel):
    """The carriers of a connection, as the WMS lists them now."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    listed: list[ListedCarrier]
    named: list[NamedCarrier]
    fits: FittingCarrier | None = Field(
        description="For the `method` that was asked for. Null: none was given, or such an order goes as way of delivery only."
    )


@router.get("/{connection}/carriers", summary="List a connection's carriers", responses=problems(404, 424))
async def list_carriers(
    caller: Reader,
    connection: Name,
    method: Annotated[
        str | None, Query(min_length=1, max_length=200, description="A shipping method: which carrier would its orders get?")
    ] = None,
    country: Annotated[str, Query(pattern="^[A-Z]{2}$", description="Where such an order goes (ISO 3166-1 alpha-2).")] = "NO",
    weight_kg: Annotated[
        float | None, Query(ge=0, le=MOST_KG, description="What it weighs. Left out: its weight is not known.")
    ] = None,
) -> CarriersView:
    """Asks the WMS for its carriers, and compares them with those that the settings name."""
    current = await caller.connection(connection)
    found = await carriers_of(caller.gateway, current)
    fit = fit_of(current, method, country, None if weight_kg is None else Decimal(str(weight_kg))) if method else None
    return CarriersView(
        listed=[ListedCarrier(name=each.name, code=each.code, services=list(each.service_codes)) for each in found.listed],
        named=[
            NamedCarrier(
                setting=each.setting,
                code=each.code,
                service_code=each.service_code,
                is_listed=each.problem is None,
                problem=each.problem.message if each.problem else None,
                fix=each.problem.fix if each.problem else None,
            )
            for each in found.named
        ],
        fits=FittingCarrier(setting=fit.setting, code=fit.code, service_code=fit.service_code) if fit else None,
    )
