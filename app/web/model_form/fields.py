"""The inputs that a model's fields become."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from app.integrations.catalogue import FieldEntry, fields_of
from app.integrations.protocol import Choice
from app.integrations.protocol.credentials import masked_fields

LONG_TEXT = 500
"""A text that may be longer than this has room for several lines."""


class Input(StrEnum):
    """How a value is typed."""

    TEXT = "text"
    LONG_TEXT = "long-text"
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    CHOICES = "choices"
    """Any number of what the outside system offers."""
    LINES = "lines"
    """A list, one entry on a line."""
    TABLE = "table"
    ROWS = "rows"
    """A list of records in an order that counts, one on a row."""
    MOMENT = "moment"
    SECRET = "secret"  # noqa: S105 - a kind of input
    """Never shown. Left empty, what is stored stays."""


class Cell(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    LIST = "list"
    """Several, with commas between them."""


@dataclass(frozen=True)
class Column:
    """What a row of a table holds beside its key. `name` is empty when it is the value itself."""

    name: str
    cell: Cell


@dataclass(frozen=True)
class FormField:
    """`options`: what may be chosen, as the form has it, with what people read. `is_list`: a single choice is kept as a list."""

    entry: FieldEntry
    input: Input
    is_optional: bool = False
    options: tuple[tuple[str, str], ...] = ()
    values: Mapping[str, Any] | None = None
    columns: tuple[Column, ...] = ()
    is_list: bool = False
    meant: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def section(self) -> str:
        """The part of the model that it stands in; empty for the model itself."""
        return self.name.partition(".")[0] if "." in self.name else ""

    @property
    def is_whole(self) -> bool:
        """Whether a number has no decimals."""
        return self.entry.kind == "whole number"


def fields_of_form(
    model: type[BaseModel], examples: Mapping[str, Any] | None = None, *, without: Collection[str] = ()
) -> tuple[FormField, ...]:
    """Every field of the model, those inside others under dotted names. `without`: what cannot be set."""
    masked = masked_fields(model)
    return tuple(
        _field(entry, info_at(model, entry.name), is_hidden=entry.name in masked)
        for entry in fields_of(model, examples or {})
        if entry.name not in without
    )


def with_choices(fields: Sequence[FormField], model: type[BaseModel], choices: Sequence[Choice]) -> tuple[FormField, ...]:
    """The fields with what the outside system offers to choose from, each in the place of the field whose value it is."""
    by_field: dict[str, list[Choice]] = {}
    for choice in choices:
        by_field.setdefault(_owner(model, choice.setting), []).append(choice)
    return tuple(_chosen(fields, by_field))


def _chosen(fields: Sequence[FormField], by_field: Mapping[str, Sequence[Choice]]) -> Iterator[FormField]:
    for field in fields:
        if field.name not in by_field:
            yield field
        for choice in by_field.get(field.name, ()):
            entry = FieldEntry(choice.setting, field.entry.kind, field.entry.description, is_required=False, is_secret=False)
            is_list = choice.many or field.input is Input.LINES or Cell.LIST in {each.cell for each in field.columns}
            yield FormField(
                entry,
                Input.CHOICES if choice.many else Input.CHOICE,
                is_optional=True,
                options=choice.options,
                values={value: value for value, _ in choice.options},
                is_list=is_list,
                meant=choice.meant,
            )


def _owner(model: type[BaseModel], name: str) -> str:
    """The field that a dotted name stands in: `status_ids` of `status_ids.delivered`."""
    names = {entry.name for entry in fields_of(model, {})}
    while name and name not in names:
        name = name.rpartition(".")[0]
    return name


def info_at(model: type[BaseModel], name: str) -> FieldInfo:
    """The field of a dotted name."""
    first, _, rest = name.partition(".")
    info = model.model_fields[first]
    if not rest:
        return info
    assert isinstance(info.annotation, type)
    assert issubclass(info.annotation, BaseModel)
    return info_at(info.annotation, rest)


def _field(entry: FieldEntry, info: FieldInfo, *, is_hidden: bool) -> FormField:
    kind, is_optional = _without_none(info.annotation)
    if entry.is_secret or is_hidden:
        return FormField(entry, Input.SECRET, is_optional)
    if kind is bool:
        return FormField(entry, Input.SWITCH)
    values = _values(kind)
    if values:
        options = tuple((value, value) for value in values)
        return FormField(entry, Input.CHOICE, is_optional, options, values)
    if get_origin(kind) in (list, tuple) and _is_model(get_args(kind)[0]):
        return FormField(entry, Input.ROWS, is_optional, columns=tuple(_columns(get_args(kind)[0])))
    if get_origin(kind) in (list, tuple):
        return FormField(entry, Input.LINES, is_optional, tuple((each, each) for each in _values(get_args(kind)[0])))
    if get_origin(kind) is dict:
        keys, of_values = get_args(kind)
        return FormField(
            entry, Input.TABLE, is_optional, tuple((each, each) for each in _values(keys)), columns=tuple(_columns(of_values))
        )
    if kind in (int, float):
        return FormField(entry, Input.NUMBER, is_optional)
    if kind is datetime:
        return FormField(entry, Input.MOMENT, is_optional)
    if kind is not str:
        raise TypeError(f"{entry.name}: a form has no input for {entry.kind}")
    longest = next((each.max_length for each in info.metadata if hasattr(each, "max_length")), 0)
    return FormField(entry, Input.LONG_TEXT if longest >= LONG_TEXT else Input.TEXT, is_optional)


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """The type without what only marks it, and whether it may be null."""
    if get_origin(annotation) is Annotated:
        return _without_none(get_args(annotation)[0])
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    kinds = [each for each in get_args(annotation) if each is not NoneType]
    is_optional = len(kinds) < len(get_args(annotation))
    if len(kinds) == 1:
        return _without_none(kinds[0])[0], is_optional
    return Union[tuple(kinds)], is_optional  # noqa: UP007 - the kinds are known here only


def _values(annotation: Any) -> dict[str, Any]:
    """What may be chosen, by how the form writes it; nothing when any value may be given."""
    kind, _ = _without_none(annotation)
    if get_origin(kind) is Literal:
        return {_written(each): each for each in get_args(kind)}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {_written(each.value): each.value for each in kind}
    if kind is bool:
        return {"true": True, "false": False}
    if get_origin(kind) in (Union, UnionType):
        found = [_values(each) for each in get_args(kind)]
        return {text: value for each in found for text, value in each.items()} if all(found) else {}
    return {}


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _columns(annotation: Any) -> Iterator[Column]:
    kind, _ = _without_none(annotation)
    if _is_model(kind):
        for name, info in kind.model_fields.items():
            yield Column(name, _cell(info.annotation))
    else:
        yield Column("", _cell(kind))


def _cell(annotation: Any) -> Cell:
    kind, _ = _without_none(annotation)
    if get_origin(kind) in (list, tuple):
        return Cell.LIST
    if kind in (int, float):
        return Cell.NUMBER
    if kind is not str:
        raise TypeError(f"a table has no cell for {kind}")
    return Cell.TEXT
