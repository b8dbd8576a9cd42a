"""How much of everything: a short form for `make test`, the full one for `make chaos`."""

from __future__ import annotations

import os

FULL = os.environ.get("GATEWAY_CHAOS") == "full"

ORDERS = 120 if FULL else 10
"""Orders of a busy day; each is announced twice."""
ROUNDS = 3 if FULL else 1
WORKERS = 2 if FULL else 1
LONGEST_TEST = 900 if FULL else 120
"""Seconds."""
