"""What is different between two states of a connection, and what a change makes of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from app.errors import BadInput
from app.integrations.kit.mistakes import section_of
from app.integrations.protocol.credentials import revealed
from app.records.connections import Connection, Prepared
from app.warehouse.credentials import OngoingCredentials

Body = dict[str, Any]


def plain(connection: Connection) -> Body:
    """As it is declared, with its secrets readable."""
    return {
        "name": connection.name,
        "integration": connection.integration,
        "source": revealed(connection.source),
        "warehouse": revealed(connection.warehouse),
        "settings": connection.settings.model_dump(mode="json"),
    }


def plain_of(prepared: Prepared) -> Body:
    """The same of one that is not saved yet."""
    return {
        "name": prepared.name,
        "integration": prepared.integration,
        "source": revealed(prepared.source),
        "warehouse": revealed(prepared.warehouse),
        "settings": prepared.settings.model_dump(mode="json"),
    }


def merged_into(connection: Connection, change: Body) -> Body:
    """The declaration with a change merged into it, part by part. Raises BadInput."""
    there = plain(connection)
    models: dict[str, type[BaseModel]] = {
        "source": connection.system.credentials_model,
        "warehouse": OngoingCredentials,
        "settings": connection.system.settings_model,
    }
    given = {name: value for name, value in change.items() if value is not None}
    merged = {name: _merged(there.get(name), value, models.get(name), name) for name, value in given.items()}
    if "settings" in change and change["settings"] is None:  # orders from before the connection went live stay where they are
        merged["settings"] = {"go_live": there["settings"]["go_live"]}
    return {**{name: value for name, value in there.items() if name not in change}, **merged}


def _merged(target: Any, change: Any, model: type[BaseModel] | None, place: str) -> Any:
    """`model`: of a part with fixed names. Anything else is replaced."""
    if model is None or not isinstance(change, dict):
        _refuse_nulls(change, place)
        return change
    kept = dict(target) if isinstance(target, dict) else {}
    for key, value in change.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = _merged(kept.get(key), value, section_of(model, key), f"{place}.{key}")
    return kept


def _refuse_nulls(change: Any, place: str) -> None:
    nulls = [key for key, value in change.items() if value is None] if isinstance(change, dict) else []
    if nulls:
        raise BadInput(
            f"{place}.{nulls[0]} is null, and {place} is replaced as a whole",
            field=f"{place}.{nulls[0]}",
            fix=f"send all of {place} without it, or null for {place} itself",
        )


def differences(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Dotted paths of what is different."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {*before, *after}:
            yield from differences(before.get(key), after.get(key), f"{path}.{key}" if path else key)
    elif before != after:
        yield path
