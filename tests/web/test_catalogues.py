"""Every text of every page is in the Norwegian catalogue, and says what it is given."""

from __future__ import annotations

import ast
import functools
import io
import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract
from starlette.requests import Request

from app.domain.problem import LIFTED_BY
from app.engine.upkeep.alerting.kinds import KINDS
from app.integrations.kit.mistakes import SAID
from app.web import languages

APP = Path(__file__).parents[2] / "app"
FILLED_IN = re.compile(r"%\((\w+)\)s")
ENGLISH = {"error", "field_type"}
"""What pydantic fills in with English words: other languages leave it out."""


@functools.cache
def texts() -> set[str]:
    found: set[str] = set()
    for file in APP.rglob("*.html"):
        for _, _, message, _ in babel_extract(io.BytesIO(file.read_bytes()), ["_", "gettext"], [], {}):
            if message is not None:  # it is for `_(closes)`, whose messages are looked for below
                found.add(str(message))
    for file in (*(APP / "console").rglob("*.py"), *(APP / "web").rglob("*.py")):
        found |= set(in_python(file.read_text(encoding="utf-8")))
    found |= {*LIFTED_BY.values(), *(each.closes for each in KINDS.values())} | {
        pattern for patterns in SAID.values() for pattern in patterns
    }
    for file in sorted(APP.rglob("*.py")):
        source = file.read_text(encoding="utf-8")
        if "Sentence(" in source and file.name != "sentence.py":
            found |= set(in_sentences(source, is_all=file.parent.name == "explaining"))
    return found


def in_sentences(source: str, *, is_all: bool) -> list[str]:
    """The patterns of the engine's sentences. They stand in variables too: with `is_all`, every text that is no docstring."""
    tree = ast.parse(source)
    if not is_all:
        calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call) and ast.unparse(each.func) == "Sentence"]
        return [str(ast.literal_eval(each.args[0])) for each in calls if isinstance(each.args[0], ast.Constant)]
    texts = {id(each): each.value for each in ast.walk(tree) if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    for each in ast.walk(tree):
        parts = each.values if isinstance(each, ast.JoinedStr) else [each.value] if isinstance(each, ast.Expr) else []
        for part in parts:
            texts.pop(id(part), None)
    return [text for text in texts.values() if " " in text and any(letter.isalpha() for letter in text)]


def in_python(source: str) -> list[str]:
    """The messages of `Text("…")`. One that is put together from parts could not be found in a catalogue."""
    calls = [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Call) and ast.unparse(each.func) == "Text"]
    assert all(isinstance(each.args[0], ast.Constant) for each in calls), [ast.unparse(each) for each in calls]
    return [str(ast.literal_eval(each.args[0])) for each in calls]


def catalogue() -> dict[str, str]:
    return dict(entries())


def entries() -> list[tuple[str, str]]:
    found = []
    for path in languages.files_of("nb"):
        with path.open(encoding="utf-8") as file:
            found += [(str(each.id), str(each.string)) for each in read_po(file, locale="nb") if each.id]
    return found


def test_every_text_is_said_in_norwegian_and_none_that_is_gone() -> None:
    assert len(texts()) > 50
    assert set(catalogue()) == texts()
    assert [text for text, said in catalogue().items() if not said] == []


def test_a_text_that_stands_in_two_catalogues_says_the_same() -> None:
    times = Counter(text for text, _ in set(entries()))
    assert [text for text, many in times.items() if many > 1] == []


@pytest.mark.parametrize("text", sorted(text for text in texts() if FILLED_IN.search(text)))
def test_what_is_filled_in_is_the_same_in_both(text: str) -> None:
    assert set(FILLED_IN.findall(catalogue()[text])) == set(FILLED_IN.findall(text)) - ENGLISH


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("nb", "nb"),
        ("no", "nb"),
        ("nn-NO,nb;q=0.9,en;q=0.5", "nb"),
        ("sv, en;q=0.8", "en"),
        ("en;q=0.4, nb;q=0.9", "nb"),
        ("nb;q=0, en", "en"),
        ("nb;q=x, en", "en"),
    ],
)
def test_the_browsers_wish_counts(header: str, expected: str) -> None:
    scope = {"type": "http", "headers": [(b"accept-language", header.encode())], "query_string": b"", "path": "/"}
    assert languages.of_request(Request(scope)) == expected
