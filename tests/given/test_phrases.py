"""Phrases: what they find, and that no text makes them slow."""

from __future__ import annotations

import pytest

from app.given import phrases as module
from app.given import said_in


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("Order is ALREADY fully Cancelled", ["already*cancel"]),
        ("Picking has begun", ["started", "picking"]),
        ("unpicked, then picked", ["picked"]),
        ("ØNSKET ordre er PÅBEGYNT", ["påbegynt"]),
        ("a b c", ["a*b*c"]),
    ],
)
def test_what_stands_there(text: str, phrases: list[str]) -> None:
    assert said_in(text, phrases)


@pytest.mark.parametrize(
    ("text", "phrases"),
    [("cancelled already", ["already*cancel"]), ("unpicked", ["picked"]), ("", ["picked"]), ("anything", []), ("a", ["a*b"])],
)
def test_what_does_not(text: str, phrases: list[str]) -> None:
    assert not said_in(text, phrases)


def test_what_would_be_a_regular_expression_is_words() -> None:
    assert not said_in("a" * 1000 + "!", ["(a+)+$"])
    assert said_in("it says (a+)+$ here", ["(a+)+$"])


def test_the_effort_grows_with_the_text_and_not_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in the parts that are looked for: each once, wherever they stand."""
    looked: list[int] = []

    class Counting(str):
        def find(self, *given: object) -> int:
            looked.append(1)
            return str.find(self, *given)  # type: ignore[arg-type]

    parts = ["a", *["b"] * 30]
    assert not module._stands_in(Counting("a" + "b" * 20), parts)
    assert len(looked) == 22  # "a", 20 that are there, and the one that is not
