"""Documents: how a stored record is shown, and what a caller's document says, read strictly."""

from __future__ import annotations

import html
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.sandbox.mystore.wire.kinds import Attribute, Kind, Relation
from app.sandbox.mystore.wire.refusals import bad_request, refused, wrong_value
from app.sandbox.mystore.wire.resource import Related, Resource

Exists = Callable[[str, int], bool]
"""Whether the shop has a record of this kind with this id; true for a kind that is not simulated."""


@dataclass(frozen=True)
class View:
    """How records are shown to one caller: without what is hidden, and of each only the `fields` asked for (None: all)."""

    kind: Kind
    entities: bool = True
    hidden: Collection[str] = ()
    fields: Collection[str] | None = None

    def shown(self, resource: Resource) -> dict[str, Any]:
        attributes = {
            name: self._value(one, resource[one.key])
            for name, one in self.kind.attributes.items()
            if self._wants(name) and not (name == "secret" and resource[one.key] is None)
        }
        relations = {
            name: {"data": _identifiers(one, resource.related.get(one.key))}
            for name, one in self.kind.relations.items()
            if self._wants(name)
        }
        document = {"type": resource.kind, "id": str(resource.id), "attributes": attributes}
        return {**document, "relationships": relations} if relations else document

    def _wants(self, name: str) -> bool:
        return name not in self.hidden and (self.fields is None or name in self.fields)

    def _value(self, attribute: Attribute, value: Any) -> Any:
        if not (attribute.is_name and self.entities):
            return value
        if isinstance(value, dict):
            return {language: html.escape(text) for language, text in value.items()}
        return html.escape(value) if isinstance(value, str) else value


def _identifiers(relation: Relation, related: Related) -> Any:
    if relation.many:
        return [identifier(relation.kind, one) for one in related or ()] if not isinstance(related, int) else []
    return None if related is None else identifier(relation.kind, related)


def identifier(kind: str, record_id: Any) -> dict[str, str]:
    return {"type": kind, "id": str(record_id)}


# ---- reading


@dataclass(frozen=True)
class Written:
    """What a caller's document says, under the names of the store."""

    attributes: dict[str, Any] = field(default_factory=dict)
    related: dict[str, Related] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)


def read_document(body: Any, kind: Kind, exists: Exists, record_id: int | None = None) -> Written:
    """`record_id` is that of the path, which the document repeats. Raises Refused: 400, 409 or 422."""
    root = _members(body, "the document", {"data", "meta", "_method"})
    resource = _members(root.get("data"), "data", {"type", "id", "attributes", "relationships"})
    _check_identity(resource, kind, record_id)
    attributes = _members(resource.get("attributes", {}), "attributes", set(kind.attributes))
    relations = _members(resource.get("relationships", {}), "relationships", set(kind.relations))
    return Written(
        {kind.attributes[name].key: _attribute(kind.attributes[name], value) for name, value in attributes.items()},
        {kind.relations[name].key: read_related(kind.relations[name], value, exists) for name, value in relations.items()},
        _members(root.get("meta", {}), "meta", None),
    )


def _check_identity(resource: Mapping[str, Any], kind: Kind, record_id: int | None) -> None:
    if resource.get("type") != kind.name:
        raise refused(409, f"data.type must be {kind.name}")
    if record_id is None and "id" in resource:
        raise bad_request("data.id is not taken from a client")
    if record_id is not None and resource.get("id") != str(record_id):
        raise refused(409, f'data.id must be the text "{record_id}"')


def _attribute(attribute: Attribute, value: Any) -> Any:
    if not attribute.writable:
        raise bad_request(f"The attribute {attribute.name} cannot be written")
    try:
        return attribute.check(value)
    except ValueError as error:
        raise wrong_value(f"The attribute {attribute.name} {error}") from error


def read_related(relation: Relation, value: Any, exists: Exists) -> Related:
    """The `{"data": …}` of a relationship. Raises Refused."""
    data = _members(value, relation.name, {"data"}).get("data")
    if relation.many:
        if not isinstance(data, list):
            raise bad_request(f"{relation.name}: data must be a list")
        return [_identified(relation, one, exists) for one in data]
    return None if data is None else _identified(relation, data, exists)


def _identified(relation: Relation, value: Any, exists: Exists) -> int:
    """The vendor's sample has an id as a number in one place, so both are taken."""
    given = _members(value, relation.name, {"type", "id"})
    if given.get("type") != relation.kind:
        raise wrong_value(f"{relation.name}: type must be {relation.kind}")
    record_id = str(given.get("id"))
    if not record_id.isascii() or not record_id.isdigit():
        raise wrong_value(f"{relation.name}: id must be a text of digits")
    if not exists(relation.kind, int(record_id)):
        raise wrong_value(f"{relation.name}: there is no {relation.kind} {record_id}")
    return int(record_id)


def _members(value: Any, name: str, known: Collection[str] | None) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise bad_request(f"{name} must be an object")
    unknown = sorted(set(value) - set(known)) if known is not None else []
    if unknown:
        raise bad_request(f"{name}: unknown field {unknown[0]}")
    return value
