"""The query of a call: the page, the conditions and the fields, read strictly."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.sandbox.mystore.config import MystoreConfig
from app.sandbox.mystore.wire import times
from app.sandbox.mystore.wire.kinds import Kind
from app.sandbox.mystore.wire.refusals import bad_request
from app.sandbox.mystore.wire.resource import Resource

Pairs = Iterable[tuple[str, str]]
Keep = Callable[[Resource], bool]

_PAGE = re.compile(r"page\[(number|size)\]")
_FILTER = re.compile(r"filter\[([^\[\]]+)\]\[(path|value|operator)\]")
_FIELDS = re.compile(r"fields\[([a-z-]+)\]")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "=": operator.eq,
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """What is asked for. `size` is capped, and None where no page was named."""

    number: int = 1
    size: int | None = None
    keeps: tuple[Keep, ...] = ()
    fields: frozenset[str] | None = None

    def kept(self, records: Iterable[Resource]) -> list[Resource]:
        return [one for one in records if all(keep(one) for keep in self.keeps)]


@dataclass
class _Reading:
    """The pairs of a query, sorted by what they are for."""

    page: dict[str, str] = field(default_factory=dict)
    conditions: dict[str, dict[str, str]] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)

    def take(self, name: str, value: str) -> None:
        if found := _PAGE.fullmatch(name):
            self._once(self.page, found[1], value, name)
        elif found := _FILTER.fullmatch(name):
            self._once(self.conditions.setdefault(found[1], {}), found[2], value, name)
        elif found := _FIELDS.fullmatch(name):
            self._once(self.fields, found[1], value, name)
        else:
            raise bad_request(f"Unknown parameter {name}")

    def _once(self, into: dict[str, str], key: str, value: str, name: str) -> None:
        if key in into:
            raise bad_request(f"The parameter {name} is given twice")
        into[key] = value


def read_question(pairs: Pairs, kind: Kind, config: MystoreConfig, *, is_list: bool) -> Question:
    """Raises Refused (400) for everything that this call does not take."""
    reading = _Reading()
    for name, value in pairs:
        reading.take(name, value)
    if not is_list and (reading.page or reading.conditions):
        raise bad_request("A single resource takes neither page nor filter")
    return Question(
        number=_size("page[number]", reading.page.get("number", "1")),
        size=min(_size("page[size]", reading.page["size"]), config.max_page_size) if "size" in reading.page else None,
        keeps=tuple(_condition(given, kind, config) for given in reading.conditions.values()),
        fields=_fields(reading.fields, kind),
    )


def _size(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise bad_request(f"{name} must be a whole number of at least 1")
    return int(text)


def _fields(given: Mapping[str, str], kind: Kind) -> frozenset[str] | None:
    for name in given:
        if name != kind.name:
            raise bad_request(f"fields[{name}]: there are no {name} in this answer")
    if kind.name not in given:
        return None
    wanted = frozenset(given[kind.name].split(","))
    if unknown := sorted(wanted - kind.members):
        raise bad_request(f"Unknown field {unknown[0]}")
    return wanted


def _condition(given: Mapping[str, str], kind: Kind, config: MystoreConfig) -> Keep:
    """A condition without an operator, or with one that is spelled otherwise, is equality (A5)."""
    if "path" not in given or "value" not in given:
        raise bad_request("A filter has a path and a value")
    spelling = given.get("operator")
    if spelling is not None and spelling not in config.operators and config.unknown_operator == "refused":
        raise bad_request(f"Unknown operator {spelling}")
    compare = _COMPARE[config.operators.get(spelling or "", "=")]
    read, value = _reader(given["path"], given["value"], kind)

    def keep(resource: Resource) -> bool:
        found = read(resource)
        return found is not None and compare(found, value)

    return keep


def _reader(path: str, value: str, kind: Kind) -> tuple[Callable[[Resource], Any], Any]:
    """How a record's value is read, and the value it is compared with, of the same type."""
    if path == "id":
        return lambda resource: resource.id, _number(path, value)
    if relation := kind.relations.get(path):
        return lambda resource: resource.related.get(relation.key), _number(path, value)
    attribute = kind.attributes.get(path)
    if attribute is None:
        raise bad_request(f"Unknown path {path}")
    if attribute.is_time:
        return lambda resource: resource[attribute.key], _time(path, value)
    is_text = attribute.check.__name__ in ("text", "anything", "languages")
    return lambda resource: _plain(resource[attribute.key]), value if is_text else _number(path, value)


def _plain(value: Any) -> Any:
    """A name's text in the first of its languages."""
    return next(iter(value.values()), None) if isinstance(value, dict) else value


def _number(path: str, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise bad_request(f"{path} is compared with a number, not '{value}'") from error


def _time(path: str, value: str) -> str:
    try:
        return times.check(value)
    except ValueError as error:
        raise bad_request(f"{path} is compared with a time YYYY-MM-DD HH:MM:SS, not '{value}'") from error
