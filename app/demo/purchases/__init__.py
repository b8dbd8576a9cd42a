"""Goods that are bought: put over the REST API, received by the warehouse."""
