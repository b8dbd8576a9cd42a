"""`make openapi`: writes what is made from the code, openapi/gateway.json and pages of docs/."""

from __future__ import annotations

import json
from pathlib import Path

from app.api import openapi
from app.main import create_app
from app.reference import commands, configuration, metrics, operations, states
from app.settings import Settings


def main() -> None:
    """Into the repository in which the command is run."""
    app = create_app(Settings())
    _write(openapi.FILE, openapi.exported(app))
    _write(operations.FILE, operations.document(json.loads(openapi.exported(app))))
    _write(commands.FILE, commands.document())
    for page in (configuration, metrics, states):
        _write(page.FILE, page.document())
    for file, picture in states.drawings():
        _write(file, picture)


def _write(file: Path, content: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(content, encoding="utf-8")
    print(f"{file} written")


if __name__ == "__main__":
    main()
