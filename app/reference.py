"""docs/configuration.md, made from the settings classes and the list of systems. A test finds when it is out of date."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from app.integrations.catalogue import FieldEntry, SystemEntry, every_system, fields_of
from app.settings import Settings
from app.warehouse.credentials import OngoingCredentials

FILE = Path("docs/configuration.md")
"""Where the repository keeps it."""

HEAD = """# Configuration

Made from the code by `make openapi`; do not edit.

## The gateway's processes

From the environment or a `.env` file. `DATABASE_URL` and `REDIS_URL` are understood without the prefix too.

"""

CONNECTION = """
## A connection

What belongs to one shop or ERP company and its warehouse: given as a file (`gateway connections apply`; `gateway connections
example` prints one to begin with) or over the REST API (`/connections`). Dots name parts of parts: `processes.orders` is
`orders` in the table `[connections.settings.processes]`. `gateway integrations` lists the systems of a running gateway.

"""


def document() -> str:
    """The whole page."""
    parts = [
        HEAD,
        _table(_environment()),
        CONNECTION,
        "### `warehouse`: Ongoing WMS\n\n",
        _table(_lines(fields_of(OngoingCredentials, {}))),
    ]
    return "".join([*parts, *(_system(entry) for entry in every_system())])


def _system(entry: SystemEntry) -> str:
    """Its own two tables. Settings that all systems have stand among them: their defaults may differ."""
    return (
        f"\n### `source`: {entry.title}\n\n"
        f'`integration = "{entry.name}"`. Processes: {_listed(entry.processes)}. Capabilities: {_listed(entry.capabilities)}. '
        f"How to connect it: [{entry.docs.removeprefix('docs/')}]({entry.docs.removeprefix('docs/')}).\n\n"
        f"{_table(_lines(entry.credentials))}"
        f"\n### `settings`: {entry.title}\n\n"
        f"{_table(_lines(entry.settings))}"
    )


Line = tuple[str, str, str, str]


def _environment() -> Iterator[Line]:
    for entry in fields_of(Settings, {}):
        yield f"GATEWAY_{entry.name.upper()}", entry.kind, _default(entry), entry.description


def _lines(entries: Iterable[FieldEntry]) -> Iterator[Line]:
    for entry in entries:
        yield entry.name, entry.kind, _default(entry), entry.description


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _table(lines: Iterator[Line]) -> str:
    rows = "".join(
        f"| `{name}` | {kind} | {default} | {text.replace('|', chr(92) + '|')} |\n" for name, kind, default, text in lines
    )
    return f"| name | kind | default | what it is |\n|---|---|---|---|\n{rows}"


def _default(entry: FieldEntry) -> str:
    if entry.is_required:
        return "required"
    value: Any = entry.default
    return "–" if value in (None, [], {}) else f"`{json.dumps(value, ensure_ascii=False)}`".replace("|", "\\|")
