"""How much of everything: a short form for `make test`, the full one for `make chaos ARGS=--crashes`, one between for its table.

The table needs every fault on both databases, and not many orders each.
"""

from __future__ import annotations

import os

SIZE = os.environ.get("GATEWAY_CHAOS", "short")
FULL = SIZE in ("full", "table")
"""Both databases, and every failpoint alone."""

ORDERS = {"full": 70, "table": 8}.get(SIZE, 6)
"""Orders of a busy day; each is announced twice."""
ROUNDS = 3 if SIZE == "full" else 1
WORKERS = 2 if FULL else 1
LONGEST_WAIT = 300.0 if FULL else 60.0
"""Seconds for whatever is waited for, unless a test says otherwise: far more than it takes, for the sake of busy machines."""
LONGEST_TEST = 1800 if FULL else 180
"""Seconds."""
