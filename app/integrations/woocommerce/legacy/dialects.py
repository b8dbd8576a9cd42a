"""The dialects of older REST APIs, and which of them a shop speaks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.integrations.woocommerce.legacy.answers import Legacy, from_webhook
from app.integrations.woocommerce.rest.dialect import VARIATIONS, Dialect, Params, Record
from app.integrations.woocommerce.rest.resources import written
from app.integrations.woocommerce.rest.versions import Version
from app.integrations.woocommerce.settings import WooCommerceSettings
from app.json_reading import Body, objects, text


def dialect_of(version: Version, settings: WooCommerceSettings) -> Dialect:
    """The one place that chooses between today's API and the older ones."""
    if version.name == "wc/v3":
        return Dialect()
    if version.name == "wc/v2":
        return SecondRest()
    return Legacy() if version.is_legacy else FirstRest(ZoneInfo(settings.wc_v1_time_zone))


def delivered(content: Record) -> Record:
    """The record in a webhook's body as wc/v3 has it. The body itself tells which API it is written in."""
    return from_webhook(content) or content


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
            return written(own)
        except (ValueError, OverflowError):
            return None
