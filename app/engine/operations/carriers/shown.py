"""What the WMS lists, which of it a connection uses, and which carrier an order of some method, country and weight would get."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from app.domain import Problem
from app.engine.core.runtime import Gateway
from app.integrations.protocol.carriers import TransporterChoice, carrier_choices
from app.records.connections import Connection
from app.warehouse.reads.resources import TransporterContract
from app.warehouse.writes.transporters import transporter_problems


@dataclass(frozen=True)
class Named:
    """A carrier that the settings name. `setting`: where, like `transporters.flat_rate`. `problem`: the WMS lists it not."""

    setting: str
    code: str
    service_code: str
    problem: Problem | None


@dataclass(frozen=True)
class Carriers:
    """`listed`: by the WMS, now. `named`: by the connection's settings, in the order in which they are asked."""

    listed: tuple[TransporterContract, ...]
    named: tuple[Named, ...]


@dataclass(frozen=True)
class Fit:
    """The carrier that an order would get, and the setting that gives it. None: it goes as way of delivery only."""

    setting: str
    code: str
    service_code: str


async def carriers_of(gateway: Gateway, connection: Connection) -> Carriers:
    """Asks the WMS. Raises RemoteError."""
    contracts = await gateway.warehouse(connection).transporter_contracts()
    choices = carrier_choices(connection.settings)
    problems = {problem.field: problem for problem in transporter_problems(choices, contracts)}
    named = tuple(
        Named(setting, choice.transporter_code, choice.transporter_service_code, problems.get(setting))
        for setting, choice in choices.items()
    )
    rules_first = sorted(named, key=lambda each: not each.setting.startswith("transporter_rules."))
    return Carriers(tuple(contracts), tuple(rules_first))


def fit_of(connection: Connection, method: str, country: str, weight_kg: Decimal | None) -> Fit | None:
    """As an order's carrier is chosen; without a weight as one whose weight is not known."""
    settings = connection.settings
    for number, rule in enumerate(settings.transporter_rules):
        if rule.fits(method, country, weight_kg):
            return Fit(f"transporter_rules.{number}", rule.transporter_code, rule.transporter_service_code)
    found: TransporterChoice | None = settings.transporters.get(method)
    return Fit(f"transporters.{method}", found.transporter_code, found.transporter_service_code) if found else None
