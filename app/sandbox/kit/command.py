"""`python -m app.sandbox NAME`: a simulator as a process of its own."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, TypeVar

import uvicorn
from pydantic import TypeAdapter, ValidationError

C = TypeVar("C")


def read_config(kind: type[C], text: str) -> C:
    """The members of the simulator's configuration as a JSON object; raises ValidationError naming what is wrong."""
    return TypeAdapter(kind).validate_json(text)


def serve(argv: list[str], name: str, kind: type[C], create: Callable[[C], Any]) -> None:
    """Serves `create(config)` on the loopback address until it is told to stop. Reads `--port` and `--config` from `argv`."""
    parser = argparse.ArgumentParser(prog=f"python -m app.sandbox {name}", description=f"Runs the simulator {name}.")
    parser.add_argument("--port", type=int, required=True, help="loopback port to listen on")
    parser.add_argument("--config", default="{}", metavar="JSON", help="what differs from the simulator's default configuration")
    options = parser.parse_args(argv)
    try:
        config = read_config(kind, options.config)
    except ValidationError as error:
        parser.error(str(error))
    uvicorn.run(create(config), host="127.0.0.1", port=options.port, log_level="warning", date_header=False)
