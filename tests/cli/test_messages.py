"""What the gateway tells people to do can be done: every command and every REST path in a message exists."""

from __future__ import annotations

import ast
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from app.cli import app
from app.commands.kit.wording import command_for, in_commands

ROOT = Path(__file__).parents[2]
COMMAND = typer.main.get_command(app)
OPERATIONS = {
    (method.upper(), path)
    for path, methods in json.loads((ROOT / "openapi" / "gateway.json").read_text())["paths"].items()
    for method in methods
}
OUTSIDE = (
    "sandbox",
    "warehouse",
    "demo",
    "flows",
    "integrations",
    "web/said/calls",  # calls of the WMS
    "api/connections/delivery_note.py",  # fields of them
    "storage/migrations/versions",
    "engine/core/circuit.py",
    "api/queue/jobs.py",
    "commands/kit/wording.py",
)
"""Here paths are those of the shop and the WMS, or patterns of them."""
PLACE = "{…}"
"""What stands in an f-string, or in braces."""


@functools.cache
def texts() -> list[tuple[str, str]]:
    """Every text of the gateway's code that is no docstring, with its file and line."""
    return list(_texts())


def _texts() -> Iterator[tuple[str, str]]:
    for file in sorted((ROOT / "app").rglob("*.py")):
        name = file.relative_to(ROOT / "app").as_posix()
        tree = ast.parse(file.read_text(encoding="utf-8"))
        inner = {id(part) for node in ast.walk(tree) for part in _not_said(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = [str(part.value) if isinstance(part, ast.Constant) else PLACE for part in node.values]
                yield f"{name}:{node.lineno}", "".join(parts)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
                yield f"{name}:{node.lineno}", node.value


def _not_said(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, and the parts of texts that are yielded whole."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        yield from (part for part in ast.walk(node) if part is not node)


MENTIONED_COMMAND = re.compile(r"(?:`|: )gateway ((?:[a-z][a-z-]+ ?)+)")
MENTIONED_OPERATION = re.compile(r"\b(GET|POST|PATCH|PUT|DELETE) (/[a-z][^\s;,:()`'\"]*)")


def is_command(words: list[str]) -> bool:
    """Whether the words begin with a command; what follows it are its arguments."""
    found: Any = COMMAND
    for word in words:
        if not isinstance(found, TyperGroup):
            return True
        if word not in found.commands:
            return False
        found = found.commands[word]
    return True


def operations_in(text: str) -> Iterator[tuple[str, str]]:
    for method, path in MENTIONED_OPERATION.findall(text):
        yield method, re.sub(r"\{[^}]*\}", PLACE, path.partition("?")[0].rstrip(".…"))


def test_every_command_in_a_message_exists() -> None:
    said = [(place, words.split()) for place, text in texts() for words in MENTIONED_COMMAND.findall(text)]
    assert len(said) > 30
    assert [(place, " ".join(words)) for place, words in said if not is_command(words)] == []


def is_operation(method: str, path: str) -> bool:
    """`{…}` at the end may be a word of the path, like activate or resume. An id may be a real one: /mappings/412/resync."""
    pattern = re.escape(path).replace(re.escape(PLACE), "[^/]+")
    return any(
        method == each and (re.fullmatch(pattern, there) or re.fullmatch(re.sub(r"{[^}]*}", "[^/]+", there), path))
        for each, there in OPERATIONS
    )


IN_A_SENTENCE = re.compile(r"`gateway ((?:[a-z][a-z-]+ ?)+)")
IN_A_BLOCK = re.compile(r"^gateway ((?:[a-z][a-z-]+ ?)+)", re.MULTILINE)


def commands_in(document: str) -> Iterator[str]:
    for at, part in enumerate(document.split("```")):
        yield from (IN_A_BLOCK if at % 2 else IN_A_SENTENCE).findall(part)


def test_every_command_in_the_documentation_exists() -> None:
    files = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    said = [(file.name, words.split()) for file in files for words in commands_in(file.read_text(encoding="utf-8"))]
    assert len(said) > 30
    assert [(name, " ".join(words)) for name, words in said if not is_command(words)] == []


def test_every_operation_in_a_message_exists_and_a_command_does_the_same() -> None:
    said = [(place, *each) for place, text in texts() if not place.startswith(OUTSIDE) for each in operations_in(text)]
    assert len(said) > 20
    assert [each for each in said if not is_operation(*each[1:])] == []
    acts = []
    for place, method, path in said:
        act = "resync" if path.startswith("/mappings/") else "resume"
        acts.append((place, f"{method} {path.replace(f'/{PLACE}/{PLACE}', f'/x/{act}').replace(PLACE, 'x')}"))
    assert [each for each in acts if command_for(each[1]) is None] == []


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("release it: POST /mappings/{id}/release", "release it: gateway release NUMBER"),
        ("confirm it with POST /runs/run_7f/confirm", "confirm it with gateway runs confirm run_7f"),
        ("POST /connections/fjell/resume (it is paused)", "gateway connections resume fjell (it is paused)"),
        ("POST /connections/fjell/rotate-webhook-secret makes one", "gateway connections rotate-secret fjell makes one"),
        (
            "set processes.stock to true with PATCH /connections/fjell.",
            "set processes.stock to true with gateway connections apply FILE.",
        ),
        ("find it with GET /mappings?number=…", "find it with gateway mappings show NUMBER"),
        ("take one from GET /dead-letters, like job-17", "take one from gateway dead-letters list, like job-17"),
        ("PUT /orders: refused (400)", "PUT /orders: refused (400)"),
    ],
)
def test_a_path_in_a_message_is_shown_as_a_command(said: str, shown: str) -> None:
    assert in_commands(said) == shown
