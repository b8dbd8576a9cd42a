"""An id that goes into a path is one part of it."""

from __future__ import annotations

import pytest

from app.errors import BadInput
from app.integrations.kit.values.path_parts import digits, part, word


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (7, "7"),
        ("v12", "v12"),
        ("5?_method=DELETE&force=true", "5%3F_method%3DDELETE%26force%3Dtrue"),
        ("5/../../../wp/v2/users", "5%2F..%2F..%2F..%2Fwp%2Fv2%2Fusers"),
        ("..", "%2E%2E"),
        (".", "%2E"),
        ("5#x", "5%23x"),
        ("å %2F\n", "%C3%A5%20%252F%0A"),
    ],
)
def test_a_part_holds_neither_slash_nor_query(given: object, expected: str) -> None:
    assert part(given) == expected


@pytest.mark.parametrize("given", ["", "5?x", "5/6", "../5", "-5", "5.0", "1" * 21, "５", "v5", "5 ", "five"])
def test_a_number_is_digits(given: str) -> None:
    with pytest.raises(BadInput) as caught:
        digits(given, "order")
    assert (caught.value.field, caught.value.fix) == ("records", "an id is a number, like 1042")


def test_what_fits_is_given_back() -> None:
    assert (digits("1042", "order"), word("A-1_x", "article")) == ("1042", "A-1_x")
    with pytest.raises(BadInput):
        word("A/1", "article")
