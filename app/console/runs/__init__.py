"""Runs: syncs and polls with their progress, what they came to, and the brake's question; and a new sync."""
