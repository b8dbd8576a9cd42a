"""Goods received on purchase orders: what came in, and what the WMS was told that we have it."""
