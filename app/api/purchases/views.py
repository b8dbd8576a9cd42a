"""Purchase orders as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.api.purchases.bodies import BODY_EXAMPLE, PurchaseOrderBody
from app.records.purchases.orders import Listed, PurchaseState

_LISTED: dict[str, Any] = {
    "id": 412,
    "connection": "nettbutikk",
    "number": "PO-310",
    "state": "transferred",
    "is_cancelled": False,
    "reason_code": None,
    "reason": None,
    "warehouse": {
        "id": 70001, "status": 100, "status_text": "Notified", "read_at": "2027-03-01T09:30:00Z",
        "sent_at": "2027-03-01T09:30:00Z",
    },
    "created_at": "2027-03-01T09:29:59Z",
    "updated_at": "2027-03-01T09:30:00Z",
}  # fmt: skip


class PurchaseInWarehouse(BaseModel):
    """The purchase order in the WMS, as it was last read there."""

    id: int | None = Field(description="The WMS's own id.")
    status: int | None
    status_text: str | None
    read_at: datetime | None
    sent_at: datetime | None


class PurchaseOrderView(BaseModel):
    """One purchase order, and how far it has come."""

    model_config = ConfigDict(json_schema_extra={"example": _LISTED})

    id: int = Field(description="The gateway's own id: GET /mappings/{id} explains the record.")
    connection: str
    number: str
    state: PurchaseState = Field(
        description=(
            "waiting: for its turn or another try. transferred. held: `reason` says for what. refused: the WMS said no, or it "
            "was given up; it is a dead letter. cancelled. resolved: settled by an operator before it was sent."
        )
    )
    is_cancelled: bool = Field(description="Whether you have taken it back. It is so in the warehouse when `state` is cancelled.")
    reason_code: str | None
    reason: str | None
    warehouse: PurchaseInWarehouse
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, listed: Listed, connection: str, **more: Any) -> Any:
        mapping, state = listed.mapping, listed.state
        is_told = state is not PurchaseState.TRANSFERRED
        return cls(
            id=mapping.id,
            connection=connection,
            number=listed.job.source_id,
            state=state,
            is_cancelled=listed.is_cancelled,
            reason_code=listed.reason_code if is_told else None,
            reason=listed.reason if is_told else None,
            warehouse=PurchaseInWarehouse(
                id=mapping.wms_id,
                status=mapping.warehouse_status,
                status_text=mapping.warehouse_status_text,
                read_at=mapping.warehouse_read_at,
                sent_at=mapping.sent_at,
            ),
            created_at=mapping.created_at,
            updated_at=max(mapping.updated_at, listed.job.updated_at),
            **more,
        )


class PurchaseOrderDetail(PurchaseOrderView):
    """One purchase order with its content."""

    model_config = ConfigDict(json_schema_extra={"example": {**_LISTED, "content": BODY_EXAMPLE}})

    content: PurchaseOrderBody | None = Field(description="What was put last. Null when a person's data in it was erased.")


class PutPurchaseOrder(PurchaseOrderDetail):
    """What is stored now."""

    model_config = ConfigDict(
        json_schema_extra={"example": {**_LISTED, "state": "waiting", "content": BODY_EXAMPLE, "verdict": "queued"}}
    )

    verdict: str = Field(
        description="queued: it is sent when its turn comes. unchanged: it was stored like that; nothing is done."
    )
