"""Compares shop and warehouse, order by order and article by article. Reads both sides and writes to neither."""
