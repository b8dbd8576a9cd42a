"""One record of a shop, as it is stored: its attributes and what it is related to, each under the name of the table of kinds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Related = int | list[int] | None


@dataclass
class Resource:
    """`attributes` may hold more than its kind shows: that is the shop's own knowledge."""

    kind: str
    id: int
    attributes: dict[str, Any] = field(default_factory=dict)
    related: dict[str, Related] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.attributes.get(name)

    def one(self, relation: str) -> int | None:
        """The id that a relationship to one holds."""
        found = self.related.get(relation)
        assert not isinstance(found, list)
        return found

    def many(self, relation: str) -> list[int]:
        found = self.related.get(relation) or []
        assert isinstance(found, list)
        return found
