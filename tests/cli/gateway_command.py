"""Runs the `gateway` command within the test, as a person would type it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from typer.testing import CliRunner, Result

from app.cli import app


def gateway(*arguments: str, environment: Mapping[str, str | None] | None = None, typed: str = "") -> Result:
    """`stdout`, `stderr` and `exit_code` of the command."""
    # Wide, so that no table breaks the words a test looks for.
    env = {"COLUMNS": "250", "NO_COLOR": "1", **(environment or {})}
    return CliRunner().invoke(app, list(arguments), env=env, input=typed)


def as_json(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)
