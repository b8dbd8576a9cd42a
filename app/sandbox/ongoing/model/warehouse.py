"""The simulated warehouse: articles and orders, how they are handled, and its return orders and purchase orders."""

from __future__ import annotations

from app.sandbox.ongoing.config import WarehouseConfig
from app.sandbox.ongoing.model.handling import Handling
from app.sandbox.ongoing.model.inbound.purchase_orders import PurchaseOrders
from app.sandbox.ongoing.model.inbound.return_orders import ReturnOrders
from app.sandbox.ongoing.model.store import Clock, utc_now

__all__ = ["Clock", "Warehouse", "utc_now"]


class Warehouse(Handling):
    """Everything that the REST API, the tests and the sandbox's own routes act on."""

    def __init__(self, config: WarehouseConfig, clock: Clock = utc_now) -> None:
        super().__init__(config, clock)
        self.returns = ReturnOrders(self)
        self.purchases = PurchaseOrders(self)
