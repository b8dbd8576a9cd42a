"""Goods received on purchase orders: read from the WMS, kept, and acknowledged to it."""
