"""A command starts with what it needs and no more."""

from __future__ import annotations

import subprocess
import sys

import pytest

IMPORTED = """
import sys
from typer.testing import CliRunner
from app.cli import app
result = CliRunner().invoke(app, sys.argv[1:])
print(*sorted(name for name in {module.partition(".")[0] for module in sys.modules}), sep="\\n")
print(*sorted(name for name in sys.modules if name.startswith("app.")), sep="\\n")
"""


def imported(*arguments: str) -> set[str]:
    """The packages, and the gateway's own modules, that a command has imported when it ends."""
    done = subprocess.run([sys.executable, "-c", IMPORTED, *arguments], capture_output=True, text=True, check=True, timeout=120)
    return set(done.stdout.split())


@pytest.mark.parametrize("arguments", [("--help",), ("connections", "--help"), ("sync", "--help"), ("demo", "--help")])
def test_help_needs_neither_server_nor_database_nor_simulator(arguments: tuple[str, ...]) -> None:
    found = imported(*arguments)
    assert "app.cli" in found
    assert not found & {"fastapi", "starlette", "uvicorn", "sqlalchemy", "alembic", "arq", "redis", "zeep", "authlib", "httpx"}
    assert not {name for name in found if name.startswith(("app.sandbox", "app.engine", "app.integrations", "app.storage"))}


def test_a_call_to_a_running_gateway_needs_no_database() -> None:
    found = imported("runs", "list", "--url", "http://127.0.0.1:1", "--api-key", "k")
    assert "httpx" in found
    assert not found & {"fastapi", "sqlalchemy", "zeep", "arq"}
    assert not {name for name in found if name.startswith(("app.sandbox", "app.engine", "app.integrations"))}
