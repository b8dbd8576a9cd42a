"""A simulator's configuration that can be changed while it runs."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

from pydantic import TypeAdapter


class Changeable:
    """For a dataclass of settings; each is checked by its annotation."""

    def change(self, **given: Any) -> None:
        """Raises KeyError for a setting that does not exist, ValueError for a wrong value; then none is changed."""
        read = {name: _reader(type(self), name).validate_python(value) for name, value in given.items()}
        for name, value in read.items():
            setattr(self, name, value)


def _reader(kind: type[Any], name: str) -> TypeAdapter[Any]:
    if name not in {one.name for one in fields(kind)}:
        raise KeyError(f"there is no setting {name}")
    return TypeAdapter(get_type_hints(kind)[name])
