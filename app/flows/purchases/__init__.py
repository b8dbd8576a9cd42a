"""Goods that come in: purchase orders into the warehouse."""
