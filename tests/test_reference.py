"""The pages made from the code say what the code says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from app.api import openapi
from app.reference import commands, configuration, metrics, operations, states

REPOSITORY = Path(__file__).parents[1]


def pages() -> Iterator[tuple[Path, str]]:
    described = json.loads((REPOSITORY / openapi.FILE).read_text(encoding="utf-8"))
    yield operations.FILE, operations.document(described)
    yield commands.FILE, commands.document()
    for page in (configuration, metrics, states):
        yield page.FILE, page.document()
    yield from states.drawings()


def test_the_pages_are_up_to_date() -> None:
    old = [file.as_posix() for file, made in pages() if (REPOSITORY / file).read_text(encoding="utf-8") != made]
    assert old == [], "out of date: run make openapi"


def test_every_operation_and_command_has_its_place() -> None:
    made = {file.name: text for file, text in pages()}
    assert "### POST /connections/{connection}/test" in made["api.md"]
    assert "### `gateway connections apply`" in made["cli.md"]
    assert "| `gateway_intake_seconds` | histogram | – |" in made["metrics.md"]


def test_every_setting_says_what_it_is() -> None:
    lines = [line for line in configuration.document().splitlines() if line.startswith("| `")]
    assert len(lines) > 80
    assert [line for line in lines if line.endswith("|  |")] == []


def test_a_reader_finds_name_kind_default_and_meaning() -> None:
    page = configuration.document()
    assert "| `GATEWAY_LEASE_SECONDS` | number | `45` | How long a lease lasts without renewal, in seconds." in page
    assert '| `order_statuses` | list of text | `["processing"]` |' in page
    assert "| `consumer_secret` | secret | required |" in page
    assert "| `processes.orders` | true or false | `true` |" in page
