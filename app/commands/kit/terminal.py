"""What a command says and how it ends: tables and progress for people on a terminal, JSON for scripts, and exit codes."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Annotated, Any, NoReturn

import orjson
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from app.commands.kit.layout import laid_out
from app.commands.kit.wording import in_commands
from app.errors import BadInput, Forbidden, GatewayError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts instead of a table.")]


LOG_WIDTH = 160
"""Width of tables that go into a file or a log, where there is no window."""


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
    """Standard output. It is made at each use, because the stream behind it may have changed."""
    is_log = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(highlight=False, soft_wrap=True, width=LOG_WIDTH if is_log else None)


def err() -> Console:
    """Standard error: progress, hints and failures, so that standard output holds the answer alone."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def fail(message: str, fix: str | None = None, code: Exit = Exit.NO) -> NoReturn:
    """Says what is wrong and what to do, and ends the command."""
    console = err()
    console.print(Text.assemble(("Error: ", "bold red"), in_commands(message)))
    if fix:
        console.print(Text.assemble(("Fix: ", "bold"), in_commands(fix)))
    raise typer.Exit(code)


class Commands(TyperGroup):
    """A group of commands. Errors of our own become messages and exit codes."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Unreachable as error:
            fail(str(error), "start it with `gateway up`, or name its address with --url or GATEWAY_URL", Exit.UNREACHABLE)
        except NotAllowed as error:
            fix = "give a key of that gateway with --api-key or GATEWAY_API_KEY (make one with: gateway keys create NAME), or"
            fail(str(error), f"{fix} another address with --url or GATEWAY_URL", Exit.NOT_ALLOWED)
        except BadInput as error:
            code = Exit.NOT_ALLOWED if isinstance(error, Forbidden) else Exit.NO
            message = error.message if not error.field or error.field in error.message else f"{error.field}: {error.message}"
            fail(message, error.fix, code)
        except GatewayError as error:
            fail(str(error))
        except ValidationError as error:
            if error.title != "Settings":
                raise
            from app.settings import fault_of

            fail(*fault_of(error), Exit.USAGE)


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
    "solved since": "green",
    "closed": "green",
    "open": "yellow",
    "muted": "dim",
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
"""The colours of states, by how much they need a person."""


def cell(value: Any) -> Text:
    """A value as people read it."""
    if value is None or value == "" or value == []:
        return Text("–", style="dim")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, (list, tuple)):
        return Text(in_commands(", ".join(str(part) for part in value)))
    if isinstance(value, dict):
        return Text(orjson.dumps(value, default=str).decode())
    if isinstance(value, float) and value.is_integer():
        return Text(str(int(value)))
    return Text(in_commands(str(value)), style=COLOURS.get(str(value), ""))


def table(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], title: str | None = None, none: str | None = None
) -> None:
    """Rows as a table; `columns` are heading → name of the value (dots lead into it). Times are in UTC, as the heading says.

    Without rows it says so, in the words of `none`.
    """
    if not rows:
        err().print(Text(none or f"No {title.lower() if title else 'rows'}.", style="dim"))
        return
    headings = [f"{heading} (UTC)" if _is_time(name) else heading for heading, name in columns.items()]
    cells = [[_cell_of(row, name) for name in columns.values()] for row in rows]
    console = out()
    for part in laid_out(headings, cells, title, console.width):
        console.print(part)


def _cell_of(row: Mapping[str, Any], name: str) -> Text:
    value = inside(row, name)
    return cell(moment(value) if value and _is_time(name) else value)


def inside(value: Any, path: str) -> Any:
    """What is at a dotted path; None when it leads nowhere."""
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def fields(value: Mapping[str, Any], title: str | None = None) -> None:
    """One thing, field by field; what is nested is spread out with dots. Times are in UTC, and say so."""
    if title:
        out().print(Text(title, style="bold"))
    spread = list(_spread(value))
    if not spread:
        return
    widest = max(len(name) for name, _ in spread)
    for name, inner in spread:
        shown = f"{moment(inner)} UTC" if inner and _is_time(name) else inner
        lines = _wrapped(cell(shown), max(out().width - widest - 2, MOST_NARROW))
        for at, line in enumerate(lines):
            out().print(Text.assemble((f"{name if at == 0 else '':<{widest}}  ", "bold"), line))


MOST_NARROW = 24
"""Characters that a value has at least, however long the names beside it are."""


def _wrapped(value: Text, width: int) -> list[Text]:
    """Wrapped between words; a word that is longer than the line, like an address, stays whole."""
    if value.cell_len <= width:
        return [value]
    lines = textwrap.wrap(value.plain, width, break_long_words=False, break_on_hyphens=False)
    return [Text(line, style=value.style) for line in lines]


def _spread(value: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield from _spread(inner, f"{before}{name}.")
        else:
            yield f"{before}{name}", inner


def moment(value: Any) -> str:
    """An ISO 8601 time without its fractions, in UTC as it came. Whoever shows it says that it is UTC."""
    return str(value or "–").replace("T", " ").split(".")[0].removesuffix("+00:00").removesuffix("Z")


def _is_time(path: str) -> bool:
    name = path.rpartition(".")[2]
    return name in TIMES or name.endswith("_at")


TIMES = ("at", "oldest", "until", "lease_until", "go_live")
"""Names of times that do not end in `_at`."""
