"""The pick-up point that a customer chose, as carriers' checkouts write it: a code, or an object (also as JSON text)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.domain import Order
from app.integrations.protocol.carriers import PickUpPoints
from app.json_reading import as_text, text, unescaped

CODE = re.compile(r"[\w-]{1,50}")
"""What can be the code of a pick-up point: a word of its own (upstream: `servicePointCode` takes 50 characters)."""
_CODES = ("id", "servicePointId", "service_point_id", "servicepoint_id", "pickup_point_id", "agent_no", "number", "code")
_NAMES = ("name", "servicePointName", "company", "agent_name")
_INSIDE = ("selected_shipping_option", "delivery_details", "pickup_location", "servicePoint", "pickup_point")
"""Where an object has the point in another one."""


_HOURS = re.compile(r"<span class=\"opening-hours\"", re.IGNORECASE)
_LINE_END = re.compile(r"<br\s*/?>|</p>|\n", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
MOST_LOOKED_AT = 2_000
"""Characters of a text that is no code: no pick-up point has a longer name, and its customer may have written it."""


@dataclass(frozen=True)
class PickUpPoint:
    """`code` is the carrier's own. Empty text: not given."""

    code: str = ""
    name: str = ""

    @property
    def words(self) -> str:
        """For the carrier to read: name and code."""
        return f"{self.name} ({self.code})" if self.name and self.code else self.name or self.code


def read_pick_up_point(value: Any) -> PickUpPoint | None:
    """None when there is none in it. A text that is no code is a name: it is not made into a code."""
    given = _opened(value)
    if isinstance(given, Mapping):
        return _of_object(given)
    words = as_text(given).strip()
    if not words or words in ("0", "[]", "{}"):
        return None
    return PickUpPoint(code=words) if CODE.fullmatch(words) else PickUpPoint(name=_said(words))


def _said(words: str) -> str:
    """The text of what may be HTML, without the opening hours below it."""
    shown = _HOURS.split(words[:MOST_LOOKED_AT], maxsplit=1)[0]
    lines = (unescaped(_TAG.sub("", line)).strip() for line in _LINE_END.split(shown))
    return ", ".join(line for line in lines if line)


def _opened(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _of_object(given: Mapping[str, Any]) -> PickUpPoint | None:
    for inner in _INSIDE:
        if isinstance(given.get(inner), Mapping):
            return _of_object(given[inner])
    code = next((found for key in _CODES if (found := as_text(given.get(key)).strip())), "")
    name = next((unescaped(found) for key in _NAMES if (found := text(given, key).strip())), "")
    if not CODE.fullmatch(code):
        name, code = name or code, ""
    return PickUpPoint(code, name) if code or name else None


def with_pick_up_point(order: Order, point: PickUpPoint | None, where: PickUpPoints) -> Order:
    """The order with its pick-up point where the connection wants it. What the order says to its carrier already stays."""
    if point is None or where is PickUpPoints.NONE:
        return order
    is_told = where is not PickUpPoints.CODE or not point.code
    return replace(
        order,
        service_point="" if where is PickUpPoints.INSTRUCTION else point.code,
        delivery_instruction=order.delivery_instruction or (point.words if is_told else ""),
    )
