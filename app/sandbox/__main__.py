"""`python -m app.sandbox NAME …`: runs one simulator as a process. Each has a folder here, with a module `command`."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys

from app import sandbox

NAMES = {"nettbutikk24": "24nettbutikk", "sevenoffice24": "24sevenoffice"}
"""Systems whose own name cannot be a folder's: a package's name begins with a letter."""


def simulators() -> dict[str, str]:
    """The system's name and its folder, for each that has a `command` to run; the kit has none of its own."""
    folders = sorted(each.name for each in pkgutil.iter_modules(sandbox.__path__) if each.ispkg and each.name != "kit")
    return {NAMES.get(folder, folder): folder for folder in folders}


def main() -> None:
    known = simulators()
    parser = argparse.ArgumentParser(prog="python -m app.sandbox", description="Runs a simulator of an outside system.")
    parser.add_argument("simulator", choices=known)
    folder = known[parser.parse_args(sys.argv[1:2]).simulator]
    importlib.import_module(f"app.sandbox.{folder}.command").main(sys.argv[2:])


if __name__ == "__main__":
    main()
