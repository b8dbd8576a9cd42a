"""A shop's rows as records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from app.domain import Process, SourceRecord
from app.integrations.nettbutikk24.mapping.members import SHARED, product_key
from app.integrations.nettbutikk24.rest.values import moment_of, record_id


def key_of(process: Process, row: dict[str, Any]) -> str | None:
    """An order's number, a product's unique id; None for what is no record."""
    return record_id(row.get("order_no")) if process is Process.ORDERS else product_key(row)


def records_of(process: Process, rows: Sequence[dict[str, Any]], zone: str) -> list[SourceRecord]:
    """Those rows that have an id. Rows of products that share one are marked: they cannot be told apart."""
    keys = [key_of(process, row) for row in rows]
    shared = {key for key, count in Counter(keys).items() if count > 1} if process is Process.ARTICLES else frozenset[str]()
    return [
        SourceRecord(process, key, moment_of(row, zone), {**row, SHARED: True} if key in shared else row)
        for key, row in zip(keys, rows, strict=True)
        if key is not None
    ]
