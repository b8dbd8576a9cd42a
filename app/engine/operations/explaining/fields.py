"""A request field by field, and what is different in it from the one before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.records.jobs import Call

ROW_NAMES = ("rowNumber", "row_number", "id", "key", "code", "number")
"""What tells the entries of a list apart, so that one that moves up is not taken for another."""
MOST_FIELDS = 300
MOST_CHARACTERS = 300


@dataclass(frozen=True)
class Field:
    """One field by its path, like `orderLines[12].numberOfItems`. None: it is not there."""

    path: str
    before: str | None
    now: str | None


@dataclass(frozen=True)
class Sent:
    """What a call has sent. `changed` is None when there is no write before it to compare with, or none is kept any more."""

    fields: tuple[Field, ...]
    changed: tuple[Field, ...] | None


def spread(value: Any) -> dict[str, str]:
    """Every field with its path; long texts and very many fields are cut."""
    found: dict[str, str] = {}
    for path, text in _spread(value, ""):
        if len(found) == MOST_FIELDS:
            break
        found[path] = text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
    return found


def _spread(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _spread(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value:
        names = [_name(inner, index) for index, inner in enumerate(value)]
        if len(set(names)) < len(names):
            names = [str(index + 1) for index in range(len(value))]
        for name, inner in zip(names, value, strict=True):
            yield from _spread(inner, f"{path}[{name}]")
    elif value is not None:
        yield path, _text(value)


def _name(entry: Any, index: int) -> str:
    given = (entry.get(name) for name in ROW_NAMES) if isinstance(entry, Mapping) else ()
    return str(next((each for each in given if isinstance(each, str | int)), index + 1))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if not isinstance(value, Mapping | list) else ""


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[Field, ...]:
    """The fields that are not the same, in the order of the newer one; then those that are gone."""
    names = dict.fromkeys((*now, *before))
    return tuple(Field(each, before.get(each), now.get(each)) for each in names if before.get(each) != now.get(each))


def sent_by(calls: Sequence[Call]) -> dict[int, Sent]:
    """By the call's id, of calls that are newest first. Each is compared with the last such call that went well."""
    last: dict[str, dict[str, str]] = {}
    found: dict[int, Sent] = {}
    for call in reversed(calls):
        if call.request is None:
            continue
        now, before = spread(call.request), last.get(call.call)
        fields = tuple(Field(path, None, text) for path, text in now.items())
        found[call.id] = Sent(fields, None if before is None else differences(before, now))
        if call.result == "ok":
            last[call.call] = now
    return found
