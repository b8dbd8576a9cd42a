"""Lanes and the queue: what waits, for how long, who works on it, and what keeps it from being done."""
