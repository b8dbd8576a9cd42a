"""Addresses that come as one text, split into the WMS's parts where that is certain.

Requirement: Ongoing WMS, orders: the address is given split, never as one string. Certain is an address whose last part is a post
code and a town as the country writes them, with commas or line breaks before it. What is not certain stays as it is, and is held
for the part that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from app.domain import Address
from app.domain.countries import country_in_any_language

_TOWN = r"(?P<city>[^\W\d][^\d,;\n]*?)"
_POST_CODES: Mapping[str, str] = {
    **dict.fromkeys(("NO", "DK", "SJ", "AT", "BE", "CH"), r"\d{4}"),
    **dict.fromkeys(("FI", "DE", "FR", "ES", "IT"), r"\d{5}"),
    "SE": r"\d{3} ?\d{2}",
    "IS": r"\d{3}",
    "NL": r"\d{4} ?[A-Z]{2}",
}
"""Countries whose addresses end in `post code town`."""
_BETWEEN = re.compile(r"[,;\n]")
_LETTER = re.compile(r"[^\W\d_]")
MOST_STREETS = 2
"""The WMS's address1 and address2."""


def in_parts(address: Address) -> Address:
    """The address with post code and town of its own, if they stood in its street or its town for certain; else as it was."""
    if address.city and not address.post_code:
        found = _post_code_and_town(address.city, address.country_code)
        return replace(address, post_code=found[0], city=found[1]) if found else address
    if address.city or address.post_code:
        return address
    return _from_street(address)


def is_one_text(address: Address) -> bool:
    """Whether the street seems to hold the town too: it has none of its own, and there are digits and several parts or words."""
    return not address.city and bool(re.search(r"\d{3}", address.address1)) and len(address.address1.split()) > 2


def _from_street(address: Address) -> Address:
    text = "\n".join(part for part in (address.address1, address.address2) if part)
    parts = [part for part in (each.strip() for each in _BETWEEN.split(text.strip())) if part]
    if parts and country_in_any_language(parts[-1]) == address.country_code:
        parts = parts[:-1]
    found = _post_code_and_town(parts[-1], address.country_code) if parts else None
    if found is None and len(parts) > 1 and re.fullmatch(_POST_CODES.get(address.country_code, "(?!)"), parts[-2]):
        found = _post_code_and_town(f"{parts[-2]} {parts[-1]}", address.country_code)
        parts = parts[:-1]
    streets = parts[:-1]
    if len(streets) > 1 and streets[0].casefold() == address.name.strip().casefold():
        streets = streets[1:]
    if found is None or not 0 < len(streets) <= MOST_STREETS or not all(_LETTER.search(each) for each in streets):
        return address
    return replace(
        address, address1=streets[0], address2=streets[1] if len(streets) > 1 else "", post_code=found[0], city=found[1]
    )


def _post_code_and_town(text: str, country_code: str) -> tuple[str, str] | None:
    pattern = _POST_CODES.get(country_code)
    if pattern is None:
        return None
    prefix = rf"(?:{country_code}[- ])?"
    found = re.fullmatch(rf"{prefix}(?P<post_code>{pattern}) +{_TOWN}", text.strip())
    return (found["post_code"], found["city"].strip()) if found else None
