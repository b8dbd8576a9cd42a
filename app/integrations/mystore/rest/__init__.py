"""Calls to a shop, and its JSON:API documents."""
