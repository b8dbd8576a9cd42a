"""What the legacy API shows, as tables: each member, the member of today that it is made from, and how.

    shape("id status, order_number = number, created_at = date_created_gmt: moment, total total_tax: amount")

Members are as they are stored today, unless `=` names another one. Behind `:` stands what is made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.sandbox.woocommerce.wire.money import decimal

Resource = dict[str, Any]
Shape = Callable[[Resource], Resource]

_ADDRESS = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country")


def moment(utc_text: str | None) -> str:
    """A time in UTC with a `Z`; empty where there is none."""
    return f"{utc_text}Z" if utc_text else ""


_MADE: Mapping[str, Callable[[Any], Any]] = {
    "": lambda value: value,
    "moment": moment,
    "amount": lambda value: f"{decimal(value):.2f}",
    "or_null": lambda value: value or None,
    "not_below_0": lambda value: max(value, 0),
    "whole": int,
    "text": str,
    "address": lambda value: {name: value[name] for name in _ADDRESS},
    "billing": lambda value: {name: value[name] for name in (*_ADDRESS, "email", "phone")},
}


def shape(table: str) -> Shape:
    """The function that shows a stored resource as the table says."""
    members: list[tuple[str, str, Callable[[Any], Any]]] = []
    for entry in table.split(","):
        what, _, how = entry.partition(":")
        names, _, source = what.partition("=")
        members += [(name, source.strip() or name, _MADE[how.strip()]) for name in names.split()]
    return lambda stored: {name: made(stored[source]) for name, source, made in members}
