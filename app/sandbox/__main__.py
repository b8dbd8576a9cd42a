"""`python -m app.sandbox NAME …`: runs one simulator as a process. Each has a folder here, with a module `command`."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys

from app import sandbox


def simulators() -> list[str]:
    """The folders with a `command` to run; the kit has none of its own."""
    folders = [each.name for each in pkgutil.iter_modules(sandbox.__path__) if each.ispkg]
    return sorted(name for name in folders if name != "kit")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app.sandbox", description="Runs a simulator of an outside system.")
    parser.add_argument("simulator", choices=simulators())
    name = parser.parse_args(sys.argv[1:2]).simulator
    importlib.import_module(f"app.sandbox.{name}.command").main(sys.argv[2:])


if __name__ == "__main__":
    main()
