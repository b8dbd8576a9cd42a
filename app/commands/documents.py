"""`make openapi`: writes what is made from the code, openapi/gateway.json, docs/configuration.md and docs/states.md."""

from __future__ import annotations

from pathlib import Path

from app import reference
from app.api import openapi
from app.domain import state_page
from app.main import create_app
from app.settings import Settings


def main() -> None:
    """Into the repository in which the command is run."""
    _write(openapi.FILE, openapi.exported(create_app(Settings())))
    _write(reference.FILE, reference.document())
    _write(state_page.FILE, state_page.document())


def _write(file: Path, content: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(content, encoding="utf-8")
    print(f"{file} written")


if __name__ == "__main__":
    main()
