"""A table keeps each record as compact JSON, with what lists are filtered and sorted by beside it.

A WooCommerce order is some 3 kB of JSON and four times that as Python objects, so 50,000 of them are kept as bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from app.sandbox.woocommerce.wire import times


@dataclass(slots=True)
class Record:
    """One record and its index. `created` and `modified` are seconds since 1970."""

    id: int
    body: bytes
    status: str
    created: int
    modified: int
    parent: int
    customer: int
    kind: str
    sku: str

    def load(self) -> dict[str, Any]:
        resource: dict[str, Any] = orjson.loads(self.body)
        return resource


class Table:
    """Records by id. `version` moves with every change, so that a sorted list can be kept until then. `before_trash` holds the
    former status of what is in the trash."""

    def __init__(self) -> None:
        self._records: dict[int, Record] = {}
        self._by_sku: dict[str, set[int]] = {}
        self._children: dict[int, list[int]] = {}
        self.version = 0
        self.before_trash: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, record_id: int) -> bool:
        return record_id in self._records

    def __iter__(self) -> Iterator[int]:
        return iter(list(self._records))

    def __getitem__(self, record_id: int) -> dict[str, Any]:
        """A copy of the stored resource. Raises KeyError."""
        return self._records[record_id].load()

    def get(self, record_id: int) -> dict[str, Any] | None:
        record = self._records.get(record_id)
        return None if record is None else record.load()

    def record(self, record_id: int) -> Record | None:
        return self._records.get(record_id)

    def records(self) -> list[Record]:
        return list(self._records.values())

    def put(self, resource: dict[str, Any]) -> None:
        """Stores a resource under its id, in place of what was there."""
        self.remove(resource["id"])
        record = Record(
            id=resource["id"],
            body=bytes(memoryview(orjson.dumps(resource))),  # copied: what orjson gives holds on to a larger buffer
            status=resource["status"],
            created=times.epoch(resource["date_created_gmt"]),
            modified=times.epoch(resource["date_modified_gmt"]),
            parent=resource.get("parent_id", 0),
            customer=resource.get("customer_id", 0),
            kind=resource.get("type", ""),
            sku=resource.get("sku", "").lower(),
        )
        self._records[record.id] = record
        if record.sku:
            self._by_sku.setdefault(record.sku, set()).add(record.id)
        if record.parent:
            children = self._children.setdefault(record.parent, [])
            if record.id not in children:
                children.append(record.id)
        self.version += 1

    def remove(self, record_id: int) -> None:
        """Forgets a record; its place among its parent's children is kept until it is put again or forgotten for good."""
        record = self._records.pop(record_id, None)
        if record is None:
            return
        self.version += 1
        if record.sku:
            self._by_sku[record.sku].discard(record_id)

    def with_sku(self, sku: str) -> list[int]:
        """Ids of the records with this stock number, letter case ignored."""
        return sorted(self._by_sku.get(sku.lower(), ()))

    def children(self, parent: int) -> list[int]:
        """Ids of the records under `parent`, in the order they were made."""
        return [record_id for record_id in self._children.get(parent, ()) if record_id in self._records]
