"""What is wrong with a value that people gave, in their words: where, and what would fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from app.errors import BadInput, nearest

_FITS = {
    "datetime": "give a date and time with its zone, like 2026-12-01T00:00:00+01:00",
    "date": "give a date, like 2026-12-01",
    "timezone": "give the time's zone too, like 2026-12-01T00:00:00+01:00",
    "bool": "give true or false",
    "int": "give a whole number, like 5",
    "float": "give a number, like 2.5",
    "list": 'give a list, like ["a", "b"]',
    "dict": 'give a table, like {"a": "b"}',
    "model": 'give a table, like {"a": "b"}',
    "string": "give a text",
}
"""By the first word of pydantic's name for the mistake."""
_OUT_OF_RANGE = frozenset(
    {"greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number", "int_parsing_size"}
)


def section_of(model: type[BaseModel] | None, name: str) -> type[BaseModel] | None:
    """The model of a part with fixed names (`stock`); None for a value, a list, or a table with people's own keys."""
    annotation = model.model_fields[name].annotation if model is not None and name in model.model_fields else None
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def said(error: ValidationError, model: type[BaseModel], field: str) -> BadInput:
    """The first mistake. `field`: where the model stands in what was given, like `settings`."""
    return all_said(error, model, field)[0]


def all_said(error: ValidationError, model: type[BaseModel], field: str) -> list[BadInput]:
    """Every mistake."""
    found = []
    for each in error.errors(include_url=False, include_input=False):
        where = ".".join([field, *(str(part) for part in each["loc"])])
        found.append(BadInput(f"{where}: {words_of(each)}", field=where, fix=fix_of(each, where, model)))
    return found


def words_of(mistake: Mapping[str, Any]) -> str:
    return "there is no such field" if mistake["type"] == "extra_forbidden" else str(mistake["msg"]).removeprefix("Value error, ")


def fix_of(mistake: Mapping[str, Any], where: str, model: type[BaseModel] | None = None) -> str:
    """`mistake`: as pydantic tells it. `model`: where its place begins, if that is known."""
    kind = str(mistake["type"])
    if kind == "extra_forbidden":
        place = mistake["loc"]
        known = sorted(_model_at(model, place[:-1])) if model is not None else []
        meant = nearest(str(place[-1]), known)
        if meant:
            return f"did you mean {meant}?"
        return f"known here: {', '.join(known)}" if known else f"leave out {place[-1]}"
    if kind in ("enum", "literal_error"):
        return f"give one of {mistake['ctx']['expected']}"
    if kind in _OUT_OF_RANGE:
        return _range(mistake["loc"], model)
    if kind == "string_pattern_mismatch" and (info := _field_at(mistake["loc"], model)) is not None and info.description:
        return f"see what {where} is: {info.description.rstrip('.')}"
    fits = _FITS.get(kind.partition("_")[0])
    if kind == "missing":
        return f"add {where}"
    if fits and kind.endswith(("_parsing", "_type", "_naive", "_aware")):
        return fits
    return f"give a value for {where} that fits"


def _range(place: Sequence[str | int], model: type[BaseModel] | None) -> str:
    """The least and the largest number of the field."""
    info = _field_at(place, model)
    found = info.metadata if info is not None else ()
    least = next((each.ge if isinstance(each, Ge) else each.gt for each in found if isinstance(each, Ge | Gt)), None)
    most = next((each.le if isinstance(each, Le) else each.lt for each in found if isinstance(each, Le | Lt)), None)
    if least is None or most is None:
        return "give a number that is within its range"
    return f"give a number from {least} to {most}"


def _field_at(place: Sequence[str | int], model: type[BaseModel] | None) -> FieldInfo | None:
    known = _model_at(model, place[:-1]) if model is not None and place else {}
    return known.get(str(place[-1])) if place else None


def _model_at(model: type[BaseModel], place: Sequence[str | int]) -> Mapping[str, Any]:
    """The fields that are known at a place, through lists and tables."""
    current: type[BaseModel] | None = model
    for part in place:
        info = current.model_fields.get(str(part)) if current is not None else None
        if info is not None:
            current = next(iter(_models_in(info.annotation)), None)
    return current.model_fields if current is not None else {}


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for each in get_args(annotation) for found in _models_in(each)]
