"""Webhooks as they came in, and the dead letters: what became of each, and trying it again."""
