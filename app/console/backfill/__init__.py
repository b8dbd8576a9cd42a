"""Backfill: preview a shop's history, transfer it, pause it and stop it."""
