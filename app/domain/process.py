"""Which exchanges there are, in which direction, and what kinds of record they carry."""

from __future__ import annotations

from enum import StrEnum


class Process(StrEnum):
    """One kind of exchange, in one direction."""

    SUPPLIERS = "suppliers"
    """Kept by the gateway, and sent along with what names them."""
    ARTICLES = "articles"
    ORDERS = "orders"
    STOCK = "stock"
    SHIPMENTS = "shipments"
    RETURNS = "returns"
    ACKNOWLEDGEMENTS = "acknowledgements"
    """What the shop was told of shipments and returns, confirmed to the WMS. Goes with those two, and has no switch of its
    own."""
    RETURN_ORDERS = "return-orders"
    """Returns that a caller announces, into the WMS. Goes with returns, and has no switch of its own."""
    NOTES = "notes"
    """Notes in the shop about orders that are held. Has a setting of its own."""
    PURCHASE_ORDERS = "purchase-orders"
    """Put by a caller of our REST API, whichever ERP it is. Not polled."""
    RECEIPTS = "receipts"
    """Goods received on purchase orders, for callers of our REST API and their addresses. Nothing goes to the outside system."""
    IMPORT_STATUS = "import-status"
    """The status of an order in the outside system, when it has come into the WMS. Follows each transfer, and is not polled."""

    @property
    def switch(self) -> str:
        """The name of its setting."""
        return self.value.replace("-", "_")


INBOUND = (Process.SUPPLIERS, Process.ARTICLES, Process.ORDERS)
"""From the external system to the WMS, in the order in which one needs the other."""
TO_WAREHOUSE = (*INBOUND, Process.PURCHASE_ORDERS)
"""Whose jobs write a record to the WMS: read from the external system, or given by a caller."""
OUTBOUND = (Process.STOCK, Process.SHIPMENTS, Process.RETURNS)
"""From the WMS to the external system."""
POLLED = (*INBOUND, *OUTBOUND, Process.RECEIPTS)
"""What is read on a schedule, and can be switched on and off."""
SWITCHED = (*POLLED, Process.PURCHASE_ORDERS, Process.IMPORT_STATUS)
"""What can be switched on and off."""


class OutgoingType(StrEnum):
    """What the address that a connection gives for events can be told of."""

    RECEIPT_CREATED = "receipt.created"
    """Goods of a purchase order were received."""
    RETURN_RECEIVED = "return.received"
    """Goods came back."""
    STOCK_ADJUSTED = "stock.adjusted"
    """The warehouse has corrected its stock: counted, found, scrapped."""
    SHIPMENT_SHORT = "shipment.short"
    """Fewer pieces were sent than were ordered."""
    TEST = "test"
    """Somebody asked for it, to see whether the address takes events. It is always sent."""


CALLER = "caller's system"
"""What people call the system that a record of `Process.PURCHASE_ORDERS` comes from."""


class Kind(StrEnum):
    """What a mapping links."""

    ARTICLE = "article"
    ORDER = "order"
    SUPPLIER = "supplier"
    PURCHASE = "purchase"
    """A purchase order."""
