"""Goods that come in: purchase orders and return orders."""
