"""Countries: their codes (ISO 3166-1 alpha-2), and the code of a country that is given by name."""

from __future__ import annotations

import gettext
from functools import cache, lru_cache

import pycountry


@cache
def country_codes() -> frozenset[str]:
    """ISO 3166-1 alpha-2. SJ (Svalbard) is a country of its own; XK (Kosovo) is not in ISO."""
    return frozenset(country.alpha_2 for country in pycountry.countries)


LANGUAGES = ("nb_NO", "nn", "sv", "da")
"""Whose names of countries are known, beside the English ones."""
_ALSO = {"great britain": "GB", "the netherlands": "NL", "holland": "NL", "svalbard": "SJ", "south korea": "KR"}


LONGEST_NAME = 100


def country_named(name: str) -> str | None:
    """The code of a country given by code or by its English name; None when it is neither."""
    return _named(name) if len(name) <= LONGEST_NAME else None


@lru_cache(maxsize=1_000)
def _named(name: str) -> str | None:
    if name.upper() in country_codes():
        return name.upper()
    found = next((country for country in pycountry.countries if name.casefold() in _names(country)), None)
    return found.alpha_2 if found else None


def country_in_any_language(name: str) -> str | None:
    """The same, for a name in English or a Scandinavian language, however it is spaced and written in capitals."""
    plain = " ".join(name.split())
    return country_named(plain) or _in_other_languages().get(plain.casefold())


@cache
def _in_other_languages() -> dict[str, str]:
    """Code by name. The first language that has a name counts."""
    found = dict(_ALSO)
    for language in LANGUAGES:
        catalogue = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)
        for country in pycountry.countries:
            for key in ("common_name", "name", "official_name"):
                if name := catalogue.gettext(getattr(country, key, "") or country.name).casefold():
                    found.setdefault(name, country.alpha_2)
    return found


def _names(country: object) -> set[str]:
    return {str(getattr(country, key, "")).casefold() for key in ("name", "common_name", "official_name")} - {""}
