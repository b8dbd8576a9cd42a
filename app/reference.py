"""docs/configuration.md, made from the settings classes. A test finds when it is out of date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from app.integrations.woocommerce.settings import WooCommerceCredentials, WooCommerceSettings
from app.settings import Settings
from app.warehouse.credentials import OngoingCredentials

FILE = Path("docs/configuration.md")
"""Where the repository keeps it."""

HEAD = """# Configuration

Made from the code by `make openapi`; do not edit.

## The gateway's processes

From the environment or a `.env` file. `DATABASE_URL` and `REDIS_URL` are understood without the prefix too.

"""

CONNECTION = """
## A connection

What belongs to one shop and its warehouse: given as a file (`gateway connections apply`) or over the REST API (`/connections`).
Dots name parts of parts: `processes.orders` is `orders` in the table `[connections.settings.processes]`.

"""


def document() -> str:
    """The whole page."""
    parts = [
        HEAD,
        _table(_environment()),
        CONNECTION,
        "### `shop`: WooCommerce\n\n",
        _table(_fields(WooCommerceCredentials)),
        "\n### `warehouse`: Ongoing WMS\n\n",
        _table(_fields(OngoingCredentials)),
        "\n### `settings`: WooCommerce\n\n",
        _table(_fields(WooCommerceSettings)),
    ]
    return "".join(parts)


Line = tuple[str, str, str, str]


def _environment() -> Iterator[Line]:
    for name, field in Settings.model_fields.items():
        yield f"GATEWAY_{name.upper()}", _kind(field.annotation), _default(field), field.description or ""


def _fields(model: type[BaseModel], prefix: str = "") -> Iterator[Line]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _fields(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _kind(inner), _default(field), field.description or ""


def _table(lines: Iterator[Line]) -> str:
    rows = "".join(
        f"| `{name}` | {kind} | {default} | {text.replace('|', chr(92) + '|')} |\n" for name, kind, default, text in lines
    )
    return f"| name | kind | default | what it is |\n|---|---|---|---|\n{rows}"


def _kind(annotation: Any) -> str:
    """The type in a reader's words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " or ".join(_kind(each) for each in arguments if each is not NoneType)
    if origin is Literal:
        return " or ".join(f"`{json.dumps(each)}`" for each in arguments)
    if origin in (list, tuple):
        return f"list of {_kind(arguments[0])}"
    if origin is dict:
        return f"table of {_kind(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{member.value}`" for member in annotation)
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", SecretStr: "secret", Path: "path"}
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)).lower())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value is PydanticUndefined or value in ([], {}):
        return "–"
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, Path):
        value = str(value)
    return f"`{json.dumps(value, default=str, ensure_ascii=False)}`".replace("|", "\\|")
