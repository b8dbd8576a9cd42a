"""Sends events to the addresses that connections give, signed after Standard Webhooks."""
