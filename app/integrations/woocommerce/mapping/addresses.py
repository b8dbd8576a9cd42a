"""Addresses and countries: what the WMS must have, and what holds an order."""

from __future__ import annotations

import re
from functools import cache

import pycountry

from app.domain import Address, Notification, Problem
from app.integrations.woocommerce.rest.resources import Body, plain, text
from app.integrations.woocommerce.settings import WooCommerceSettings

WITHOUT_POST_CODES = frozenset(
    re.findall(
        "[A-Z]{2}",
        "AE AG AN AO AQ AW BF BI BJ BO BQ BS BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GN GQ GY HK IE JM KI KM KN KP LC "
        "ML MO MR MW NA NR NU PA QA RW SB SC SL SR SS ST SX SY TD TF TG TK TL TO TT TV UG VU WS YE ZW",
    )
)
"""Countries without post codes, or whose people don't use them (Universal Postal Union): none is demanded of their addresses."""

_WHERE = ("first_name", "last_name", "company", "address_1", "address_2", "city", "postcode")


@cache
def country_codes() -> frozenset[str]:
    """ISO 3166-1 alpha-2. SJ (Svalbard) is a country of its own; XK (Kosovo) is none in ISO, and held."""
    return frozenset(country.alpha_2 for country in pycountry.countries)


@cache
def country_named(name: str) -> str | None:
    """The code of a country given by code or by its English name; None when it is neither."""
    if name.upper() in country_codes():
        return name.upper()
    found = next((country for country in pycountry.countries if name.casefold() in _names(country)), None)
    return found.alpha_2 if found else None


def _names(country: object) -> set[str]:
    return {str(getattr(country, key, "")).casefold() for key in ("name", "common_name", "official_name")} - {""}


def is_given(address: Body) -> bool:
    """Whether there is an address at all: a country, state or phone alone is none (shops fill those in by themselves)."""
    return any(text(address, key).strip() for key in _WHERE)


def full_name(address: Body) -> str:
    return f"{plain(address, 'first_name')} {plain(address, 'last_name')}".strip()


def read_address(
    source: Body, settings: WooCommerceSettings, *, email: Notification | None, mobile: Notification | None
) -> Address:
    """One of the order's two addresses. Requirement: WooCommerce orders, rows Customer.*; README, rule 9."""
    return Address(
        name=plain(source, "company") or full_name(source),
        address1=plain(source, "address_1"),
        address2=plain(source, "address_2"),
        post_code=plain(source, "postcode"),
        city=plain(source, "city"),
        country_code=text(source, "country").strip().upper() or settings.default_country or "",
        email=email,
        mobile=mobile,
    )


def delivery_problems(address: Address, where: str) -> list[Problem]:
    """Why an order cannot go to this address. `where` is `shipping` or `billing`. Requirement: Ongoing WMS, orders."""
    needs_post_code = address.country_code not in WITHOUT_POST_CODES
    checks = [
        (address.name, "name-missing", "last_name", "no name"),
        (address.address1, "street-missing", "address_1", "no street"),
        (address.post_code or not needs_post_code, "post-code-missing", "postcode", "no post code"),
        (address.city, "city-missing", "city", "no city"),
        (address.country_code, "country-missing", "country", "no country, and the connection has no default_country"),
    ]
    missing = [
        Problem(code, f"{where}.{field}", f"the delivery address has {what}", "complete the address in the shop")
        for given, code, field, what in checks
        if not given
    ]
    return missing + country_problems(address, where)


def country_problems(address: Address, where: str) -> list[Problem]:
    """A country that is there but not understood holds the order; README, rule 9."""
    if not address.country_code or address.country_code in country_codes():
        return []
    message = f"{address.country_code!r} is no country code (ISO 3166-1 alpha-2)"
    return [Problem("country-unknown", f"{where}.country", message, "put the country right in the shop")]
