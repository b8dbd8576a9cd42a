"""`python -m app.sandbox 24nettbutikk`: the simulator as a process of its own.

    python -m app.sandbox 24nettbutikk --port 8091 --config '{"sample_orders": 5, "token": "secret", "charset": "iso-8859-1"}'

The API is at `http://127.0.0.1:8091/api/v1/`.
"""

from __future__ import annotations

from app.sandbox.kit import command
from app.sandbox.nettbutikk24.application import create_nettbutikk
from app.sandbox.nettbutikk24.config import NettbutikkConfig


def main(argv: list[str]) -> None:
    """Serves until it is told to stop; it is ready as soon as `GET /_sandbox/state` answers."""
    command.serve(argv, "24nettbutikk", NettbutikkConfig, create_nettbutikk)
