"""The files of an order: those that the WMS has, and one attached from an address or from what a person sends."""

from app.engine.operations.files.orders import MOST_BYTES, MOST_SENT, Attached, Given, attach, listed, one

__all__ = ["MOST_BYTES", "MOST_SENT", "Attached", "Given", "attach", "listed", "one"]
