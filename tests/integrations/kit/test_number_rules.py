"""How article numbers are made from a system's own, a fallback and replacements."""

from __future__ import annotations

import pytest

from app.integrations.kit.number_rules import article_number


@pytest.mark.parametrize(
    ("own", "source_id", "fallback", "expected"),
    [
        (" A-1 ", "7", None, "A-1"),
        ("A-1", "7", "WC-{id}", "A-1"),
        ("", "7", None, None),
        ("  ", "7", "WC-{id}", "WC-7"),
        ("", None, "WC-{id}", None),
        ("\u200b\ufe0f", "7", "WC-{id}", "WC-7"),
        ("\u3164", "7", None, None),
        ("A\ufe0f-1", "7", "WC-{id}", "A\ufe0f-1"),  # it is held: a number is never changed
    ],
)
def test_its_own_number_else_the_fallback(own: str, source_id: str | None, fallback: str | None, expected: str | None) -> None:
    assert article_number(own, source_id, fallback, {}) == expected


def test_characters_are_replaced_in_both() -> None:
    replacements = {"_": "-", "%": "pst"}
    assert article_number("A_1%", "7", None, replacements) == "A-1pst"
    assert article_number("", "7", "WC_{id}", replacements) == "WC-7"
