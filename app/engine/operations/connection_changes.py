"""What is different between two states of a connection, and what a change makes of one."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import BadInput
from app.integrations.kit.mistakes import section_of
from app.integrations.protocol.credentials import masked_fields, revealed, secret_fields
from app.records.connections import Connection, Prepared
from app.storage.audit.changes import Change, note
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
    return (each for each, _, _ in _differences(before, after, path))


def _differences(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {*before, *after}:
            yield from _differences(before.get(key), after.get(key), f"{path}.{key}" if path else key)
    elif before != after:
        yield path, before, after


# --- who changed what -----------------------------------------------------------------------------------------------------


def note_change(db: AsyncConnection, before: Connection, after: Connection, *more: Change) -> None:
    """Keeps what is different now, by path, with both values; of a secret only that it is."""
    found = sorted(_differences(plain(before), plain(after)), key=itemgetter(0))
    changes = [*(_change(*each, _hidden(after)) for each in found), *more]
    if before.status is not after.status:
        changes.append(Change("status", before.status.value, after.status.value))
    note(db, f"connection {after.name}", changes, connection_ids=(after.id,))


def note_made(db: AsyncConnection, made: Connection, *more: Change) -> None:
    """Keeps what a new connection begins with, without what every new one has."""
    usual = {"settings": made.system.settings_model().model_dump(mode="json")}
    given = {name: value for name, value in _leaves(plain(made)) if value is not None}
    known = dict(_leaves(usual))
    changes = [_change(path, None, given[path], _hidden(made)) for path in given if known.get(path) != given[path]]
    changes.append(Change("status", None, made.status.value))
    note(db, f"connection {made.name}", [*changes, *more], connection_ids=(made.id,))


def note_removed(db: AsyncConnection, gone: Connection) -> None:
    changes = [_change(path, value, None, _hidden(gone)) for path, value in _leaves(plain(gone)) if value is not None]
    shown = [each for each in changes if not each.path.startswith("settings.")]
    shown.append(Change("status", gone.status.value, None))
    note(db, f"connection {gone.name}", shown, connection_ids=(gone.id,), connection_name=gone.name)


def _hidden(connection: Connection) -> frozenset[str]:
    """Paths whose values nobody sees."""
    parts: dict[str, type[BaseModel]] = {
        "source": type(connection.source),
        "warehouse": type(connection.warehouse),
        "settings": type(connection.settings),
    }
    return frozenset(f"{part}.{name}" for part, model in parts.items() for name in secret_fields(model) | masked_fields(model))


def _change(path: str, old: Any, new: Any, hidden: frozenset[str]) -> Change:
    return Change(path, old, new, is_secret=path in hidden)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, value
