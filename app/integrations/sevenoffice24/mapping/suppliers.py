"""The field table of suppliers. Read beside the requirement, 24SevenOffice. Pure and total."""

from __future__ import annotations

from app.domain import Problem, SourceRecord, Supplier
from app.domain.countries import country_in_any_language
from app.integrations.sevenoffice24.mapping.members import words
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.json_reading import Body, section

_PARTS = ("Street", "PostalCode", "PostalArea", "City", "Country")


def map_supplier(record: SourceRecord, settings: SevenOfficeAdapterSettings) -> Supplier:
    """A company as a supplier, with its postal address. A company often has the town as its city."""
    body = record.body
    place = section(section(body, "Addresses"), "Post")
    country, notes = _country(place, settings)
    name = words(body, "Name")
    return Supplier(
        source_id=record.source_id,
        modified_at=record.modified_at,
        number=record.source_id,
        name=name,
        address=words(place, "Street"),
        post_code=words(place, "PostalCode"),
        city=words(place, "City") or words(place, "PostalArea"),
        country_code=country,
        notes=notes,
        problems=() if name else (_NAMELESS,),
    )


_NAMELESS = Problem("supplier-without-name", "Name", "the company has no name", "give the company a name in the ERP")


def _country(place: Body, settings: SevenOfficeAdapterSettings) -> tuple[str, tuple[str, ...]]:
    """Its code, given by code or name. What is not understood is not sent: the rest of the supplier is good without it."""
    name = words(place, "Country")
    if not name:
        has_address = any(words(place, part) for part in _PARTS)
        return (settings.default_country or "" if has_address else ""), ()
    code = country_in_any_language(name)
    return (code, ()) if code else ("", (f"Not sent: the country {name!r} (Addresses.Post.Country) is no country that is known",))
