"""A strict simulator of Ongoing WMS, seen from a goods owner's REST API.

Articles with their stock, orders, return orders, purchase orders, code lists, and the warehouse's own webhooks. It takes what the
vendor's contract states and nothing else, and keeps the rules that are documented or were observed. `assumed.py` has every
assumption about undocumented answers. Methods of `Warehouse`, and routes under `/_sandbox`, do what people in a warehouse do.

`bodies`: what the calls take. `model`: what the warehouse keeps, and its rules. `answers`: how the records read back. `http`: the
calls.
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
