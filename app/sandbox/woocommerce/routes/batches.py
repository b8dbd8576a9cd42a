"""A batch makes, changes and deletes many records in one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.sandbox.woocommerce.http.rest import Answer, Call
from app.sandbox.woocommerce.wire import php
from app.sandbox.woocommerce.wire.errors import Invalid, RestError, invalid_params
from app.sandbox.woocommerce.wire.rules import check_names

Resource = dict[str, Any]

_BATCH_LIMIT = 100
_PARTS = ("create", "update", "delete")


def run_batch(
    call: Call,
    create: Callable[[Resource], Resource],
    change: Callable[[int, Resource], Resource],
    remove: Callable[[int], Resource],
) -> Answer:
    """Each item succeeds or fails by itself, in the order given, and the whole is answered 200. Values are cast, not checked
    (observed); with `strict` an unknown field name refuses the whole, before anything is done."""
    parts = {name: _batch_list(call.body[name], name) for name in _PARTS if call.body.get(name)}
    if sum(len(items) for items in parts.values()) > _BATCH_LIMIT:
        message = f"Unable to accept more than {_BATCH_LIMIT} items for this request."
        raise RestError(413, "woocommerce_rest_request_entity_too_large", message)
    strict = call.shop.config.strict
    for name in ("create", "update"):
        if name in parts:
            parts[name] = [check_names(call.items, item, f"{name}[{i}]", strict) for i, item in enumerate(parts[name])]
    done: dict[str, list[Resource]] = {}
    for name, items in parts.items():
        if name == "create":
            done[name] = [_tried(0, create, item) for item in items]
        elif name == "update":
            done[name] = [_tried_change(change, item) for item in items]
        else:
            done[name] = [_tried(php.to_int(item), remove, php.to_int(item)) for item in items]
    return Answer(done or [])


def _batch_list(items: Any, name: str) -> list[Any]:
    if not isinstance(items, list):
        raise invalid_params({name: Invalid("rest_invalid_type", f"{name} is not of type array.", {"param": name})})
    return items


def _tried(record_id: int, act: Callable[[Any], Resource], argument: Any) -> Resource:
    try:
        return act(argument)
    except RestError as refused:
        return {"id": record_id, "error": refused.body()}


def _tried_change(change: Callable[[int, Resource], Resource], item: Resource) -> Resource:
    record_id = php.to_int(item.get("id"))
    return _tried(record_id, lambda body: change(record_id, body), {name: value for name, value in item.items() if name != "id"})
