"""What a form shows of a model's values, and what was typed as a change of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from pydantic import BaseModel

from app.errors import BadInput
from app.integrations.kit.mistakes import section_of
from app.web.forms import Form
from app.web.model_form.fields import Cell, Column, FormField, Input

Rows = tuple[tuple[str, ...], ...]
Typed = str | tuple[str, ...] | Rows
"""A text, the values that were chosen, or the rows of a table."""

MORE_ROWS = 3
"""Empty rows below those of a table."""
_PLACE = re.compile(r"[0-9]{1,6}([.,][0-9]{1,6})?")
_WHOLE, _NUMBER = re.compile(r"[+-]?[0-9]{1,15}"), re.compile(r"[+-]?[0-9]{1,15}[.,][0-9]{1,15}")


@dataclass(frozen=True)
class ModelForm:
    """`part`: where the model stands, like `settings`: an input is called `settings.stock.floor`. `zone`: that of moments."""

    part: str
    model: type[BaseModel]
    fields: tuple[FormField, ...]
    zone: tzinfo = UTC

    def input_name(self, field: FormField) -> str:
        return f"{self.part}.{field.name}"

    def only(self, *names: str) -> ModelForm:
        """With these fields alone, in this order; what stands in a name belongs to it."""
        chosen = {
            field.name: field
            for name in names
            for field in self.fields
            if field.name == name or field.name.startswith(f"{name}.")
        }
        return replace(self, fields=tuple(chosen.values()))

    def shown(self, values: Mapping[str, Any]) -> dict[str, Typed]:
        """What the inputs begin with, by the fields' names. `values`: as JSON has them."""
        return {field.name: self._shown(field, _or_meant(field, value_at(values, field.name))) for field in self.fields}

    def typed(self, form: Form) -> dict[str, Typed]:
        """What was sent. An input that is not in the form is as if it was left empty."""
        return {field.name: self._typed(field, form) for field in self.fields}

    def change(self, values: Mapping[str, Any], typed: Mapping[str, Typed]) -> dict[str, Any]:
        """What was typed that differs from the values, to be merged into them (RFC 7396). What the outside system means, and was
        only shown, is kept from then on. Raises BadInput."""
        made: dict[str, Any] = {}
        before = {field.name: self._shown(field, value_at(values, field.name)) for field in self.fields}
        for field in self.fields:
            if field.input is Input.SECRET and not typed[field.name]:
                continue
            if typed[field.name] != before[field.name]:
                self._put(made, values, field, self._value(field, typed[field.name]))
        return made

    def field_of(self, error: BadInput) -> str | None:
        """The field that an error is about; None when it is about none of this form."""
        name = (error.field or "").removeprefix(f"{self.part}.")
        names = {field.name for field in self.fields}
        while name and name not in names:
            name = name.rpartition(".")[0]
        return name or None

    # --- shown --------------------------------------------------------------------------------------------------------

    def _shown(self, field: FormField, value: Any) -> Typed:
        if field.input is Input.SECRET:
            return ""
        if field.input is Input.CHOICES:
            return tuple(str(each) for each in value or ())
        if field.input is Input.CHOICE and isinstance(value, list):
            value = next(iter(value), None)
        if field.input is Input.TABLE:
            return tuple((str(key), *_cells(field.columns, each)) for key, each in (value or {}).items())
        if field.input is Input.ROWS:
            return tuple((str(place), *_cells(field.columns, each)) for place, each in enumerate(value or (), start=1))
        if value is None:
            return ""
        if field.input is Input.LINES:
            return "\n".join(str(each) for each in value)
        if field.input is Input.MOMENT:
            return _local(datetime.fromisoformat(value), self.zone)
        if isinstance(value, bool):
            return {Input.SWITCH: "on" if value else ""}.get(field.input, str(value).lower())
        return f"{value:g}" if isinstance(value, float) and value == int(value) else str(value)

    # --- typed --------------------------------------------------------------------------------------------------------

    def _typed(self, field: FormField, form: Form) -> Typed:
        name = self.input_name(field)
        if field.input is Input.CHOICES:
            return tuple(each for each in form.all(name) if each in dict(field.options))
        if field.input is Input.TABLE:
            columns = [form.all(f"{name}#key"), *(form.all(f"{name}#{column.name}") for column in field.columns)]
            rows = (tuple(cell.strip() for cell in row) for row in zip(*columns, strict=False))
            return tuple(row for row in rows if any(row))
        if field.input is Input.ROWS:
            columns = [form.all(f"{name}#{each}") for each in ("place", *(column.name for column in field.columns))]
            return _in_their_places([tuple(cell.strip() for cell in row) for row in zip(*columns, strict=False)])
        text = form[name].replace("\r\n", "\n")
        if field.input is Input.LINES:
            return "\n".join(line.strip() for line in text.split("\n") if line.strip())
        return text.strip() if field.input in (Input.NUMBER, Input.MOMENT, Input.SECRET) else text

    def _value(self, field: FormField, typed: Typed) -> Any:
        if field.input is Input.TABLE:
            return self._table(field, typed)  # type: ignore[arg-type]
        if field.input is Input.ROWS:
            return [_record(field.columns, row[1:]) for row in typed if isinstance(row, tuple)]
        if field.input is Input.CHOICES:
            return list(typed)
        text = str(typed)
        if field.input is Input.SWITCH:
            return text == "on"
        if field.input is Input.LINES:
            return [line for line in text.split("\n") if line]
        if field.input is Input.CHOICE:
            chosen = (field.values or {}).get(text)
            return ([chosen] if chosen is not None else []) if field.is_list else chosen
        if not text and (field.is_optional or field.input in (Input.NUMBER, Input.MOMENT)):
            return None
        return {Input.NUMBER: _number, Input.MOMENT: self._moment}.get(field.input, str)(text)

    def _moment(self, text: str) -> str:
        """A day, or a day and a time, are meant in the form's zone."""
        try:
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC).isoformat()
        except (ValueError, OverflowError):
            return text  # refused by the model, with what would fit

    def _table(self, field: FormField, rows: Rows) -> dict[str, Any]:
        name, made = self.input_name(field), dict[str, Any]()
        for key, *cells in rows:
            if not key:
                raise BadInput(f"a row of {name} has no name", field=name, fix="give it one, or empty the whole row")
            if key in made:
                raise BadInput(f"{name} has {key!r} twice", field=name, fix="leave out one of the two rows")
            values = {column.name: _of_cell(column, cell) for column, cell in zip(field.columns, cells, strict=True)}
            made[key] = values.get("", values)
        return made

    def _put(self, change: dict[str, Any], values: Mapping[str, Any], field: FormField, value: Any) -> None:
        """Sets it where it belongs. A table with people's own keys is replaced as a whole, so all of it goes along."""
        *outer, last = field.name.split(".")
        place, model, path = change, self.model, ""
        for part in outer:
            path = f"{path}.{part}".removeprefix(".")
            inner = section_of(model, part)
            place = place.setdefault(part, {} if inner is not None else deepcopy(value_at(values, path) or {}))
            if inner is None:
                if value in (None, []):
                    place.pop(last, None)
                else:
                    place[last] = value
                return
            model = inner
        place[last] = value


def _or_meant(field: FormField, value: Any) -> Any:
    return list(field.meant) if field.meant and value in (None, []) else value


def value_at(values: Mapping[str, Any], name: str) -> Any:
    """The value of a dotted name; None when there is none."""
    found: Any = values
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _local(moment: datetime, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    return local.strftime("%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M")


def _number(text: str) -> int | float | str:
    """Also with a comma. What is no number is left to the model, which says what would fit."""
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else text


def _cells(columns: tuple[Column, ...], value: Any) -> list[str]:
    values = [value if not column.name else value.get(column.name) for column in columns]
    return [_cell(each) for each in values]


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) and value == int(value) else str(value)


def _record(columns: tuple[Column, ...], cells: Sequence[str]) -> dict[str, Any]:
    """What an empty cell means is the model's default."""
    return {column.name: _of_cell(column, cell) for column, cell in zip(columns, cells, strict=True) if cell}


def _in_their_places(rows: Sequence[tuple[str, ...]]) -> Rows:
    """The rows that say something, by the places that were typed, and numbered anew. A row without a place comes last."""
    said = [row for row in rows if any(row[1:])]
    said.sort(key=lambda row: float(row[0].replace(",", ".")) if _PLACE.fullmatch(row[0]) else float("inf"))
    return tuple((str(place), *row[1:]) for place, row in enumerate(said, start=1))


def _of_cell(column: Column, text: str) -> Any:
    if column.cell is Cell.LIST:
        return [each.strip() for each in text.split(",") if each.strip()]
    return _number(text) if column.cell is Cell.NUMBER else text
