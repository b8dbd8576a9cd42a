"""`python -m app.sandbox mystore`: the simulator as a process of its own.

    python -m app.sandbox mystore --port 8090 --config '{"sample_orders": 5, "clients":
        [{"id": "12", "secret": "client-secret", "redirect_uris": ["http://127.0.0.1:8000/oauth/mystore/callback"]}]}'

The login is shop `demo`, `kari@example.no`, `hemmelig`, unless `users` says else.
"""

from __future__ import annotations

from app.sandbox.kit import command
from app.sandbox.mystore.application import create_mystore
from app.sandbox.mystore.config import MystoreConfig


def main(argv: list[str]) -> None:
    """Serves until it is told to stop; it is ready as soon as `GET /_sandbox/state` answers."""
    command.serve(argv, "mystore", MystoreConfig, create_mystore)
