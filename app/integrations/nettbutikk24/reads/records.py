"""A shop's rows as records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.domain import Process, SourceRecord
from app.integrations.nettbutikk24.mapping.members import article_key, product_key, shared_keys
from app.integrations.nettbutikk24.rest.values import moment_of, record_id


def key_of(process: Process, row: dict[str, Any]) -> str | None:
    """An order's number, a product's unique id; None for what is no record."""
    return record_id(row.get("order_no")) if process is Process.ORDERS else product_key(row)


def records_of(process: Process, rows: Sequence[dict[str, Any]], zone: str) -> list[SourceRecord]:
    """Those rows that have an id."""
    if process is Process.ARTICLES:
        shared = shared_keys(rows)
        keys = [article_key(row, shared) for row in rows]
    else:
        keys = [key_of(process, row) for row in rows]
    return [SourceRecord(process, key, moment_of(row, zone), row) for key, row in zip(keys, rows, strict=True) if key is not None]
