"""How records are asked for, taken out of answers and written: wc/v3, today's API.

Older APIs differ in how they say the same. Each has a dialect of its own in `legacy`, which brings it into this form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Params = Sequence[tuple[str, str]]
Record = dict[str, Any]

VARIATIONS = "_gateway_variations"
"""Added to a product by APIs that show variations inside it; taken out before the product is given on."""


class Dialect:
    """wc/v3, which everything else is brought to. Paths are its own."""

    def path(self, path: str) -> str:
        return path

    def params(self, path: str, params: Params) -> Params:
        return params

    def one(self, path: str, answer: Any) -> Record | None:
        """The record of an answer; None when there is none in it."""
        return answer if isinstance(answer, dict) else None

    def many(self, path: str, answer: Any) -> list[Record] | None:
        """The records of an answer; None when it is no list of records."""
        if not isinstance(answer, list) or not all(isinstance(each, dict) for each in answer):
            return None
        return answer

    def body(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A write as this API takes it."""
        return body

    def batched(self, path: str, items: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """Several updates in one write."""
        return {"update": list(items)}

    def batch_answers(self, path: str, answer: Any) -> list[Record] | None:
        return self.many(path, answer.get("update")) if isinstance(answer, dict) else None
