"""Connections in a TOML file. References like `env:NAME` are resolved here, on the operator's machine, never by the gateway."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from app.errors import BadInput

PARTS = ("source", "warehouse", "settings")
FIRST_NAME = "shop"
"""What `source` was called when there were only shops; still taken as the same."""
REFERENCE = "env:"


def read_file(path: Path, environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """The connections of a file, references resolved. Raises BadInput naming the field and the fix."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}", fix="give the path of a TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is not TOML: {error}", fix="see the example in the documentation") from error
    entries = content.get("connections")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise BadInput(f"{path} names no connections", field="connections", fix="begin each with a line [[connections]]")
    if unknown := sorted(content.keys() - {"connections"}):
        raise BadInput(f"{path} has {unknown[0]!r} at the top", field=unknown[0], fix="everything belongs under [[connections]]")
    found = [_entry(entry, f"connections[{number}]", environment) for number, entry in enumerate(entries)]
    names = [entry["name"] for entry in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadInput(f"{path} names {twice[0]!r} twice", field="name", fix="give each connection a name of its own")
    return found


def _entry(entry: Mapping[str, Any], place: str, environment: Mapping[str, str]) -> dict[str, Any]:
    for name in ("name", "integration"):
        if not isinstance(entry.get(name), str):
            raise BadInput(f"{place} has no {name}", field=f"{place}.{name}", fix=f'add a line like: {name} = "{_example(name)}"')
    if "source" in entry and FIRST_NAME in entry:
        raise BadInput(
            f"{place} has source and {FIRST_NAME}, which are the same thing", field=f"{place}.{FIRST_NAME}", fix="leave out shop"
        )
    known = {"name", "integration", *PARTS}
    if unknown := sorted(entry.keys() - known - {FIRST_NAME}):
        raise BadInput(
            f"{place} has an unknown field {unknown[0]!r}",
            field=f"{place}.{unknown[0]}",
            fix=f"known here: {', '.join(sorted(known))}",
        )
    # Resolved under the name that stands in the file: what is missing is told under it.
    given = resolved(entry, entry["name"], environment)
    return {**{part: {} for part in PARTS}, **{"source" if name == FIRST_NAME else name: part for name, part in given.items()}}


def _example(name: str) -> str:
    from app.integrations.registry import INTEGRATIONS  # most commands need no system's client, and start without it

    return {"name": "my-shop", "integration": next(iter(INTEGRATIONS))}[name]


def resolved(entry: Mapping[str, Any], name: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """A connection with every reference in it replaced. Raises BadInput naming the variable and the field."""
    return {field: _resolved(value, f"{name}: {field}", environment) for field, value in entry.items()}


def _resolved(value: Any, place: str, environment: Mapping[str, str]) -> Any:
    """The value with every reference in it replaced. Dates and numbers stay as TOML has them."""
    if isinstance(value, dict):
        return {name: _resolved(inner, f"{place}.{name}", environment) for name, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner, f"{place}[{number}]", environment) for number, inner in enumerate(value)]
    if isinstance(value, str) and value.startswith(REFERENCE):
        return _looked_up(value.removeprefix(REFERENCE), place, environment)
    return value


def _looked_up(variable: str, place: str, environment: Mapping[str, str]) -> str:
    value = environment.get(variable)
    if not value:
        raise BadInput(
            f"the environment variable {variable} is {'missing' if value is None else 'empty'}",
            field=place,
            fix=f"set {variable} where you run this command; the gateway itself never looks it up",
        )
    return value


_SWITCHES = {"true": True, "false": False}


def assigned(pairs: list[str] | None, option: str) -> dict[str, Any]:
    """`a.b=value` as nested objects; the gateway's own models turn text into numbers, not into switches. A setting that begins
    with a bracket is a list, written as JSON. Raises BadParameter."""
    found: dict[str, Any] = {}
    for pair in pairs or []:
        path, equals, value = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"{pair!r} is not FIELD=VALUE", param_hint=option)
        place = found
        *outer, last = path.split(".")
        for part in outer:
            place = place.setdefault(part, {})
        is_list = option == "--setting" and value.lstrip().startswith("[")
        place[last] = _listed(value, option) if is_list else _SWITCHES.get(value.strip().lower(), value)
    return found


def _listed(value: str, option: str) -> Any:
    try:
        return json.loads(value)
    except ValueError as error:
        raise typer.BadParameter(f"{value!r} is no list in JSON: {error}", param_hint=option) from error
