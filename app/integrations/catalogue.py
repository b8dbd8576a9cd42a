"""Every system in words: what it can do, the credentials it asks for, the settings it takes. REST, command line and docs show
it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_jsonable_python

from app.domain import SWITCHED
from app.integrations.protocol import Integration
from app.integrations.protocol.capabilities import impossible_switches
from app.integrations.protocol.integration import can
from app.integrations.registry import INTEGRATIONS

LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} of them",
    "maxItems": "at most {} of them",
    "pattern": "as {}",
}
"""What JSON Schema calls a limit, and what people do."""
UNITS = ("seconds", "minutes", "hours", "days", "bytes")
"""The end of a field's name gives its unit."""


@dataclass(frozen=True)
class FieldEntry:
    """One credential or setting. `name` is dotted for what is inside another; `kind` is its type in a reader's words.

    `default` is None for a field that is required, or left out when nobody sets it.
    """

    name: str
    kind: str
    description: str
    is_required: bool
    is_secret: bool
    default: Any = None
    unit: str | None = None
    limits: tuple[str, ...] = ()
    choices: tuple[Any, ...] = ()
    example: Any = None


@dataclass(frozen=True)
class SystemEntry:
    """One system. `processes` are those that it can do; `docs` is the page about connecting it."""

    name: str
    title: str
    noun: str
    capabilities: tuple[str, ...]
    processes: tuple[str, ...]
    docs: str
    credentials: tuple[FieldEntry, ...]
    settings: tuple[FieldEntry, ...]
    example: Mapping[str, Any] = field(default_factory=dict)


def every_system() -> tuple[SystemEntry, ...]:
    """By name."""
    return tuple(entry_of(INTEGRATIONS[name]) for name in sorted(INTEGRATIONS))


def entry_of(system: Integration) -> SystemEntry:
    reference, impossible = system.reference, impossible_switches(system.capabilities)
    example = {"source": dict(reference.credentials), "settings": dict(reference.settings)}
    return SystemEntry(
        name=system.name,
        title=system.title,
        noun=system.noun,
        capabilities=tuple(sorted(system.capabilities)),
        processes=tuple(process.value for process in SWITCHED if can(system, process)),
        docs=f"docs/{reference.docs}",
        credentials=tuple(fields_of(system.credentials_model, reference.credentials)),
        settings=tuple(
            replace(each, default=False) if each.name in impossible else each
            for each in fields_of(system.settings_model, reference.settings)
        ),
        example=example,
    )


def fields_of(model: type[BaseModel], examples: Mapping[str, Any], prefix: str = "") -> Iterator[FieldEntry]:
    """Every field of a model, those of the models inside it under dotted names."""
    schemas = model.model_json_schema(by_alias=False)["properties"]
    for name, info in model.model_fields.items():
        inner, example = info.annotation, examples.get(name)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from fields_of(inner, example if isinstance(example, Mapping) else {}, f"{prefix}{name}.")
        else:
            yield _entry(f"{prefix}{name}", info, schemas[name], example)


def _entry(name: str, info: FieldInfo, schema: Mapping[str, Any], example: Any) -> FieldEntry:
    parts = [schema, *schema.get("anyOf", ())]
    limits = [words.format(part[limit]) for limit, words in LIMITS.items() for part in parts if limit in part]
    return FieldEntry(
        name=name,
        kind=kind_of(info.annotation),
        description=info.description or "",
        is_required=info.is_required(),
        is_secret=SecretStr in (info.annotation, *get_args(info.annotation)),
        default=default_of(info),
        unit=next((unit for unit in UNITS if name.endswith(f"_{unit}")), None),
        limits=tuple(limits),
        choices=_choices(info.annotation),
        example=example,
    )


def default_of(info: FieldInfo) -> Any:
    """As JSON has it; None when there is none."""
    value = info.get_default(call_default_factory=True, validated_data={})
    return None if value is PydanticUndefined else to_jsonable_python(value)


def kind_of(annotation: Any) -> str:
    """A type in a reader's words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind_of(arguments[0])
    if origin in (Union, UnionType):
        return " or ".join(kind_of(each) for each in arguments if each is not NoneType)
    if origin is Literal:
        return " or ".join(f"`{json.dumps(each)}`" for each in arguments)
    if origin in (list, tuple):
        return f"list of {kind_of(arguments[0])}"
    if origin is dict:
        return f"table of {kind_of(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{member.value}`" for member in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "{" + ", ".join(f"`{name}`" for name in annotation.model_fields) + "}"
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", SecretStr: "secret", Path: "path"}
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)).lower())


def _choices(annotation: Any) -> tuple[Any, ...]:
    """The allowed values, when there is a fixed list."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(member.value for member in annotation)
    if get_origin(annotation) in (Union, UnionType):
        found = [_choices(each) for each in get_args(annotation) if each is not NoneType]
        return tuple(value for each in found for value in each) if all(found) else ()
    return ()
