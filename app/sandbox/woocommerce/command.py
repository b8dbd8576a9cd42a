"""`python -m app.sandbox woocommerce`: one simulated shop as a process of its own."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import orjson
import uvicorn

from app.sandbox.woocommerce.application import create_shop
from app.sandbox.woocommerce.config import ShopConfig


def main(argv: Sequence[str]) -> None:
    """Serves a shop until it is told to stop (SIGINT, SIGTERM)."""
    parser = argparse.ArgumentParser(prog="python -m app.sandbox woocommerce", description="A simulated WooCommerce shop.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--config", default="{}", help="ShopConfig as JSON; home_url defaults to this host and port")
    options = parser.parse_args(argv)
    config = config_from(options.config, f"http://{options.host}:{options.port}")
    uvicorn.run(create_shop(config), host=options.host, port=options.port, log_level="warning", lifespan="on")


def config_from(text: str, home_url: str) -> ShopConfig:
    """Raises TypeError for a setting that does not exist."""
    given: dict[str, Any] = {"home_url": home_url, "consumer_keys": [], **orjson.loads(text)}
    return ShopConfig(**given)
