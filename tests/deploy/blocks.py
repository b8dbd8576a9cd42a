"""The command blocks of the README and the docs: found, and taken apart into commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "SECURITY.md", *sorted(file.relative_to(ROOT).as_posix() for file in (ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^(?P<before>[^\n]*)\n\n?```(?P<kind>\w*)[^\n]*\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
SHELL = ("sh", "bash", "shell", "console")
NOT_RUN = re.compile(r"<!-- not run: (?P<why>.+?) -->")
"""The line before a block that no test can run, and why. Readers do not see it."""


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    kind: str
    text: str
    why_not: str | None

    @property
    def name(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def commands(self) -> list[str]:
        """Without comments; two that are joined by && count as two."""
        found = [_without_comment(line) for line in self.text.splitlines()]
        return [part.strip() for line in found for part in line.split(" && ") if part.strip()]


def _without_comment(line: str) -> str:
    """A # begins a comment where it stands alone, outside quotes."""
    for place, character in enumerate(line):
        before = line[:place]
        if character == "#" and (not before or before[-1].isspace()) and not before.count("'") % 2 and not before.count('"') % 2:
            return before.strip()
    return line.strip()


def blocks() -> Iterator[Block]:
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            line = text.count("\n", 0, found.start("kind")) + 1
            why = NOT_RUN.search(found["before"])
            yield Block(page, line, found["kind"], found["text"], why["why"] if why else None)


def shell_blocks() -> list[Block]:
    return [each for each in blocks() if each.kind in SHELL]


def words(command: str) -> tuple[list[str], str | None]:
    """A command's words, and the file into which it writes."""
    given = shlex.split(command)
    if ">" in given:
        place = given.index(">")
        return given[:place], given[place + 1]
    return given, None


def commands_in_text() -> Iterator[tuple[str, str]]:
    """`gateway …` that stands within a sentence or a table: page and command."""
    for page in PAGES:
        text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for found in re.findall(r"`(gateway [a-z][^`\n]*)`", text):
            yield page, found
