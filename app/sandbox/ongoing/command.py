"""`python -m app.sandbox ongoing`: the simulator as a process of its own."""

from __future__ import annotations

import argparse

import uvicorn
from pydantic import TypeAdapter, ValidationError

from app.sandbox.ongoing.config import WarehouseConfig
from app.sandbox.ongoing.http.application import create_warehouse


def read_config(text: str) -> WarehouseConfig:
    """The members of `WarehouseConfig` as a JSON object; raises ValidationError naming what is wrong."""
    return TypeAdapter(WarehouseConfig).validate_json(text)


def main(argv: list[str]) -> None:
    """Serves on the loopback address until it is told to stop; ready as soon as `GET /_sandbox/warehouse` answers."""
    parser = argparse.ArgumentParser(prog="python -m app.sandbox ongoing", description="Runs the Ongoing WMS simulator.")
    parser.add_argument("--port", type=int, required=True, help="loopback port to listen on")
    parser.add_argument("--config", default="{}", metavar="JSON", help="what differs from the default set-up of the warehouse")
    options = parser.parse_args(argv)
    try:
        config = read_config(options.config)
    except ValidationError as error:
        parser.error(str(error))
    uvicorn.run(create_warehouse(config), host="127.0.0.1", port=options.port, log_level="warning")
