"""Webhooks: what they say, and how the shop's own list of them is kept."""
