"""Addresses that come as one text."""

from __future__ import annotations

import pytest

from app.domain import Address
from app.warehouse.writes.one_text import in_parts, is_one_text


def split(street: str, country: str = "NO", *, address2: str = "", name: str = "Kari Nordmann") -> tuple[str, str, str, str]:
    found = in_parts(Address(name=name, address1=street, address2=address2, country_code=country))
    return found.address1, found.address2, found.post_code, found.city


@pytest.mark.parametrize(
    ("street", "country", "parts"),
    [
        ("Storgata 1, 0155 Oslo", "NO", ("Storgata 1", "", "0155", "Oslo")),
        ("Storgata 1\n0155 Oslo", "NO", ("Storgata 1", "", "0155", "Oslo")),
        ("Storgata 1; NO-0155 Oslo; Norge", "NO", ("Storgata 1", "", "0155", "Oslo")),
        ("c/o Hansen, Storgata 1, 7713 Steinkjer", "NO", ("c/o Hansen", "Storgata 1", "7713", "Steinkjer")),
        ("Kari Nordmann\nStorgata 1\n0155 Oslo", "NO", ("Storgata 1", "", "0155", "Oslo")),
        ("Storgata 1, 0155, Oslo", "NO", ("Storgata 1", "", "0155", "Oslo")),
        ("Postboks 1234 Sentrum, 0107 Oslo", "NO", ("Postboks 1234 Sentrum", "", "0107", "Oslo")),
        ("Kungsgatan 3, 111 43 Stockholm, Sverige", "SE", ("Kungsgatan 3", "", "111 43", "Stockholm")),
        ("Vestergade 2, 8000 Aarhus C", "DK", ("Vestergade 2", "", "8000", "Aarhus C")),
        ("Damrak 1, 1012 LG Amsterdam", "NL", ("Damrak 1", "", "1012 LG", "Amsterdam")),
    ],
)
def test_is_split_where_that_is_certain(street: str, country: str, parts: tuple[str, str, str, str]) -> None:
    assert split(street, country) == parts


def test_the_second_line_may_be_the_place() -> None:
    assert split("Storgata 1", address2="0155 Oslo") == ("Storgata 1", "", "0155", "Oslo")


@pytest.mark.parametrize(
    ("street", "country"),
    [
        ("Storgata 1 0155 Oslo", "NO"),  # nothing between: where does the street end?
        ("Postboks 1234 0155 Oslo", "NO"),
        ("Storgata 1, Oslo", "NO"),
        ("0155 Oslo", "NO"),  # no street
        ("Storgata 1, 015 Oslo", "NO"),
        ("A, B, C, 0155 Oslo", "NO"),  # three lines before the place: two fit
        ("10 Downing Street, London SW1A 2AA", "GB"),  # not written so there
        ("Storgata 1, 0155 Oslo", ""),
        ("Storgata 1, 111 43 Stockholm", "NO"),
    ],
)
def test_and_left_as_it_is_where_it_is_not(street: str, country: str) -> None:
    assert split(street, country) == (street, "", "", "")


def test_a_town_with_its_post_code_is_split_too() -> None:
    found = in_parts(Address(address1="Storgata 1", city="0155 Oslo", country_code="NO"))
    assert (found.address1, found.post_code, found.city) == ("Storgata 1", "0155", "Oslo")


@pytest.mark.parametrize(("post_code", "city"), [("0155", "Oslo"), ("", "Oslo"), ("0155", "")])
def test_an_address_in_parts_is_never_touched(post_code: str, city: str) -> None:
    given = Address(address1="Storgata 1, 7713 Steinkjer", country_code="NO", post_code=post_code, city=city)
    assert in_parts(given) == given


def test_what_seems_to_be_one_text_is_told_so() -> None:
    assert is_one_text(Address(address1="Storgata 1 0155 Oslo"))
    assert not is_one_text(Address(address1="Storgata 1"))
    assert not is_one_text(Address(address1="Storgata 1 0155 Oslo", city="Oslo"))
