"""The categories that products stand in."""

from __future__ import annotations

from typing import Any

from app.sandbox.woocommerce.model.site import counter
from app.sandbox.woocommerce.wire import php

UNCATEGORIZED = 15


class Categories(dict[int, dict[str, Any]]):
    """Categories by id. The first one is there from the beginning and takes what has no other."""

    def __init__(self) -> None:
        super().__init__()
        self._next_id = counter(UNCATEGORIZED)
        self.add("Uncategorized")

    def add(self, name: str, slug: str = "") -> dict[str, Any]:
        category: dict[str, Any] = {"id": self._next_id(), "name": php.title(name), "slug": slug or php.slug(name), "parent": 0}
        category |= {"description": "", "display": "default", "image": None, "menu_order": 0, "count": 0}
        self[category["id"]] = category
        return category
