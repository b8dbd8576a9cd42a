"""What `gateway mappings show` prints of an order whose shop was told."""

from __future__ import annotations

from typing import Any

import pytest

from app.commands.records.lists import _explain

PAUSED = {"code": "lane-paused", "text": "It waits until its lane is resumed: stock-taking", "at": None}


def order(delivery: str | None, notes: list[str]) -> dict[str, Any]:
    """As the API gives it, without what is not looked at."""
    told = {"at": "2026-11-29T18:36:26Z", "code": "updated", "text": "Updated", "detail": {"notes": notes} if notes else None}
    return {
        "id": 1,
        "kind": "order",
        "shop": {"id": "1042", "number": "1042"},
        "delivery": {"state": delivery},
        "next": {"code": "nothing", "text": "Nothing", "at": None},
        "actions": [
            {
                "name": "resync",
                "possible": True,
                "will": "It is read",
                "reason": None,
                "fix": None,
                "letter_id": None,
                "when": None,
            },
            {
                "name": "replay",
                "possible": True,
                "will": "It is tried",
                "reason": None,
                "fix": None,
                "letter_id": "job-7",
                "when": PAUSED,
            },
            {
                "name": "release",
                "possible": False,
                "will": "",
                "reason": "it is not held",
                "fix": "",
                "letter_id": None,
                "when": None,
            },
            {
                "name": "cancel-rest",
                "possible": True,
                "will": "It is closed",
                "reason": None,
                "fix": None,
                "letter_id": None,
                "when": None,
            },
        ],
        "came_in": [],
        "sent": [],
        "deliveries": [{"number": "1042", "tracking": [{"number": "70300001"}]}],
        "lines": [
            {"article_number": "SOKK-1", "row_number": "71", "ordered": 3.0, "sent": 2.0, "missing": 1.0, "told": 2.0},
        ],
        "not_told": [{"code": "quantities", "text": "the shop has no place for how much of each line was sent"}],
        "told": [],
        "acknowledged": [],
        "history": {"items": [told]},
    }


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is wrapped: sentences are looked for."""
    monkeypatch.setenv("COLUMNS", "240")


def shown(capsys: pytest.CaptureFixture[str], mapping: dict[str, Any]) -> str:
    _explain(mapping)
    printed = capsys.readouterr()
    return " ".join(f"{printed.out} {printed.err}".split())


def test_the_history_shows_what_the_shop_refused(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, order("reported", ["The shop refused 70300001"]))
    assert "Updated. The shop refused 70300001" in text


@pytest.mark.parametrize("state", ["partly", "reported"])
def test_a_shop_that_keeps_no_entries_was_told_all_the_same(capsys: pytest.CaptureFixture[str], state: str) -> None:
    text = shown(capsys, order(state, []))
    assert "What was told is among the calls." in text
    assert "told nothing of it yet" not in text


@pytest.mark.parametrize("state", [None, "waiting", "held"])
def test_a_shop_that_was_told_nothing_is_named_so(capsys: pytest.CaptureFixture[str], state: str | None) -> None:
    assert "Nothing was told of it yet." in shown(capsys, order(state, []))


def test_what_was_sent_of_each_line_stands_with_what_the_shop_has_no_place_for(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, order("partly", []))
    assert "Sent of each line" in text
    assert "SOKK-1" in text
    assert "The shop has no place for how much of each line was sent: it is shown here only." in text


def test_what_can_be_done_stands_with_its_command_and_what_cannot_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, order("partly", []))
    assert "gateway resync 1042 It is read" in text
    assert "gateway replay job-7 It is tried. It waits until its lane is resumed: stock-taking" in text
    assert "gateway close-short 1042 --cancel-rest It is closed" in text
    assert "Not release: it is not held" in text
    assert "gateway release" not in text
