"""`gateway connections example`: a TOML file to begin with, made from what the system asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from app.integrations.catalogue import entry_of, fields_of
from app.integrations.protocol import ConnectionSettings
from app.integrations.protocol.credentials import masked_fields
from app.integrations.registry import integration as find_integration
from app.warehouse.credentials import OngoingCredentials

WAREHOUSE = {"url": "https://api.ongoingsystems.se/mywarehouse/api/v1/", "user": "gateway", "goods_owner_id": 77}


def document(integration: str) -> str:
    """The file. Raises BadInput naming the systems there are."""
    system = find_integration(integration)
    entry = entry_of(system)
    lines = [
        f"# {entry.title}: see {entry.docs}. Values like env:NAME are read from your environment by the command line.",
        "[[connections]]",
        f'name = "my-{entry.noun.lower()}"',
        f"integration = {_written(entry.name)}",
        "",
        "[connections.source]",
        *_given(system.credentials_model, _prefix(entry.name, entry.noun), system.reference.credentials),
        "",
        "[connections.warehouse]",
        *_given(OngoingCredentials, "wms_", WAREHOUSE),
        "",
        "[connections.settings]",
        *(f"{name} = {_written(value)}" for name, value in system.reference.settings.items()),
        *_asked(system.settings_model),
    ]
    return "\n".join(lines) + "\n"


def _prefix(name: str, noun: str) -> str:
    """Of names in the environment, which no shell lets begin with a digit."""
    return f"{noun if name[0].isdigit() else name}_"


def _given(model: type[BaseModel], prefix: str, examples: Mapping[str, Any]) -> Iterator[str]:
    """Each field below what it is; one that may be left out is a comment, unless the example has it.

    What is not shown whole comes from the environment.
    """
    masked = masked_fields(model)
    for field in fields_of(model, examples):
        is_hidden = field.is_secret or field.name in masked
        value = f"env:{f'{prefix}{field.name}'.upper()}" if is_hidden else field.example
        if value is None and not field.is_required:
            continue
        yield f"# {field.description}"
        is_given = field.is_required or field.name in examples
        yield f"{'' if is_given else '# '}{field.name} = {_written('' if value is None else value)}"


def _asked(model: type[BaseModel]) -> Iterator[str]:
    """What a person is asked of every system, and may leave out."""
    for field in fields_of(model, {}):
        if field.name in ConnectionSettings.for_people:
            yield f"# {field.description}"
            yield f"# {field.name} = {_written('')}"


def _written(value: Any) -> str:
    """A value as TOML has it, which for text, numbers, truth and lists of them is as JSON has it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(name)} = {_written(inner)}" for name, inner in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
