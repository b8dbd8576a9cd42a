"""How records are asked for, taken out of answers and written: wc/v3, today's API.

Older APIs differ in how they say the same. Each has a dialect of its own in `legacy`, which brings it into this form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.integrations.kit.odd_entries import in_its_place
from app.json_reading import as_list

Params = Sequence[tuple[str, str]]
Record = dict[str, Any]

VARIATIONS = "_gateway_variations"
"""Added to a product by APIs that show variations inside it; taken out before the product is given on."""


def _is_error(entry: Record) -> bool:
    """An error in a record's place: `{"code", "message", "data"}`."""
    return "id" not in entry and "error" not in entry and {"code", "message"} <= entry.keys()


class Dialect:
    """wc/v3, which everything else is brought to. Paths are its own."""

    has_settings: bool = True
    """Whether the shop's own settings and its system status can be read."""
    batches_by_product: bool = True
    """Whether the variations of a product are written in a batch under that product. Otherwise they go with the products."""
    webhook_statuses: tuple[str, ...] = ("all",)
    """The values of `status` that together list every webhook."""
    write_probe: tuple[str, str, Mapping[str, Any]] = ("POST", "products/batch", {})
    """Method, path and body of a write that changes nothing. A key that may only read is refused it."""

    def path(self, path: str) -> str:
        return path

    def params(self, path: str, params: Params) -> Params:
        return params

    def one(self, path: str, answer: Any) -> Record | None:
        """The record of an answer; None when there is none in it."""
        return answer if isinstance(answer, dict) else None

    def many(self, path: str, answer: Any) -> list[Record] | None:
        """The records of an answer; None when it is no list. In the place of what is no record stands what it was."""
        listed = as_list(answer)
        if listed is None:
            return None
        return [each if isinstance(each, dict) and not _is_error(each) else in_its_place(each) for each in listed]

    def body(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A write as this API takes it."""
        return body

    def batched(self, path: str, items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """Several updates in one write."""
        return {"update": list(items)}

    def batch_answers(self, path: str, answer: Any) -> list[Record] | None:
        return self.many(path, answer.get("update")) if isinstance(answer, dict) else None
