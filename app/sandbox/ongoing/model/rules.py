"""The warehouse's rules: it refuses some bodies although their fields and types are right."""

from __future__ import annotations

from collections import Counter

from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.bodies.articles import ArticleBody
from app.sandbox.ongoing.bodies.orders import OrderBody
from app.sandbox.ongoing.config import WarehouseConfig
from app.sandbox.ongoing.model.records import Order


def check_article(body: ArticleBody, config: WarehouseConfig) -> None:
    if config.refuse_wildcards:
        _check_number("articleNumber", body.article_number)
        structure = body.structure_definition
        for index, row in enumerate((structure.rows if structure else None) or []):
            _check_number(f"structureDefinition.rows[{index}].articleNumber", row.article_number)


def check_order(body: OrderBody, config: WarehouseConfig) -> None:
    """Duplicate row numbers, article numbers with wildcards, carriers and warehouses that are not set up."""
    lines = body.order_lines or []
    seen = Counter[str]()
    for index, line in enumerate(lines):
        seen[line.row_number] += 1
        if seen[line.row_number] > 1:
            raise assumed.row_number_twice(f"orderLines[{index}].rowNumber", line.row_number)
        if config.refuse_wildcards:
            _check_number(f"orderLines[{index}].articleNumber", line.article_number)
    if body.transporter is not None:
        check_transporter("transporter", body.transporter.transporter_code, body.transporter.transporter_service_code, config)
    if body.return_transporter is not None:
        given = body.return_transporter
        check_transporter("returnTransporter", given.transporter_code, given.transporter_service_code, config)
    if body.warehouse_id is not None and config.building(body.warehouse_id) is None:
        raise assumed.unknown_warehouse(body.warehouse_id)


def check_changeable(order: Order, config: WarehouseConfig) -> None:
    """Refuses once the warehouse has started. Whether the order is cancelled is asked before: the words differ."""
    if order.status >= config.edit_blocked_from:
        raise assumed.order_started(order.number, order.status, dict(config.statuses).get(order.status, ""))


def _check_number(place: str, number: str) -> None:
    if any(character in assumed.WILDCARDS for character in number):
        raise assumed.wildcard_in_number(place, number)


def check_transporter(place: str, code: str | None, service: str | None, config: WarehouseConfig) -> None:
    if code is None and service is None:
        return
    for contract in config.transporter_contracts:
        if contract[0] == code and service in (None, contract[1]):
            return
    raise assumed.unknown_transporter(place, code, service)
