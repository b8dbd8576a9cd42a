"""A strict simulator of Ongoing WMS, seen from a goods owner's REST API.

Articles with their stock, orders, return orders, purchase orders, code lists, and the warehouse's own webhooks. It takes what the
vendor's contract states and nothing else, keeps the rules that are documented or were observed, and has every assumption about
undocumented answers in `assumed.py`. What people do in the warehouse is done by methods of `Warehouse` or under
`/_sandbox`.
"""

from app.sandbox.ongoing.config import ReturnCause, TransporterContract, User, WarehouseConfig, Webhook
from app.sandbox.ongoing.http.application import create_warehouse
from app.sandbox.ongoing.model.fulfilment import Package
from app.sandbox.ongoing.model.warehouse import Warehouse
from app.sandbox.ongoing.model.webhook_outbox import Sent

__all__ = [
    "Package",
    "ReturnCause",
    "Sent",
    "TransporterContract",
    "User",
    "Warehouse",
    "WarehouseConfig",
    "Webhook",
    "create_warehouse",
]
