"""`python -m tests.bench.compared.counting_worker FILE`: a worker that writes at its end how many statements it made."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from app import worker
from app.settings import Settings


def count_into(file: Path) -> None:
    statements = 0

    @event.listens_for(Engine, "before_cursor_execute")
    def count(*_: Any) -> None:
        nonlocal statements
        statements += 1

    try:
        asyncio.run(worker.run(Settings()))
    finally:
        file.write_text(str(statements), encoding="ascii")


if __name__ == "__main__":
    count_into(Path(sys.argv[1]))
