"""What a PATCH may say: each member, and how its value is read. Whatever is wrong is refused with 400."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import orjson

from app.sandbox.nettbutikk24.config import NettbutikkConfig, Taken
from app.sandbox.nettbutikk24.wire.refusals import bad_arguments
from app.sandbox.nettbutikk24.wire.values import decimal, on_day

Read = Callable[[Any, NettbutikkConfig], Any]
"""Raises ValueError for a wrong value."""


def read_order(raw: bytes, config: NettbutikkConfig) -> dict[str, Any]:
    """The members of an order that were sent and are taken. Raises Refused."""
    return _read(raw, ORDER, config.order_takes, config.order_ignores, config)


def read_line(raw: bytes, config: NettbutikkConfig) -> dict[str, Any]:
    """The same for a line of an order. Raises Refused."""
    return _read(raw, LINE, config.line_takes, config.line_ignores, config)


def read_product(raw: bytes, config: NettbutikkConfig) -> dict[str, Any]:
    """Of a product nothing but `stock` is taken. Raises Refused."""
    return _read(raw, PRODUCT, PRODUCT, (), config)


def _read(
    raw: bytes, readers: Mapping[str, Read], takes: Collection[str], ignores: Collection[str], config: NettbutikkConfig
) -> dict[str, Any]:
    try:
        body = orjson.loads(raw)
        if not isinstance(body, dict) or not body:
            raise ValueError("not an object with members")
        if unknown := set(body) - {*takes, *ignores}:
            raise ValueError(f"unknown: {sorted(unknown)}")
        return {name: readers[name](value, config) for name, value in body.items() if name in takes}
    except ValueError as error:
        raise bad_arguments() from error


def _text(value: Any, config: NettbutikkConfig) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("must be a text")
    return value or None


def _status(value: Any, config: NettbutikkConfig) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text")
    if config.unknown_status == "refused" and value not in config.statuses:
        raise ValueError("must be one of the shop's statuses")
    return value


def _tracking(value: Any, config: NettbutikkConfig) -> str | None:
    text = _text(value, config)
    if text is not None and len(text) > config.tracking_length:
        raise ValueError("is too long")
    return text


def _day(value: Any, config: NettbutikkConfig) -> str | None:
    text = _text(value, config)
    return None if text is None else on_day(text)


def _flag(value: Any, taken: Taken) -> bool:
    text = _number_text(value, taken)
    if text not in ("0", "1"):
        raise ValueError("must be 0 or 1")
    return text == "1"


def _quantity(value: Any, config: NettbutikkConfig) -> Any:
    number = decimal(_number_text(value, config.quantity_taken))
    if number < 0:
        raise ValueError("must be at least 0")
    return number


def _stock(value: Any, config: NettbutikkConfig) -> int:
    text = _number_text(value, config.stock_taken)
    if not text.removeprefix("-").isdigit() or (config.strict and text.startswith("-")):
        raise ValueError("must be a whole number, and not negative")
    return int(text)


def _number_text(value: Any, taken: Taken) -> str:
    """The number as a text, if it was written as it must be. A boolean is none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (isinstance(value, str) and taken != "number") and not (is_number and taken != "text"):
        raise ValueError("is written in another way")
    return str(value)


ORDER: Mapping[str, Read] = {
    "status": _status,
    "tracking_number": _tracking,
    "rest": lambda value, config: _flag(value, config.rest_taken),
    "sent_date": _day,
}
LINE: Mapping[str, Read] = {
    "sent": lambda value, config: _flag(value, config.sent_taken),
    "sent_date": _day,
    "extra_field": _text,
    "quantity_sent": _quantity,
    "tracking_number": _tracking,
}
PRODUCT: Mapping[str, Read] = {"stock": _stock}
