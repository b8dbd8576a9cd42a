"""Returns as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.records.returned.keeping import Refund, shown_line
from app.records.returned.listing import Listed, ReturnState, ReturnWay
from app.warehouse.reads.returns import ReturnCause

_RETURN: dict[str, Any] = {
    "id": 31,
    "connection": "nettbutikk",
    "way": "return-order",
    "number": "R-10045-1",
    "state": "returned",
    "reason_code": None,
    "reason": None,
    "mapping_id": 412,
    "order": {"id": "10045", "number": "10045", "wms_number": "10045"},
    "announced": {
        "lines": [{"line": "889", "quantity": 1, "cause": {"code": "SIZE", "name": "Wrong size"}, "comment": "For liten"}],
        "comment": None,
        "expected_on": "2027-02-10",
        "waybills": ["70300000000000002"],
        "sent_at": "2027-02-03T09:30:00Z",
        "withdrawn_at": None,
    },
    "returned_at": "2027-02-09T12:04:11Z",
    "lines": [
        {
            "line": "889", "article_number": "TEE-NAVY-M", "quantity": 1.0, "scrapped": 0.0,
            "items": [
                {
                    "quantity": 1.0, "returned_at": "2027-02-09T12:04:11Z", "cause": {"code": "SIZE", "name": "Wrong size"},
                    "condition": None, "is_scrapped": False, "batch": None, "serial": None,
                }
            ],
        }
    ],
    "refund": "refunded",
    "created_at": "2027-02-03T09:29:58Z",
    "updated_at": "2027-02-09T12:05:02Z",
}  # fmt: skip
_CAUSE: dict[str, Any] = {
    "code": "SIZE",
    "name": "Wrong size",
    "is_scrapping": False,
    "is_exchange": False,
    "needs_comment": False,
}


class CodeView(BaseModel):
    """A code of the warehouse, with its name."""

    code: str
    name: str


class AnnouncedLine(BaseModel):
    """One line as it was announced."""

    line: str
    quantity: float
    cause: CodeView | None
    comment: str | None


class AnnouncedView(BaseModel):
    """What a caller has announced, and when the WMS got it."""

    lines: list[AnnouncedLine]
    comment: str | None
    expected_on: str | None
    waybills: list[str]
    sent_at: datetime | None = Field(description="When the WMS got it as it is announced now. Null: not yet.")
    withdrawn_at: datetime | None


class ItemView(BaseModel):
    """Pieces that came back together."""

    quantity: float
    returned_at: datetime | None
    cause: CodeView | None = Field(description="Why, in the warehouse's codes.")
    condition: CodeView | None = Field(description="In what condition: the status that the warehouse has given them.")
    is_scrapped: bool | None = Field(description="Whether they were taken out of stock again. Null: the WMS does not say.")
    batch: str | None
    serial: str | None


class LineView(BaseModel):
    """What came back of one line of the order. `line` null: it belongs to no line of it."""

    line: str | None
    article_number: str
    quantity: float = Field(description="Pieces in total. What stands on a return order and on the order is counted once.")
    scrapped: float | None = Field(description="Of these, pieces that are not in stock again. Null: not known.")
    items: list[ItemView]


class OrderOfReturn(BaseModel):
    """The order that the goods were sold with."""

    id: str | None
    number: str | None
    wms_number: str | None


class ReturnView(BaseModel):
    """One return: a return order, a purchase order marked as a return, or what stands on an order itself."""

    model_config = ConfigDict(json_schema_extra={"example": _RETURN})

    id: int
    connection: str
    way: ReturnWay
    number: str = Field(description="Of the return; of the order in the WMS for what stands on the order itself.")
    state: ReturnState = Field(
        description=(
            "waiting: on its way to the WMS. held: nothing of a line was picked yet, or it cannot be. failed: it was refused. "
            "announced: the WMS has it. withdrawn. returned: something came back."
        )
    )
    reason_code: str | None
    reason: str | None
    mapping_id: int | None = Field(description="The order's record: GET /mappings/{mapping_id}. Null: it names no order.")
    order: OrderOfReturn
    announced: AnnouncedView | None
    returned_at: datetime | None
    lines: list[LineView]
    refund: Refund = Field(
        description=(
            "none: nothing came back. waiting. refunded. by-hand: the system makes no refunds, or the return names no order. "
            "held: the order's record says why. settled: a person has dealt with it."
        )
    )
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, listed: Listed) -> ReturnView:
        record = listed.record
        return cls.model_validate(
            {
                "id": record.id,
                "connection": listed.connection,
                "way": record.way,
                "number": record.number,
                "state": listed.state,
                "reason_code": listed.code,
                "reason": listed.reason,
                "mapping_id": record.mapping_id,
                "order": {"id": listed.order_id, "number": listed.source_number, "wms_number": record.order_number},
                "announced": _announced(listed),
                "returned_at": record.returned_at,
                "lines": [shown_line(each) for each in record.lines or ()],
                "refund": record.refund,
                "created_at": record.created_at,
                "updated_at": record.updated_at,
            }
        )


def _announced(listed: Listed) -> dict[str, Any] | None:
    record = listed.record
    if record.announced is None:
        return None
    content = {"expected_on" if name == "in_date" else name: value for name, value in record.announced.items()}
    return {**content, "sent_at": record.sent_at, "withdrawn_at": record.withdrawn_at}


class CauseView(BaseModel):
    """Why goods may come back, as the warehouse lists it."""

    model_config = ConfigDict(json_schema_extra={"example": _CAUSE})

    code: str
    name: str
    is_scrapping: bool = Field(description="What comes back for it is taken out of stock again.")
    is_exchange: bool = Field(description="The goods are exchanged.")
    needs_comment: bool

    @classmethod
    def of(cls, cause: ReturnCause) -> CauseView:
        return cls.model_validate(cause, from_attributes=True)


class CausesView(BaseModel):
    """The warehouse's list, at most five minutes old."""

    items: list[CauseView]
