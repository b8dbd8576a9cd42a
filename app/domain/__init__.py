"""What the gateway speaks of, without any system's wire format. Pure, frozen, no I/O."""

from app.domain.article import Article, BarCode, Category, Part
from app.domain.order import (
    Address,
    ByWeight,
    Coded,
    Notification,
    Order,
    OrderLine,
    Refunded,
    ShopState,
    Transporter,
)
from app.domain.problem import Problem
from app.domain.process import INBOUND, OUTBOUND, POLLED, SWITCHED, TO_WAREHOUSE, Kind, OutgoingType, Process
from app.domain.purchase_order import PurchaseLine, PurchaseOrder
from app.domain.record import Record, SourceRecord, content_hash, from_payload, to_payload
from app.domain.right import Right
from app.domain.states import EventState, JobState, PartState, RunState
from app.domain.supplier import Supplier
from app.domain.warehouse_state import WarehouseState

__all__ = [
    "INBOUND",
    "OUTBOUND",
    "POLLED",
    "SWITCHED",
    "TO_WAREHOUSE",
    "Address",
    "Article",
    "BarCode",
    "ByWeight",
    "Category",
    "Coded",
    "EventState",
    "JobState",
    "Kind",
    "Notification",
    "Order",
    "OrderLine",
    "OutgoingType",
    "Part",
    "PartState",
    "Problem",
    "Process",
    "PurchaseLine",
    "PurchaseOrder",
    "Record",
    "Refunded",
    "Right",
    "RunState",
    "ShopState",
    "SourceRecord",
    "Supplier",
    "Transporter",
    "WarehouseState",
    "content_hash",
    "from_payload",
    "to_payload",
]
