"""`python -m app.sandbox NAME …`: runs one simulator as a process."""

from __future__ import annotations

import argparse
import importlib
import sys

SIMULATORS = {"woocommerce": "app.sandbox.woocommerce.command", "ongoing": "app.sandbox.ongoing.command"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app.sandbox", description="Runs a simulator of an outside system.")
    parser.add_argument("simulator", choices=sorted(SIMULATORS))
    name = parser.parse_args(sys.argv[1:2]).simulator
    importlib.import_module(SIMULATORS[name]).main(sys.argv[2:])


if __name__ == "__main__":
    main()
