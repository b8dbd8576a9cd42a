"""The pages made from the code say what the code says."""

from __future__ import annotations

from pathlib import Path

from app import reference
from app.domain import state_page

REPOSITORY = Path(__file__).parents[1]


def test_the_page_is_up_to_date() -> None:
    assert (REPOSITORY / reference.FILE).read_text(encoding="utf-8") == reference.document(), "out of date: run make openapi"


def test_the_page_of_states_is_up_to_date() -> None:
    assert (REPOSITORY / state_page.FILE).read_text(encoding="utf-8") == state_page.document(), "out of date: run make openapi"


def test_every_setting_says_what_it_is() -> None:
    lines = [line for line in reference.document().splitlines() if line.startswith("| `")]
    assert len(lines) > 80
    assert [line for line in lines if line.endswith("|  |")] == []


def test_a_reader_finds_name_kind_default_and_meaning() -> None:
    page = reference.document()
    assert "| `GATEWAY_LEASE_SECONDS` | number | `45` | How long a lease lasts without renewal, in seconds." in page
    assert '| `order_statuses` | list of text | `["processing"]` |' in page
    assert "| `consumer_secret` | secret | required |" in page
    assert "| `processes.orders` | true or false | `true` |" in page
