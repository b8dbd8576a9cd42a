"""Filters and forms, read into models. A fault names its field and its fix."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from app.errors import BadInput
from app.integrations.kit.mistakes import fix_of, named, words_of

M = TypeVar("M", bound=BaseModel)


def read(model: type[M], given: Iterable[tuple[str, str]]) -> M:
    """What was left empty is not given. Raises BadInput for the first fault."""
    values: dict[str, Any] = {}
    for name, value in given:
        text = value.strip()
        if not text:
            continue
        if name in model.model_fields and _is_many(model.model_fields[name].annotation):
            values.setdefault(name, []).append(text)
        else:
            values[name] = text
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:60] or "form"
        raise BadInput(named(where, words_of(first)), field=where, fix=fix_of(first, where, model)) from error


def _is_many(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(get_origin(each) is list for each in get_args(annotation))
