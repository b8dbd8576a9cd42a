"""Words by which an outside system's texts are told apart, as settings: phrases, and no regular expressions.

A regular expression that a person gives can take years for one text. Phrases take as long as the text is, times their number.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

MOST_PHRASES = 50
GAP = "*"
"""Stands for anything that may stand between two parts of a phrase."""


def _has_words(phrases: list[str]) -> list[str]:
    for each in phrases:
        if not all(part.strip() for part in each.split(GAP)):
            raise ValueError(f"{each!r}: words stand on both sides of a {GAP}")
    return phrases


Phrases = Annotated[
    list[Annotated[str, StringConstraints(min_length=2, max_length=100)]],
    Field(max_length=MOST_PHRASES),
    AfterValidator(_has_words),
]


def said_in(text: str, phrases: Iterable[str]) -> bool:
    """Whether one of these phrases stands in the text, from the beginning of a word, whatever the case.

    >>> said_in("The order was already fully cancelled", ["already*cancel"])
    True
    """
    folded = text.casefold()
    return any(_stands_in(folded, [part.strip() for part in each.casefold().split(GAP)]) for each in phrases)


def _stands_in(text: str, parts: list[str]) -> bool:
    place = _beginning_of_word(text, parts[0])
    for part in parts[1:]:
        if place < 0:
            return False
        found = text.find(part, place)
        place = -1 if found < 0 else found + len(part)
    return place >= 0


def _beginning_of_word(text: str, part: str) -> int:
    """Where the first of these that begins a word ends; -1 when there is none."""
    place = text.find(part)
    while place > 0 and text[place - 1].isalnum():
        place = text.find(part, place + 1)
    return place if place < 0 else place + len(part)
