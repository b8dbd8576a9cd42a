"""Countries: their codes (ISO 3166-1 alpha-2), and the code of a country that is given by name."""

from __future__ import annotations

from functools import cache

import pycountry


@cache
def country_codes() -> frozenset[str]:
    """ISO 3166-1 alpha-2. SJ (Svalbard) is a country of its own; XK (Kosovo) is not in ISO."""
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
