"""What a command says and how it ends: tables and progress for people on a terminal, JSON for scripts, and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Annotated, Any, NoReturn

import orjson
import typer
from pydantic import ValidationError
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from app.errors import BadInput, Forbidden, GatewayError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts instead of a table.")]


LOG_WIDTH = 160
"""Of tables that go into a file or a pipeline's log: nobody's window is in the way there."""


class Exit(IntEnum):
    """What the exit code means; listed in `gateway --help`."""

    FINE = 0
    NO = 1
    USAGE = 2
    UNREACHABLE = 3
    NOT_ALLOWED = 4


EXIT_CODES = """Exit codes: 0 fine · 1 the answer is no, or it failed · 2 wrong usage · 3 the gateway cannot be reached ·
4 not allowed (API key missing, unknown, or without the right)."""


class Unreachable(GatewayError):
    """The gateway does not answer."""


class NotAllowed(GatewayError):
    """The gateway does not accept the key, or the key lacks a right."""


def out() -> Console:
    """Standard output. Made when it is used: what stands behind it may have changed since."""
    is_log = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(highlight=False, soft_wrap=True, width=LOG_WIDTH if is_log else None)


def err() -> Console:
    """Standard error: progress, hints and failures, so that standard output holds the answer alone."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def fail(message: str, fix: str | None = None, code: Exit = Exit.NO) -> NoReturn:
    """Says what is wrong and what to do, and ends the command."""
    console = err()
    console.print(Text.assemble(("Error: ", "bold red"), message))
    if fix:
        console.print(Text.assemble(("Fix: ", "bold"), fix))
    raise typer.Exit(code)


class Commands(TyperGroup):
    """A group whose commands may raise our own errors: they are said in words and become exit codes."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Unreachable as error:
            fail(str(error), "start it with `gateway up`, or name its address with --url or GATEWAY_URL", Exit.UNREACHABLE)
        except NotAllowed as error:
            fail(str(error), "give a key with --api-key or GATEWAY_API_KEY; make one with: gateway keys create", Exit.NOT_ALLOWED)
        except BadInput as error:
            code = Exit.NOT_ALLOWED if isinstance(error, Forbidden) else Exit.NO
            message = error.message if not error.field or error.field in error.message else f"{error.field}: {error.message}"
            fail(message, error.fix, code)
        except GatewayError as error:
            fail(str(error))
        except ValidationError as error:
            if error.title != "Settings":
                raise
            for each in error.errors(include_url=False, include_input=False):
                fail(f"a setting cannot be read: {each['loc'][0]}: {each['msg']}", "see the settings' documentation", Exit.USAGE)


def print_json(value: Any) -> None:
    """One JSON document on standard output, indented when a person looks at it."""
    console = out()
    options = orjson.OPT_INDENT_2 if console.is_terminal else 0
    console.file.write(orjson.dumps(value, option=options | orjson.OPT_NON_STR_KEYS, default=str).decode() + "\n")


COLOURS = {
    "ok": "green",
    "done": "green",
    "sent": "green",
    "active": "green",
    "created": "green",
    "updated": "green",
    "fine": "green",
    "warn": "yellow",
    "held": "yellow",
    "parked": "yellow",
    "paused": "yellow",
    "draft": "yellow",
    "waiting": "cyan",
    "running": "cyan",
    "queued": "cyan",
    "fail": "bold red",
    "failed": "bold red",
    "dead": "bold red",
    "refused": "bold red",
    "unknown": "magenta",
}
"""States by how much they ask of the person who reads them."""


def cell(value: Any) -> Text:
    """A value as people read it."""
    if value is None or value == "" or value == []:
        return Text("–", style="dim")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, (list, tuple)):
        return Text(", ".join(str(part) for part in value))
    if isinstance(value, dict):
        return Text(orjson.dumps(value, default=str).decode())
    return Text(str(value), style=COLOURS.get(str(value), ""))


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], title: str | None = None) -> None:
    """Rows as a table; `columns` are heading → name of the value (dots lead into it). Says so when there are none."""
    if not rows:
        err().print(Text(f"No {title.lower() if title else 'rows'}.", style="dim"))
        return
    made = Table(box=box.SIMPLE, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for heading in columns:
        made.add_column(heading, overflow="fold")
    for row in rows:
        made.add_row(*(cell(inside(row, name)) for name in columns.values()))
    out().print(made)


def inside(value: Any, path: str) -> Any:
    """What is at a dotted path; None when it leads nowhere."""
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def fields(value: Mapping[str, Any], title: str | None = None) -> None:
    """One thing, field by field; what is nested is spread out with dots."""
    made = Table(box=None, show_header=False, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for name, inner in _spread(value):
        made.add_row(Text(name, style="bold"), cell(inner))
    out().print(made)


def _spread(value: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            found += _spread(inner, f"{before}{name}.")
        else:
            found.append((f"{before}{name}", inner))
    return found


def moment(value: Any) -> str:
    """An ISO 8601 time without its fractions, in UTC as it came."""
    return str(value or "–").replace("T", " ").split(".")[0].removesuffix("+00:00").removesuffix("Z")


def with_times(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with their times (`…_at`) shortened for a table, those of what is nested too."""
    return [{name: _shortened(name, value) for name, value in row.items()} for row in rows]


def _shortened(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {inner: _shortened(inner, each) for inner, each in value.items()}
    return moment(value) if value and _is_time(name) else value


def _is_time(name: str) -> bool:
    return name == "at" or name.endswith("_at")
