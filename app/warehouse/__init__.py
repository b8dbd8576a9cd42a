"""Ongoing WMS: the warehouse at the other end."""
