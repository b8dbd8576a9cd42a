"""`python -m app.sandbox ongoing`: the simulator as a process of its own."""

from __future__ import annotations

from app.sandbox.kit import command
from app.sandbox.ongoing.config import WarehouseConfig
from app.sandbox.ongoing.http.application import create_warehouse


def read_config(text: str) -> WarehouseConfig:
    """The members of `WarehouseConfig` as a JSON object; raises ValidationError naming what is wrong."""
    return command.read_config(WarehouseConfig, text)


def main(argv: list[str]) -> None:
    """Serves until it is told to stop; it is ready as soon as `GET /_sandbox/warehouse` answers."""
    command.serve(argv, "ongoing", WarehouseConfig, create_warehouse)
