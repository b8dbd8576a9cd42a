"""Answers as tables: each member of the wire's record, and where it comes from.

    LINE = answer({
        "id": "id",                                         # the record's attribute
        **echoed("body", "rowNumber", "comment"),           # sent by a caller and given back: body.row_number, body.comment
        "product": {"sku": "product.sku"},                  # an object of its own, from the same record
        "pickedTime": via("picked", as_text),               # an attribute, put into other words
        "parcels": each("parcels", PARCEL),                 # a list, null when it is empty
        "total": lambda line, shop: line.price * line.quantity,
        **nulls("location", "handling"),                    # never anything
    })

`LINE(record, context)` makes the answer. `context` is whatever the functions in the table want beside the record. Nothing on the
way to an attribute (`body.customer.name` without a customer) is null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.sandbox.kit.fields import Record, python_name

Build = Callable[[Any, Any], Any]
MakeAnswer = Callable[..., dict[str, Any]]
"""Called with a record and, where the table wants one, a context."""
Source = str | None | Build | Mapping[str, Any]


def answer(table: Mapping[str, Source]) -> MakeAnswer:
    """The function that makes the described object of a record and a context."""
    members = [(name, _source(source)) for name, source in table.items()]

    def made(record: Any, context: Any = None) -> dict[str, Any]:
        return {name: build(record, context) for name, build in members}

    return made


def echoed(path: str, *names: str) -> dict[str, Source]:
    """Members that are given back as they were sent, from the record at `path` (empty: the record itself)."""
    return {name: f"{path}.{python_name(name)}".lstrip(".") for name in names}


def nulls(*names: str) -> dict[str, Source]:
    return dict.fromkeys(names)


def via(path: str, change: Callable[[Any], Any]) -> Build:
    """The attribute as `change` makes it, which gets None where there is nothing."""
    read = _reader(path)
    return lambda record, context: change(read(record))


def one(path: str, table: Mapping[str, Source] | Build) -> Build:
    """An object from the record at `path`; null when there is none."""
    read, build = _reader(path), _source(table)

    def made(record: Any, context: Any) -> Any:
        found = read(record)
        return None if found is None else build(found, context)

    return made


def each(path: str, table: Mapping[str, Source] | Build, *, or_null: bool = True) -> Build:
    """A list of objects from the records at `path`; an empty list is null, unless `or_null` is off."""
    read, build = _reader(path), _source(table)

    def made(record: Any, context: Any) -> list[Any] | None:
        found = [build(one, context) for one in read(record) or ()]
        return None if or_null and not found else found

    return made


def _source(source: Source) -> Build:
    if source is None:
        return lambda record, context: None
    if isinstance(source, str):
        read = _reader(source)
        return lambda record, context: _as_sent(read(record))
    return answer(source) if isinstance(source, Mapping) else source


def _reader(path: str) -> Callable[[Any], Any]:
    steps = path.split(".") if path else []

    def read(record: Any) -> Any:
        for step in steps:
            if record is None:
                return None
            record = getattr(record, step)
        return record

    return read


def _as_sent(value: Any) -> Any:
    if isinstance(value, Record):
        return value.as_sent()
    if isinstance(value, list):
        return [_as_sent(one) for one in value]
    return value
