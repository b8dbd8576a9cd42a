"""Every reason that the gateway can give says which event lifts it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.problem import LIFTED_BY, with_what_lifts

GIVERS = ("Problem", "Result", "Reported", "_failed", "_problem", "_too_long", "_lifted", "held")
"""What is called with a reason's code."""
CODE = re.compile(r"[a-z]+(-[a-z]+)+|refused|gone|kept|cancelled|brake")
NOTHING_TO_LIFT = {
    "gone": "the source has deleted the order: nothing is left to do",
    "kept": "it stays in the warehouse, as the reason says",
    "cancelled": "it is done",
    "taken-back": "it is done",
    "return-announced": "it is done",
    "return-withdrawn": "it is done",
    "rest-cancelled": "it is done",
    "refunded-after-sending": "shown, and nothing is changed",
    "article-number-": "the beginning of a code",
    "missing": "the end of a code",
}


def codes() -> Iterator[tuple[str, str]]:
    """Codes as they stand in the code, each with its module; also where a constant of that module has it."""
    for path in Path("app").rglob("*.py"):
        if {"sandbox", "demo", "console"} & set(path.parts):
            continue
        module = ast.parse(path.read_text())
        known = {
            each.targets[0].id: each.value.value
            for each in module.body
            if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name) and isinstance(each.value, ast.Constant)
        }
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in GIVERS:
                for given in [*node.args[:4], *(each.value for each in node.keywords if each.arg == "code")]:
                    code = given.value if isinstance(given, ast.Constant) else known.get(getattr(given, "id", ""))
                    if isinstance(code, str) and CODE.fullmatch(code):
                        yield code, str(path)


def test_each_code_in_the_code_has_an_event_or_nothing_to_lift() -> None:
    found = dict(codes())
    assert len(found) > 40
    assert {code: path for code, path in found.items() if code not in LIFTED_BY and code not in NOTHING_TO_LIFT} == {}


@pytest.mark.parametrize("part", ["name", "street", "post-code", "city", "country"])
def test_so_have_the_codes_that_are_put_together(part: str) -> None:
    assert f"{part}-missing" in LIFTED_BY


@pytest.mark.parametrize("code", sorted(LIFTED_BY))
def test_each_says_when(code: str) -> None:
    said = with_what_lifts("Something is wrong", code, "ERP")
    assert re.fullmatch(r"Something is wrong\. [A-Z].* (when|is resolved)\b.*[^.]", said)
    assert "{" not in said
    assert "shop" not in said
    assert with_what_lifts(said, code, "ERP") == said, "once"


def test_what_waits_for_nothing_stays_as_it_is() -> None:
    assert with_what_lifts("Cancelled in the warehouse", "cancelled") == "Cancelled in the warehouse"
    assert with_what_lifts("Created", None) == "Created"
