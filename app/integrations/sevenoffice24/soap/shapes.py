"""The wire's types: how a request is written from plain values, and an answer read into plain values.

zeep fills in no default, turns an element that is nil into an object of Nones, loses what stands behind an unknown element unless
told otherwise, and takes 2 s for 1,000 orders. So answers are read here, by the types that zeep has read from the description.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import structlog

from app.json_reading import FIRST_YEAR, LAST_YEAR, MOST_WHOLE

log = structlog.get_logger(__name__)

NAMESPACE = "http://24sevenOffice.com/webservices"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
NOT_SET = frozenset(
    {
        "-2147483648",
        "-32768",
        "-79228162514264337593543950335",
        "0001-01-01T00:00:00",
        "00000000-0000-0000-0000-000000000000",
    }
)
"""Defaults that stand for no value: the smallest number, the year 1, the guid of zeros."""
_DECIMAL = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})")

Wanted = Mapping[str, frozenset[str]]
"""Members that were asked for, by the type whose members they are."""


def _decimal(text: str) -> Decimal:
    """Raises ValueError for what is no xs:decimal: an exponent, NaN."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"no decimal: {text[:40]!r}")
    return Decimal(text)


def _boolean(text: str) -> bool:
    """Raises ValueError for what is no xs:boolean."""
    if text not in ("true", "1", "false", "0"):
        raise ValueError(f"neither true nor false: {text[:40]!r}")
    return text in ("true", "1")


def _moment(text: str) -> datetime | None:
    """As it stands there, with or without a zone; None in the year 1, which means that it is not set. Raises ValueError."""
    found = datetime.fromisoformat(text)
    if found.year > LAST_YEAR:
        raise ValueError("a year that nobody means")
    return None if found.year < FIRST_YEAR else found


def _whole(text: str) -> int:
    """Raises ValueError for what no database keeps."""
    found = int(text)
    if abs(found) > MOST_WHOLE:
        raise ValueError("more than is kept")
    return found


READERS: dict[str, Callable[[str], Any]] = {
    "int": _whole,
    "long": _whole,
    "short": _whole,
    "decimal": _decimal,
    "boolean": _boolean,
    "dateTime": _moment,
}
"""How a value is read, by its type's name. Any other is text."""


def read_value(name: str, kind: str, text: str) -> Any:
    """None for what is not set, and for what is no value of this kind, which the log tells."""
    if kind not in READERS:
        return None if text in NOT_SET else text
    bare = text.strip()
    if not bare or bare in NOT_SET:
        return None
    try:
        return READERS[kind](bare)
    except (ValueError, OverflowError):
        log.warning("soap_value_not_read", member=name, kind=kind)
        return None


@dataclass(frozen=True)
class Member:
    """One element of a type: `shape` is that of its own members, None where it holds a value of the type `kind`."""

    name: str
    kind: str
    shape: Shape | None
    default: Any = None

    def left_out(self) -> Any:
        """What the member is where the wire leaves it out."""
        return [] if self.shape is not None and self.shape.item is not None else self.default

    def read(self, element: Any, wanted: Wanted) -> Any:
        """What the element holds; None for nil, for what is not set, and for what is no value of its type."""
        if element.get(NIL) in ("true", "1"):
            return None
        if self.shape is not None:
            return self.shape.read(element, wanted)
        return read_value(self.name, self.kind, element.text or "")

    def written(self, value: Any) -> Any:
        """As zeep takes it. Raises TypeError for a float, ValueError for a time without zone."""
        if value is None:
            return None
        if self.shape is not None:
            return self.shape.written(value)
        if isinstance(value, float):
            raise TypeError(f"{self.name}: a float is written with an exponent, which the server does not read")
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise ValueError(f"{self.name}: a time without zone")
            return value.astimezone(UTC).replace(microsecond=0)
        return value


@dataclass(frozen=True)
class Shape:
    """A type with members. `item`: it is a list of these, and a list it is in plain values."""

    name: str
    members: Mapping[str, Member]
    item: Member | None = None

    def read(self, element: Any, wanted: Wanted) -> Any:
        """A list, or what stands under the members' names; None when nothing does.

        A member with a default that was left out has it: of a type that `wanted` names only where it was asked for. A list that
        was asked for and left out is empty. Elements that are not described are passed over.
        """
        found: dict[str, Any] = {}
        items: list[Any] = []
        for child in element:
            member = self.members.get(_local_name(child))
            if member is None:
                continue
            value = member.read(child, wanted)
            if value is None:
                continue
            if self.item is not None:
                items.append(value)
            else:
                found[member.name] = value
        if self.item is not None:
            return items
        if not found:
            return None
        asked = wanted.get(self.name, self.members.keys())
        return {name: self.members[name].left_out() for name in asked if name in self.members} | found

    def written(self, value: Any) -> Any:
        """As zeep takes it. Raises ValueError for a member that is not described."""
        if self.item is not None:
            return {self.item.name: [self.item.written(each) for each in _listed(value)]}
        unknown = sorted(set(value) - set(self.members))
        if unknown:
            raise ValueError(f"{self.name} has no {', '.join(unknown)}")
        return {name: self.members[name].written(each) for name, each in value.items()}


def _listed(value: Any) -> Sequence[Any]:
    if isinstance(value, str | Mapping):
        raise TypeError("a list is given as a list")
    return list(value)


def _local_name(element: Any) -> str:
    """The name of an element of the services' namespace; empty for any other."""
    namespace, _, name = str(element.tag).rpartition("}")
    return name if namespace == f"{{{NAMESPACE}" else ""


def shape_of(xsd_type: Any, known: dict[str, Shape]) -> Shape | None:
    """The shape of one of zeep's types; None for one that holds a value."""
    if not hasattr(xsd_type, "elements"):
        return None
    name = str(xsd_type.name or "")
    if name in known and name:
        return known[name]
    members = {key: _member(key, each, known) for key, each in xsd_type.elements}
    first = next(iter(members.values()), None)
    is_list = len(members) == 1 and xsd_type.elements[0][1].accepts_multiple
    made = Shape(name, members, first if is_list else None)
    if name:
        known[name] = made
    return made


def _member(name: str, element: Any, known: dict[str, Shape]) -> Member:
    kind, default = str(element.type.name or ""), element.default
    shape = shape_of(element.type, known)
    return Member(name, kind, shape, None if default is None else read_value(name, kind, str(default)))
