"""The records of one shop, by kind and id, found by what they are related to."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from app.sandbox.mystore.config import MystoreConfig
from app.sandbox.mystore.wire.kinds import kinds_of
from app.sandbox.mystore.wire.refusals import not_found
from app.sandbox.mystore.wire.resource import Related, Resource


class Table:
    """The records of one kind, in the order of their ids as they were added."""

    def __init__(self, kind: str, first_id: int) -> None:
        self.kind = kind
        self._next = first_id
        self._rows: dict[int, Resource] = {}
        self._by: dict[tuple[str, int], dict[int, Resource]] = {}

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, record_id: int) -> bool:
        return record_id in self._rows

    def add(
        self, attributes: dict[str, Any], related: dict[str, Related] | None = None, record_id: int | None = None
    ) -> Resource:
        """A new record, with its own id or the next one."""
        chosen = self._next if record_id is None else record_id
        self._next = max(self._next, chosen + 1)
        made = Resource(self.kind, chosen, dict(attributes))
        self._rows[chosen] = made
        self.relate(made, related or {})
        return made

    def find(self, record_id: int) -> Resource:
        """Raises Refused (404)."""
        if record_id not in self._rows:
            raise not_found(f"There is no {self.kind} {record_id}")
        return self._rows[record_id]

    def get(self, record_id: int | None) -> Resource | None:
        return None if record_id is None else self._rows.get(record_id)

    def relate(self, resource: Resource, related: dict[str, Related]) -> None:
        """Sets relationships, and keeps `of` in step."""
        for name, value in related.items():
            before = resource.related.get(name)
            if isinstance(before, int):
                self._by[name, before].pop(resource.id, None)
            resource.related[name] = value
            if isinstance(value, int):
                self._by.setdefault((name, value), {})[resource.id] = resource

    def of(self, relation: str, record_id: int) -> list[Resource]:
        """Those that are related to this one."""
        return list(self._by.get((relation, record_id), {}).values())

    def remove(self, resource: Resource) -> None:
        self.relate(resource, dict.fromkeys(resource.related))
        del self._rows[resource.id]

    def snapshot(self) -> list[Resource]:
        """The records as they are now, for `restore`."""
        return copy.deepcopy(list(self._rows.values()))

    def restore(self, records: list[Resource]) -> None:
        """The records are again as they were; ids that were given out since are not given out again."""
        self._rows, self._by = {}, {}
        for one in records:
            related, one.related = one.related, {}
            self._rows[one.id] = one
            self.relate(one, related)

    def having(self, attribute: str, value: Any) -> Resource | None:
        """The first with this value of an attribute."""
        return next((one for one in self._rows.values() if one.attributes.get(attribute) == value), None)


class Tables:
    """All tables of a shop: `tables["orders"]`."""

    def __init__(self, config: MystoreConfig) -> None:
        self._tables = {name: Table(name, config.first_ids.get(name, 1)) for name in kinds_of(config)}

    def __getitem__(self, kind: str) -> Table:
        return self._tables[kind]

    def __iter__(self) -> Iterator[Table]:
        return iter(self._tables.values())

    def exists(self, kind: str, record_id: int) -> bool:
        """True for a kind that is not simulated (categories, tax classes, manufacturers)."""
        return kind not in self._tables or record_id in self._tables[kind]
