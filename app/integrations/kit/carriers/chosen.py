"""The carrier of an order, by the connection's rules and its table of shipping methods. Requirement: Ongoing WMS, orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from app.domain import ByWeight, Order, Transporter
from app.integrations.protocol.carriers import NamesCarriers, TransporterChoice, TransporterRule


def with_carrier(order: Order, methods: Sequence[str], settings: NamesCarriers) -> Order:
    """The order with its carrier. `methods`: what the system calls its shipping method, the most exact name first.

    The rules are asked first, in their order, then the table. What nobody carries (picked up, virtual goods only) fits no rule.
    The weight is not known here: rules with a weight are kept in `by_weight`, to be decided when the order is sent.
    """
    names = [method for method in methods if method]
    weighed: list[ByWeight] = []
    for rule in settings.transporter_rules if order.is_carried else ():
        if not _fits(rule, names, order.consignee.country_code):
            continue
        if not rule.has_weight:
            return replace(order, transporter=_chosen(rule), return_transporter=_of(rule.return_choice), by_weight=tuple(weighed))
        weighed.append(ByWeight(_chosen(rule), _kg(rule.over_kg), _kg(rule.up_to_kg), _of(rule.return_choice)))
    listed = next((settings.transporters[name] for name in names if name in settings.transporters), None)
    return replace(order, transporter=_of(listed), by_weight=tuple(weighed))


def _fits(rule: TransporterRule, names: Sequence[str], country: str) -> bool:
    if rule.countries and country not in rule.countries:
        return False
    return any(rule.is_for(name) for name in names or ("",))


def _chosen(rule: TransporterRule) -> Transporter:
    return Transporter(rule.transporter_code, rule.transporter_service_code)


def _of(choice: TransporterChoice | None) -> Transporter | None:
    return Transporter(choice.transporter_code, choice.transporter_service_code) if choice else None


def _kg(limit: float | None) -> Decimal | None:
    return None if limit is None else Decimal(str(limit))
