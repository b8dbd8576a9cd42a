"""Messages as tables of elements, read strictly and written in order.

    ROW = sequence("InvoiceRow", "ProductId:int RowId:int Name:string Type:RowType=Normal", {"RowType": ROW_TYPE})

Each word is an element: its name, its kind, `!` when it must be there, `?` when it may be nil, and what it is when it is left
out. Values are dicts by the names of the elements, without what is not set.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from app.sandbox.sevenoffice24.config import SevenOfficeConfig
from app.sandbox.sevenoffice24.wire.scalars import (
    DECIMAL,
    DOUBLE,
    FLAG,
    GUID,
    INT,
    LONG,
    SHORT,
    STRING,
    TIME,
    YEAR_1,
    Scalar,
    read_scalar,
)
from app.sandbox.sevenoffice24.wire.xml import XSI, Element, WrongRequest

NAMESPACE = "http://24sevenOffice.com/webservices"

Values = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """One element. An answer leaves it out when it is not set, or is what stands for it when it is left out (`default`)."""

    name: str
    kind: Scalar | Sequence | ListOf
    is_required: bool = False
    is_nillable: bool = False
    default: Any = None


@dataclass(frozen=True)
class ListOf:
    """`item` is what each element of the list is called."""

    item: str
    kind: Scalar | Sequence

    def read(self, element: Element, config: SevenOfficeConfig, place: str) -> list[Any]:
        for child in element.children:
            if config.strict and (child.namespace, child.name) != (NAMESPACE, self.item):
                raise _unknown(child, place)
        items = [child for child in element.children if child.name == self.item]
        return [_read(self.kind, child, config, f"{place}/{self.item}") for child in items]

    def write(self, name: str, values: list[Any], config: SevenOfficeConfig, out: list[str]) -> None:
        if not values:
            out.append(f"<{name} />")
            return
        out.append(f"<{name}>")
        for value in values:
            _write(self.kind, self.item, value, config, out)
        out.append(f"</{name}>")


@dataclass(frozen=True)
class Sequence:
    """An element with elements in it. `is_record`: one with a row in the vendor's database, which may get an extra element.

    `has_nil_members`: what it lacks may stand there as nil, though the description does not say so.
    """

    name: str
    fields: tuple[Field, ...] = field(repr=False)
    is_record: bool = False
    has_nil_members: bool = False

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        return {one.name: one for one in self.fields}

    def only(self, names: Collection[str], inner: Mapping[str, Scalar | Sequence | ListOf] | None = None) -> Sequence:
        """With nothing but these elements and those that are always there. `inner` are other kinds for some."""
        chosen = tuple(one for one in self.fields if one.name in names or one.is_required)
        return replace(self, fields=tuple(replace(one, kind=(inner or {}).get(one.name, one.kind)) for one in chosen))

    def read(self, element: Element, config: SevenOfficeConfig, place: str) -> Values:
        """Raises WrongRequest. In strict mode the elements must be those of the table, in its order, each once."""
        if config.strict:
            self._check(element, place)
        found: Values = {}
        for child in element.children:
            known = self.by_name.get(child.name)
            if known is None or child.namespace != NAMESPACE:
                continue
            inside = f"{place}/{child.name}"
            if child.is_nil:
                if config.strict and not known.is_nillable:
                    raise WrongRequest(f"There is an error in XML document ({inside}). ---> It cannot be nil.")
                continue
            value = _read(known.kind, child, config, inside)
            if value is not None:
                found[child.name] = value
        return found

    def _check(self, element: Element, place: str) -> None:
        names = [one.name for one in self.fields]
        if element.text.strip():
            raise WrongRequest(f"There is an error in XML document ({place}). ---> There is text beside the elements.")
        at = -1
        for child in element.children:
            if child.namespace != NAMESPACE or child.name not in names:
                raise _unknown(child, place)
            if names.index(child.name) <= at:
                raise WrongRequest(f"There is an error in XML document ({place}). ---> {child.name} stands in the wrong place.")
            at = names.index(child.name)
        given = {child.name for child in element.children}
        for one in self.fields:
            if one.is_required and one.name not in given:
                raise WrongRequest(f"There is an error in XML document ({place}). ---> {one.name} is missing.")

    def write(self, name: str, values: Values, config: SevenOfficeConfig, out: list[str]) -> None:
        start = len(out)
        out.append(f"<{name}>")
        fields = self.fields[::-1] if self.is_record and config.element_order == "reversed" else self.fields
        middle = len(fields) // 2 if self.is_record and config.extra_element else -1
        for number, one in enumerate(fields):
            if number == middle:
                out.append(f"<{config.extra_element}>new</{config.extra_element}>")
            value = values.get(one.name)
            if value is None:
                self._write_nothing(one, config, out)
            elif value != one.default:
                _write(one.kind, one.name, value, config, out)
        if len(out) == start + 1:
            out[start] = f"<{name} />"
        else:
            out.append(f"</{name}>")

    def _write_nothing(self, one: Field, config: SevenOfficeConfig, out: list[str]) -> None:
        is_nil = one.is_required and one.is_nillable and config.nil_vat == "shown"
        if is_nil or (self.has_nil_members and config.nil_members):
            out.append(f'<{one.name} xsi:nil="true" />')
        elif isinstance(one.kind, Sequence) and one.kind.has_nil_members and config.nil_members:
            one.kind.write(one.name, {}, config, out)
        elif one.kind is TIME and config.unset_dates == "year-1":
            out.append(f"<{one.name}>{YEAR_1}</{one.name}>")

    def keep(self, given: Mapping[str, Any], config: SevenOfficeConfig) -> Values:
        """What a person or a test gives, as it is kept. Raises TypeError for an element that there is not, ValueError else."""
        found: Values = {}
        for name, value in given.items():
            if name not in self.by_name:
                raise TypeError(f"{self.name} has no {name}")
            if value is not None and value != "":
                found[name] = _keep(self.by_name[name].kind, value, config)
        return found


Kind = Scalar | Sequence | ListOf
_SCALARS: Mapping[str, Scalar] = {
    one.xsd: one for one in (INT, SHORT, LONG, DECIMAL, DOUBLE, FLAG, TIME, GUID, STRING)
}  # fmt: skip
_WORD = re.compile(r"(?P<name>[A-Za-z0-9]+):(?P<kind>[A-Za-z0-9]+)(?P<marks>[!?]*)(=(?P<default>\S+))?")


def sequence(name: str, elements: str = "", kinds: Mapping[str, Kind] | None = None) -> Sequence:
    """The table that the words describe; `kinds` are those that are no plain values."""
    return Sequence(name, tuple(_field(word, {**_SCALARS, **(kinds or {})}) for word in elements.split()))


def _field(word: str, kinds: Mapping[str, Kind]) -> Field:
    found = _WORD.fullmatch(word)
    assert found is not None, word
    kind = kinds[found["kind"]]
    default = (
        kind.keep(_DEFAULTS.get(found["default"], found["default"]), _USUAL)
        if isinstance(kind, Scalar) and found["default"]
        else None
    )
    return Field(found["name"], kind, "!" in found["marks"], "?" in found["marks"], default)


_USUAL = SevenOfficeConfig()
_DEFAULTS: Mapping[str, bool] = {"false": False}
_PLAIN_ATTRIBUTES = frozenset({f"{XSI} nil", f"{XSI} type"})


def _read(kind: Scalar | Sequence | ListOf, element: Element, config: SevenOfficeConfig, place: str) -> Any:
    if config.strict and (unknown := set(element.attributes) - _PLAIN_ATTRIBUTES):
        raise WrongRequest(f"There is an error in XML document ({place}). ---> There is no attribute {sorted(unknown)[0]}.")
    if not isinstance(kind, Scalar):
        return kind.read(element, config, place)
    if element.children:
        raise WrongRequest(f"There is an error in XML document ({place}). ---> It holds elements.")
    return read_scalar(kind, element.text, config, place)


def _write(kind: Scalar | Sequence | ListOf, name: str, value: Any, config: SevenOfficeConfig, out: list[str]) -> None:
    if isinstance(kind, Scalar):
        out.append(f"<{name}>{kind.write(value, config)}</{name}>")
    else:
        kind.write(name, value, config, out)


def _keep(kind: Scalar | Sequence | ListOf, value: Any, config: SevenOfficeConfig) -> Any:
    if isinstance(kind, ListOf):
        return [_keep(kind.kind, one, config) for one in value]
    return kind.keep(value, config)


def _unknown(child: Element, place: str) -> WrongRequest:
    return WrongRequest(
        f"There is an error in XML document ({place}). ---> <{child.name} xmlns='{child.namespace}'> was not expected."
    )
