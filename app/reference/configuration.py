"""docs/configuration.md, made from the settings classes and the list of systems. A test finds when it is out of date."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from app.integrations.catalogue import FieldEntry, SystemEntry, every_system, fields_of
from app.integrations.registry import INTEGRATIONS
from app.settings import Settings
from app.settings.limits import Limits
from app.settings.traces import Traces
from app.warehouse.credentials import OngoingCredentials

PARTS = (*Limits.model_fields, *Traces.model_fields)

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

A file says how a connection is to be: what it leaves out of `settings` has its default, but for `go_live` and secrets, which
stay. `PATCH /connections/{connection}` changes only what it names: parts like `stock` are merged. A list, and a table with keys
of your own (`transporters`, `extra_order_fields`, `article_number_replacements`), is replaced as a whole: `{}` empties it. Null
takes a value back to its default; null for all of `settings` leaves `go_live` as it is.

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
        f"{_deployment(entry.name)}"
        f"\n### `settings`: {entry.title}\n\n"
        f"{_table(_lines(entry.settings))}"
    )


def _deployment(name: str) -> str:
    """What a deployment sets for all connections to the system; nothing for most."""
    model = INTEGRATIONS[name].deployment_model
    if model is None:
        return ""
    lines = _lines(fields_of(model, {}), prefix=f"GATEWAY_{name.upper()}_")
    return f"\nFor all connections of a deployment, from the environment or a `.env` file:\n\n{_table(lines)}"


Line = tuple[str, str, str, str]


def _environment() -> Iterator[Line]:
    # What is Settings' own comes first.
    for entry in sorted(fields_of(Settings, {}), key=lambda entry: entry.name in PARTS):
        yield f"GATEWAY_{entry.name.upper()}", entry.kind, _default(entry), entry.description


def _lines(entries: Iterable[FieldEntry], prefix: str = "") -> Iterator[Line]:
    """With a `prefix`, names are written as in the environment."""
    for entry in entries:
        yield f"{prefix}{entry.name.upper()}" if prefix else entry.name, entry.kind, _default(entry), entry.description


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
