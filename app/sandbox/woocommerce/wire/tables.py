"""The reader of the tables of arguments. `arguments` says how they are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from app.sandbox.woocommerce.wire.rules import Rule, Rules

_FORMATS = {"date": "date-time", "email": "email"}
_DEFAULTS: Mapping[str, Callable[[str], Any]] = {"integer": int, "boolean": lambda word: word == "true"}
_KINDS = ("string", "integer", "number", "boolean", "mixed")


def read(text: str, known: Mapping[str, Rules] | None = None) -> dict[str, Rules]:
    """The tables of a text, by name, with those that it may refer to."""
    tables = dict(known or {})
    for block in re.split(r"\n(?=\S)", text.strip()):
        title, *lines = block.splitlines()
        name, _, bases = title.partition(":")
        table = {argument: rule for base in bases.split() for argument, rule in tables[base].items()}
        for entry in " ".join(lines).split(",") if lines else ():
            names, _, words = entry.partition(":")
            table.update(dict.fromkeys(names.split(), _rule(words.split(), tables)))
        tables[name] = table
    return tables


def _rule(words: list[str], tables: Mapping[str, Rules]) -> Rule:
    kind, *more = words
    if kind.startswith("["):
        return Rule("array", items=_rule([kind.strip("[]")], tables))
    if kind in tables:
        return Rule("object", fields=tables[kind])
    low, _, high = next((word for word in more if ".." in word), "..").partition("..")
    default = more[more.index("=") + 1] if "=" in more else None
    return Rule(
        kind if kind in _KINDS else "mixed" if kind == "shown" else "string",
        choices=tuple(kind.split("|")) if "|" in kind else None,
        minimum=int(low) if low else None,
        maximum=int(high) if high else None,
        format=_FORMATS.get(kind),
        read_only=kind == "shown",
        default=_DEFAULTS[kind](default) if default and kind in _DEFAULTS else default,
        required="!" in more,
    )
