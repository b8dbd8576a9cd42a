"""How the records of each REST API are asked for, taken out of their answers, and brought into the form of wc/v3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.json_reading import Body, objects, text

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


class SecondRest(Dialect):
    """wc/v2 (WooCommerce 3.0; its documentation, not run): variations are `visible` or not, and have no status."""

    def one(self, path: str, answer: Any) -> Record | None:
        found = super().one(path, answer)
        return _with_status(path, found) if found is not None else None

    def many(self, path: str, answer: Any) -> list[Record] | None:
        found = super().many(path, answer)
        return [_with_status(path, each) for each in found] if found is not None else None


def _with_status(path: str, body: Record) -> Record:
    if "variations" not in path.split("/") or "visible" not in body or "status" in body:
        return body
    return {**body, "status": "publish" if body["visible"] else "private"}


class FirstRest(Dialect):
    """wc/v1 (WooCommerce 2.6; its documentation and source, not run): times without `_gmt`, variations inside their product.

    Its documentation says that times are the shop's own, its source writes them in UTC: a setting.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def params(self, path: str, params: Params) -> Params:
        """All fields: what is left out could not be translated."""
        return [pair for pair in params if pair[0] != "_fields"]

    def one(self, path: str, answer: Any) -> Record | None:
        found = super().one(path, answer)
        return self._translated(path, found) if found is not None else None

    def many(self, path: str, answer: Any) -> list[Record] | None:
        found = super().many(path, answer)
        return [self._translated(path, each) for each in found] if found is not None else None

    def _translated(self, path: str, body: Record) -> Record:
        kind = path.split("/")[0]
        if kind == "orders":
            return {**self._with_times(body), "number": text(body, "number") or text(body, "id")}
        if kind == "products" and "error" not in body:
            return self._product(body)
        return self._with_times(body)

    def _product(self, body: Record) -> Record:
        own = {key: value for key, value in self._with_times(body).items() if key != "variations"}
        if body.get("type") != "variable":
            return own
        return own | {VARIATIONS: [self._variation(each, body) for each in objects(body, "variations")]}

    def _variation(self, variation: Body, product: Body) -> Record:
        """It has no status of its own; hidden ones are not `visible`."""
        status = "private" if variation.get("visible") is False else text(product, "status") or "publish"
        return {**self._with_times(variation), "type": "variation", "parent_id": product.get("id"), "status": status}

    def _with_times(self, body: Body) -> Record:
        return {**body, **{f"{key}_gmt": self._utc(body.get(key)) for key in ("date_created", "date_modified")}}

    def _utc(self, value: Any) -> str | None:
        if not isinstance(value, str):
            return None
        try:
            found = datetime.fromisoformat(value)
            own = found.replace(tzinfo=self._zone) if found.tzinfo is None else found
            return own.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        except (ValueError, OverflowError):
            return None
