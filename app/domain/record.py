"""Records in transit: what was read from a source, what every mapped record can say, and how mapped content is stored and
compared.

A new kind of record is a class that is a `Record`, and one entry in `RECORD_TYPES`.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

import orjson
from pydantic import TypeAdapter

from app.domain.article import Article
from app.domain.order import Order
from app.domain.problem import Problem
from app.domain.process import Kind, Process
from app.domain.purchase_order import PurchaseOrder
from app.domain.supplier import Supplier

SCHEMA_VERSION = 1
"""Of the payloads below. Raise it when a field of a record changes its meaning; stored payloads are then rebuilt."""


@dataclass(frozen=True)
class SourceRecord:
    """One record as the outside system gave it, before mapping.

    `body` is the resource itself, plus what the integration added by reading (under keys that start with `_gateway_`), so that
    it can be mapped again later without another read. `modified_at` is UTC, whole seconds where the source has no more.
    """

    process: Process
    source_id: str
    modified_at: datetime | None
    body: dict[str, Any]


class Record(Protocol):
    """What the gateway asks of every mapped record, whatever its kind. A frozen dataclass."""

    kind: ClassVar[Kind]

    @property
    def source_id(self) -> str: ...

    @property
    def number(self) -> str | None:
        """The number in the WMS; None when the source has none."""
        ...

    @property
    def source_number(self) -> str | None:
        """The number in the source."""
        ...

    @property
    def parent_id(self) -> str | None:
        """The source's id of the record that this one is part of."""
        ...

    @property
    def status(self) -> str:
        """As the source says."""
        ...

    @property
    def created_at(self) -> datetime | None:
        """When it was made (UTC), where that decides whether it is transferred at all."""
        ...

    @property
    def modified_at(self) -> datetime | None: ...

    @property
    def wanted(self) -> bool:
        """Whether it is to be in the warehouse as it is now."""
        ...

    @property
    def is_withdrawn(self) -> bool:
        """Whether it is not to be in the warehouse any more. What waits is neither wanted nor withdrawn."""
        ...

    @property
    def priority(self) -> int:
        """Its place among what waits in a lane: 0 a cancellation, 1 an order, 2 an article."""
        ...

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Whatever keeps it from being sent."""
        ...


RECORD_TYPES: dict[Process, type[Record]] = {
    Process.SUPPLIERS: Supplier,
    Process.ARTICLES: Article,
    Process.ORDERS: Order,
    Process.PURCHASE_ORDERS: PurchaseOrder,
}
"""The kinds of record that there are, by the process that carries them."""


def kind_of(process: Process) -> Kind:
    """What a mapping of this process links."""
    return RECORD_TYPES[process].kind


def process_of(kind: Kind) -> Process:
    """The process that carries records of this kind."""
    return next(process for process, model in RECORD_TYPES.items() if model.kind == kind)


@functools.cache
def _adapter(model: type[Record]) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def to_payload(record: Record) -> dict[str, Any]:
    """The record as plain JSON types (decimals and times as text)."""
    payload: dict[str, Any] = _adapter(type(record)).dump_python(record, mode="json")
    return payload


def from_payload(process: Process, payload: dict[str, Any]) -> Record:
    """The inverse of `to_payload`."""
    record: Record = _adapter(RECORD_TYPES[process]).validate_python(payload)
    return record


def content_hash(record: Record) -> str:
    """SHA-256 over the mapped content; when it was modified is not content."""
    return payload_hash(to_payload(record))


_LATER = (
    *("has_variations", "own_number", "supplier_id", "supplier"),
    *("return_transporter", "by_weight", "service_point", "delivery_instruction", "asks_for_customs"),
    *("package_barcode", "more_barcodes", "picture", "parts", "lacks_barcode", "said"),
)
"""Fields of a later version. They count only where they say something: what was stored before is not new."""
_LATER_OF_LINES = ("extra",)
"""The same of an order's lines."""


def payload_hash(payload: Mapping[str, Any]) -> str:
    """The same of a payload that is there already."""
    content = {key: value for key, value in payload.items() if key != "modified_at" and (value or key not in _LATER)}
    if "lines" in content:
        content["lines"] = [
            {key: value for key, value in line.items() if value or key not in _LATER_OF_LINES} for line in content["lines"]
        ]
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
