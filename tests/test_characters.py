"""What is left of a text when it reaches the WMS."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from app.characters import is_blank, one_line, visible


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("Ring på\x0b to\x07 ganger\nTakk", "Ring på to ganger\nTakk"),
        ("Storgata\x0b4", "Storgata 4"),
        ("Storgata \u2028 4", "Storgata  4"),
        ("Vare 1\x0c", "Vare 1"),
        ("en\r\nto\tre", "en\r\nto\tre"),
        ("\u202a+47 900 00 000\u202c", "+47 900 00 000"),
        ("\u200ekari@example.com\u200f", "kari@example.com"),
        ("Ok\ufe0fs\u00ade\ufeffn", "Oksen"),
        ("Hjerte \u2764\ufe0f", "Hjerte \u2764"),
        ("familie \U0001f468\u200d\U0001f469\u200d\U0001f467", "familie \U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f3f3\u200d\U0001f308"),
        ("Ny\u200dgata\u200c", "Nygata"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("a\u200c\u200d\u200cb", "ab"),
        ("Kjær & Sønn «ÅÆØ» 100 % – €", "Kjær & Sønn «ÅÆØ» 100 % – €"),
        ("\u200b", ""),
        ("\u200d\u200d", ""),
        ("Stor\u00a0gata\u202f4\u3000B", "Stor gata 4 B"),
        ("\U0001f44b\U0001f3fd\u200d\u2640", "\U0001f44b\U0001f3fd\u200d\u2640"),
        ("Bok^\u200d^\ufffc", "Bok^^"),
        ("\u0600\u0661", "\u0600\u0661"),
    ],
)
def test_what_nobody_sees_goes_and_all_else_stays(given: str, wanted: str) -> None:
    assert visible(given) == wanted


@pytest.mark.parametrize(
    ("given", "between", "wanted"),
    [
        ("Storgata 4\r\nInngang B", ", ", "Storgata 4, Inngang B"),
        ("Storgata 4,\n Inngang B\n", ", ", "Storgata 4, Inngang B"),
        ("\n\nStorgata 4 \n\u200b\n 3. etasje", ", ", "Storgata 4, 3. etasje"),
        ("Kari\tTestmo\nLager 2", " ", "Kari Testmo Lager 2"),
        ("\u00a0\u200b\n", ", ", ""),
    ],
)
def test_a_field_of_one_line_gets_one_line(given: str, between: str, wanted: str) -> None:
    assert one_line(given, between) == wanted


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\u3164\ufe0f", "\u034f \u00a0", "\u2800", "\r\n\t"])
def test_what_shows_nothing_is_blank(text: str) -> None:
    assert is_blank(text)


ODD = st.characters(categories=("Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "So", "Sk", "Lo", "Ll"))
TEXTS = st.one_of(st.text(), st.text(ODD), st.text(st.sampled_from("a \n\v\t\u200b\u200c\u200d\u0915\u094d\ufe0f\u00a0\u2764")))
SIGNS_OF_NUMBERS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
"""Format characters by their category, and drawn all the same: above or below a number."""


@for_any(TEXTS)
def test_of_any_text_only_what_is_seen_is_left(text: str) -> None:
    left = visible(text)

    assert visible(left) == left
    for place, character in enumerate(left):
        if character in "\u200c\u200d":
            assert 0 < place < len(left) - 1
        elif character not in "\t\r\n" + SIGNS_OF_NUMBERS:
            assert unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp")
    assert not set("\u00a0\u3164\u034f\ufe0f") & set(left)


@for_any(TEXTS, st.sampled_from([" ", ", "]))
def test_of_any_text_one_line_is_left(text: str, between: str) -> None:
    left = one_line(text, between)

    assert one_line(left, between) == left == left.strip()
    assert not set("\t\r\n") & set(left)
    assert bool(left) is not is_blank(text)


LETTERS = st.text(st.characters(categories=("Lu", "Ll", "Nd", "Pd", "Po", "Sc"), max_codepoint=0xFFFF))


@for_any(LETTERS)
def test_letters_and_figures_of_any_script_stay(text: str) -> None:
    assert visible(text) == text
