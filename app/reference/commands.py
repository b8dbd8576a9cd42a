"""docs/cli.md, made from the `gateway` command as it is installed."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from enum import Enum
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, get_args

import typer

FILE = Path("docs/cli.md")
"""Where the repository keeps it."""

HEAD = """# Commands

Made from the code by `make openapi`; do not edit. `gateway COMMAND --help` says the same.

Commands that use a running gateway find it by `GATEWAY_URL` and `GATEWAY_API_KEY`. Without them they ask the one on this
machine, with the key that `gateway up` has written. Exit codes: 0 fine, 1 the answer is no or it failed, 2 wrong usage, 3 the
gateway cannot be reached, 4 not allowed.
"""

KINDS = {int: "NUMBER", float: "NUMBER", Path: "FILE"}
MARKUP = re.compile(r"\[/?(?:bold|dim|italic|cyan|green|red|yellow|code)\]")


def installed() -> Any:
    """The command behind the installed script."""
    (script,) = metadata.entry_points(group="console_scripts", name="gateway")
    return typer.main.get_command(import_module(script.module).app)


def commands(group: Any, path: str = "gateway") -> Iterator[tuple[str, Any]]:
    """Every command with its path, in the order of the help."""
    for name, command in group.commands.items():
        if command.hidden:
            continue
        whole = f"{path} {name}"
        if hasattr(command, "commands"):
            yield from commands(command, whole)
        else:
            yield whole, command


def document() -> str:
    """The whole page."""
    parts, panel = [HEAD], None
    for path, command in commands(root := installed()):
        first = root.commands[path.split()[1]]
        if first.rich_help_panel != panel:
            panel = first.rich_help_panel
            parts.append(f"\n## {panel}\n")
        parts.append(_section(path, command))
    return "".join(parts)


def _section(path: str, command: Any) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument" and not each.hidden]
    options = [each for each in command.params if each.param_type_name == "option" and not each.hidden]
    usage = " ".join([path, *(["[OPTIONS]"] if options else []), *(_placed(each) for each in arguments)])
    text = _plain(inspect.cleandoc(command.help or ""))
    rows = [(_placed(each), each) for each in arguments] + [(_flags(each), each) for each in options if each.name != "help"]
    table = "".join(f"| `{name}` | {_about(each)} |\n" for name, each in rows)
    return f"\n### `{path}`\n\n`{usage}`\n\n{text}\n" + (f"\n| | |\n|---|---|\n{table}" if table else "")


def _placed(argument: Any) -> str:
    name = (argument.metavar or argument.name).upper().strip("[]")
    shown = f"{name}..." if argument.nargs == -1 and not name.endswith("...") else name
    return shown if argument.required else f"[{shown}]"


def _flags(option: Any) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    return names if option.is_flag else f"{names} {_kind(option)}"


def _kind(option: Any) -> str:
    annotation = option.type_descriptor.annotation
    one = next(iter(get_args(annotation)), annotation)
    if isinstance(one, type) and issubclass(one, Enum):
        return "/".join(str(each.value) for each in one)
    return str(option.metavar or KINDS.get(one, option.name.upper()))


def _about(parameter: Any) -> str:
    text, default = _plain(parameter.help or "").replace("|", "\\|").replace("\n", " "), parameter.default
    if isinstance(default, str | int | float) and default not in (False, "") and "efault" not in text:
        text += f" Default: `{default.value if isinstance(default, Enum) else default}`."
    if getattr(parameter, "multiple", False) and "more than once" not in text:
        text += " May be given more than once."
    return f"{text} Or `{parameter.envvar}`." if parameter.envvar and parameter.envvar not in text else text


def _plain(text: str) -> str:
    return MARKUP.sub("", text).replace("\b", "").strip()
