"""What is wrong with a value that people gave, in their words: where, and what would fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from app.errors import BadInput, nearest
from app.sentence import Sentence

_FITS = {
    "datetime": Sentence("give a date and time with its zone, like 2026-12-01T00:00:00+01:00"),
    "date": Sentence("give a date, like 2026-12-01"),
    "timezone": Sentence("give the time's zone too, like 2026-12-01T00:00:00+01:00"),
    "bool": Sentence("give true or false"),
    "int": Sentence("give a whole number, like 5"),
    "float": Sentence("give a number, like 2.5"),
    "list": Sentence('give a list, like ["a", "b"]'),
    "dict": Sentence('give a table, like {"a": "b"}'),
    "model": Sentence('give a table, like {"a": "b"}'),
    "string": Sentence("give a text"),
}
"""By the first word of pydantic's name for the mistake."""
SAID = {
    "missing": ("Field required",),
    "greater_than": ("Input should be greater than %(gt)s",),
    "greater_than_equal": ("Input should be greater than or equal to %(ge)s",),
    "less_than": ("Input should be less than %(lt)s",),
    "less_than_equal": ("Input should be less than or equal to %(le)s",),
    "finite_number": ("Input should be a finite number",),
    "int_parsing": ("Input should be a valid integer, unable to parse string as an integer",),
    "int_type": ("Input should be a valid integer",),
    "int_from_float": ("Input should be a valid integer, got a number with a fractional part",),
    "float_parsing": ("Input should be a valid number, unable to parse string as a number",),
    "float_type": ("Input should be a valid number",),
    "bool_parsing": ("Input should be a valid boolean, unable to interpret input",),
    "bool_type": ("Input should be a valid boolean",),
    "string_type": ("Input should be a valid string",),
    "string_too_short": (
        "String should have at least %(min_length)s characters",
        "String should have at least %(min_length)s character",
    ),
    "string_too_long": (
        "String should have at most %(max_length)s characters",
        "String should have at most %(max_length)s character",
    ),
    "string_pattern_mismatch": ("String should match pattern '%(pattern)s'",),
    "enum": ("Input should be %(expected)s",),
    "literal_error": ("Input should be %(expected)s",),
    "list_type": ("Input should be a valid list",),
    "dict_type": ("Input should be a valid dictionary",),
    "too_long": ("%(field_type)s should have at most %(max_length)s items after validation, not %(actual_length)s",),
    "timezone_aware": ("Input should have timezone info",),
    "datetime_from_date_parsing": ("Input should be a valid datetime or date, %(error)s",),
    "datetime_parsing": ("Input should be a valid datetime, %(error)s",),
    "date_from_datetime_parsing": ("Input should be a valid date or datetime, %(error)s",),
    "date_parsing": ("Input should be a valid date in the format YYYY-MM-DD, %(error)s",),
}
"""The words of pydantic by its name for the mistake, as far as pages say them in other languages."""
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
        found.append(BadInput(named(where, words_of(each)), field=where, fix=fix_of(each, where, model)))
    return found


def named(where: str, words: str) -> Sentence:
    return Sentence("%(field)s: %(words)s", field=where, words=words)


def words_of(mistake: Mapping[str, Any]) -> str:
    if mistake["type"] == "extra_forbidden":
        return Sentence("there is no such field")
    said = str(mistake["msg"]).removeprefix("Value error, ")
    made = (Sentence(pattern, **mistake.get("ctx", {})) for pattern in SAID.get(str(mistake["type"]), ()))
    return next((each for each in made if each == said), said)


def fix_of(mistake: Mapping[str, Any], where: str, model: type[BaseModel] | None = None) -> str:
    """`mistake`: as pydantic tells it. `model`: where its place begins, if that is known."""
    kind = str(mistake["type"])
    if kind == "extra_forbidden":
        place = mistake["loc"]
        known = sorted(_model_at(model, place[:-1])) if model is not None else []
        meant = nearest(str(place[-1]), known)
        if meant:
            return Sentence("did you mean %(meant)s?", meant=meant)
        return (
            Sentence("known here: %(names)s", names=", ".join(known)) if known else Sentence("leave out %(name)s", name=place[-1])
        )
    if kind in ("enum", "literal_error"):
        return Sentence("give one of %(names)s", names=mistake["ctx"]["expected"])
    if kind in _OUT_OF_RANGE:
        return _range(mistake["loc"], model)
    if kind == "string_pattern_mismatch" and (info := _field_at(mistake["loc"], model)) is not None and info.description:
        return Sentence("see what %(name)s is: %(words)s", name=where, words=info.description.rstrip("."))
    fits = _FITS.get(kind.partition("_")[0])
    if kind == "missing":
        return Sentence("add %(name)s", name=where)
    if fits and kind.endswith(("_parsing", "_type", "_naive", "_aware")):
        return fits
    return Sentence("give a value for %(name)s that fits", name=where)


def _range(place: Sequence[str | int], model: type[BaseModel] | None) -> str:
    """The least and the largest number of the field."""
    info = _field_at(place, model)
    found = info.metadata if info is not None else ()
    least = next((each.ge if isinstance(each, Ge) else each.gt for each in found if isinstance(each, Ge | Gt)), None)
    most = next((each.le if isinstance(each, Le) else each.lt for each in found if isinstance(each, Le | Lt)), None)
    if least is None or most is None:
        return Sentence("give a number that is within its range")
    return Sentence("give a number from %(least)s to %(most)s", least=least, most=most)


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
