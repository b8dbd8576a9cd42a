"""Which fields of the WMS's delivery notes a connection fills, and from where: found out by mapping a record that has everything.

The system's whole order (`Reference.whole_order`) has the names of its own fields as their texts. Mapped with the connection's
settings, each field of the warehouse so says what it is made from. No table beside the mapping can be out of date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.domain import Article, Order, Process, SourceRecord
from app.records.connections import Connection
from app.warehouse.delivery_note import PRINTED, Printed
from app.warehouse.writes.fields import article_body, order_body

WAREHOUSE = "warehouse"
SETTING = "setting"
SYSTEM = "system"
_ADDED = "_gateway_"
"""What the names begin with under which the gateway adds to a record what belongs to it: a customer, lines."""
_READ_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""When the example was changed. Nothing of it is sent."""


@dataclass(frozen=True)
class Filled:
    """One field of a delivery note. `by`: who fills it, None nobody. `source`: the system's fields, or the extra field's path."""

    printed: Printed
    by: str | None
    source: str | None


def delivery_note(connection: Connection) -> list[Filled]:
    """All that a delivery note can print, in its order. Pure: reads nothing and calls nobody."""
    settings, reference = connection.settings, connection.system.reference
    order = _mapped(connection, Process.ORDERS, reference.whole_order)
    article = _mapped(connection, Process.ARTICLES, reference.whole_article)
    assert isinstance(order, Order)
    assert isinstance(article, Article)
    owner = connection.warehouse.goods_owner_id
    sent = dict(_leaves(order_body(order, owner, settings.warehouse).json))
    of_article = dict(_leaves(article_body(article, owner, settings.warehouse).json))
    from_order, from_article = _by_text(reference.whole_order), _by_text(reference.whole_article)
    found = []
    for printed in PRINTED:
        is_article = printed.section == "article"
        extra = (settings.extra_article_fields if is_article else settings.extra_order_fields).get(printed.path)
        value = (of_article if is_article else sent).get(printed.path)
        if not printed.path:
            found.append(Filled(printed, WAREHOUSE, None))
        elif extra is not None:
            found.append(Filled(printed, SETTING, extra))
        elif value is None:
            found.append(Filled(printed, None, None))
        else:
            found.append(Filled(printed, SYSTEM, _source(value, from_article if is_article else from_order)))
    return found


def _mapped(connection: Connection, process: Process, body: Mapping[str, Any]) -> Any:
    record = SourceRecord(process, str(body.get("id") or next(iter(body.values()))), _READ_AT, dict(body))
    return connection.system.map(record, connection.settings)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each value by its path. Of a list the first entry stands for all."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        if value and isinstance(value[0], Mapping):
            yield from _leaves(value[0], f"{path}[]")
    elif value not in (None, ""):
        yield path, value


def _by_text(example: Mapping[str, Any]) -> dict[str, str]:
    """Where the example has a value, by its text."""
    return {str(value): path for path, value in _leaves(example)}


def _source(value: Any, leaves: Mapping[str, str]) -> str | None:
    """The fields that the value was made from; None where it was worked out, like a date."""
    if value is None or isinstance(value, bool):
        return None
    text = str(value)
    if text in leaves:
        path = leaves[text].removeprefix(_ADDED)
        return text if path.endswith(text) or (path != leaves[text] and text[0].isalpha()) else path
    names = text.replace(",", " ").split()
    return text if names and all(name in leaves for name in names) else None
