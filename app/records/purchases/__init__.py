"""Whom goods are bought from."""
