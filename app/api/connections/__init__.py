"""Connections over the REST API."""
