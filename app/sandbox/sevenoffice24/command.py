"""`python -m app.sandbox 24sevenoffice`: the simulator as a process of its own.

    python -m app.sandbox 24sevenoffice --port 8092 --config '{"sample_orders": 5, "time_zone": "Europe/Oslo"}'

The services are at the vendor's paths, such as `http://127.0.0.1:8092/Logistics/Product/V001/ProductService.asmx`.
"""

from __future__ import annotations

from app.sandbox.kit import command
from app.sandbox.sevenoffice24.application import create_sevenoffice
from app.sandbox.sevenoffice24.config import SevenOfficeConfig


def main(argv: list[str]) -> None:
    """Serves until it is told to stop; it is ready as soon as `GET /_sandbox/state` answers."""
    command.serve(argv, "24sevenoffice", SevenOfficeConfig, create_sevenoffice)
