"""`python -m app.sandbox NAME …`: runs one simulator as a process."""

from __future__ import annotations

import argparse
import sys

from app.sandbox.ongoing import command as ongoing
from app.sandbox.woocommerce import command as woocommerce

SIMULATORS = {"ongoing": ongoing.main, "woocommerce": woocommerce.main}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app.sandbox", description="Runs a simulator of an outside system.")
    parser.add_argument("simulator", choices=sorted(SIMULATORS))
    name = parser.parse_args(sys.argv[1:2]).simulator
    SIMULATORS[name](sys.argv[2:])


if __name__ == "__main__":
    main()
