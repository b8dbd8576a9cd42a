"""Reconcile and backfill over the REST API."""
