"""What a dry run shows: what would be written, field by field, beside what was sent last. It writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Article, Order, Record, ShopState, SourceRecord, Supplier, content_hash
from app.domain.problem import with_what_lifts
from app.domain.record import kind_of
from app.engine.jobs.changes import may_be_there, why_left_out, why_skipped
from app.flows.articles import PUT_ARTICLE
from app.flows.orders import PUT_ORDER
from app.flows.outcomes import explained
from app.flows.part_refunds import to_be_decided
from app.records import mappings
from app.records.connections import Connection
from app.records.mappings import Mapping
from app.records.purchases import suppliers
from app.storage.tables import attempts
from app.warehouse.adopted import adopted_rows, in_their_rows
from app.warehouse.writes.fields import Body, article_body, order_body
from app.warehouse.writes.problems import article_problems, order_problems

BY_WEIGHT = ("transporter.", "returnTransporter.")
"""What the order's weight decides, which only the warehouse knows."""
MOST_SHOWN = 100
"""The most records shown field by field; the counts cover all."""


@dataclass(frozen=True)
class Entry:
    """One record of a dry run. `outcome` as in a run's counts; `shown` is what people see."""

    outcome: str
    code: str
    shown: dict[str, Any]


async def of(db: AsyncConnection, connection: Connection, record: SourceRecord, mapped: Record) -> Entry:
    """Says what would be done about the record, as far as can be told without asking the warehouse."""
    mapping = await mappings.by_source(db, connection.id, kind_of(record.process), record.source_id)
    if isinstance(mapped, Article):
        mapped = await suppliers.put_in(db, connection, mapped)
    outcome, code, why, body = _decide(connection, mapped, mapping)
    fields: list[dict[str, Any]] = []
    if body is not None:
        before = await _sent_before(db, mapping, PUT_ORDER if isinstance(mapped, Order) else PUT_ARTICLE)
        fields = list(_changes(before, body.json))
    if isinstance(mapped, Order) and mapped.by_weight:
        fields = [each for each in fields if not each["field"].startswith(BY_WEIGHT)]
        outcome = "unchanged" if outcome == "updated" and not fields else outcome
    shown = {
        "record": record.source_id,
        "number": mapped.number,
        "outcome": outcome,
        "code": code or None,
        "reason": with_what_lifts(why, code, connection.system.noun) or None,
        "fields": fields,
    }
    return Entry(outcome, code, shown)


def _decide(connection: Connection, mapped: Record, mapping: Mapping | None) -> tuple[str, str, str, Body | None]:
    there = mapping is not None and mapping.wms_id is not None
    match mapped:
        case Order():
            return _decide_order(connection, mapped, mapping, there)
        case Article():
            return _decide_article(connection, mapped, mapping, there)
        case Supplier():
            return _decide_supplier(mapped, mapping)
    raise TypeError(f"the WMS is sent no {mapped.kind}")


def _decide_article(
    connection: Connection, article: Article, mapping: Mapping | None, there: bool
) -> tuple[str, str, str, Body | None]:
    if there and not article.wanted:
        return "unchanged", "", "", None
    left_out = _left_out(connection, article, mapping)
    if left_out is not None:
        return "skipped", *left_out, None
    problems = (*article.problems, *article_problems(article, connection.settings.warehouse, connection.system.noun))
    if problems:
        return "skipped", problems[0].code, explained(problems[0]), None
    body = article_body(article, connection.warehouse.goods_owner_id, connection.settings.warehouse)
    return _by_content(body, mapping, there)


def _decide_supplier(supplier: Supplier, mapping: Mapping | None) -> tuple[str, str, str, Body | None]:
    """It is kept by the gateway: nothing is written."""
    if supplier.problems:
        return "skipped", supplier.problems[0].code, explained(supplier.problems[0]), None
    before = mapping.sent_hash if mapping is not None else None
    if before == content_hash(supplier):
        return "unchanged", "", "", None
    return ("created" if before is None else "updated"), "", "", None


def _decide_order(
    connection: Connection, order: Order, mapping: Mapping | None, there: bool
) -> tuple[str, str, str, Body | None]:
    settings = connection.settings
    if there and order.state is not ShopState.WANTED:
        is_cancelled = order.is_withdrawn and mapping is not None and mapping.wanted == "present"
        why = f"The {connection.system.noun}'s status is {order.status!r}"
        return ("cancelled", "cancelled", why, None) if is_cancelled else ("unchanged", "", "", None)
    left_out = _left_out(connection, order, mapping)
    if left_out is not None:
        return "skipped", *left_out, None
    problems = (*order.problems, *order_problems(order, settings.warehouse, connection.system.noun))
    if problems:
        return "held", problems[0].code, explained(problems[0]), None
    if mapping is not None and mapping.adopted is not None:
        order = in_their_rows(replace(order, number=mapping.number or order.number), adopted_rows(mapping.adopted))
    body = order_body(order, connection.warehouse.goods_owner_id, settings.warehouse)
    if order.asks_about_refunds and (mapping is None or mapping.sent_hash != body.hash):
        problem = to_be_decided(order, connection.system.noun)
        return "held", problem.code, explained(problem), None
    return _by_content(body, mapping, there)


def _left_out(connection: Connection, mapped: Record, mapping: Mapping | None) -> tuple[str, str] | None:
    """As enqueuing has it; and what is held or refused, and not wanted any more, is left out by its own flow."""
    left_out = why_left_out(mapped, connection) if mapping is None else why_skipped(mapping, mapped, connection)
    may_come = mapped.wanted or (mapping is not None and may_be_there(mapping))
    return left_out or (None if may_come else why_left_out(mapped, connection))


def _by_content(body: Body, mapping: Mapping | None, there: bool) -> tuple[str, str, str, Body | None]:
    if mapping is not None and mapping.sent_hash == body.hash and mapping.unsettled_attempt_id is None:
        return "unchanged", "", "", None
    return ("updated" if there else "created"), "", "", body


async def _sent_before(db: AsyncConnection, mapping: Mapping | None, call: str) -> dict[str, Any]:
    if mapping is None:
        return {}
    query = (
        select(attempts.c.request)
        .where(attempts.c.mapping_id == mapping.id, attempts.c.call == call, attempts.c.result == "ok")
        .order_by(attempts.c.id.desc())
        .limit(1)
    )
    return await db.scalar(query) or {}


def _changes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[dict[str, Any]]:
    old, new = dict(leaves(before)), dict(leaves(after))
    for path in [*new, *(path for path in old if path not in new)]:
        if old.get(path) != new.get(path):
            yield {"field": path, "before": old.get(path), "after": new.get(path)}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yields (dotted path, value) for every value that is not nested any further."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    else:
        yield path, value
