"""`gateway reconcile` and `gateway backfill`: what they ask, how they follow it, what they show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.fake_gateway import FakeGateway, fake_gateway

__all__ = ["fake_gateway"]

PROGRESS = {"step": "orders", "share": 0.5, "seen": 5, "left": 5, "seconds_left": 60.0}
COMMON = {"id": 12, "connection": "fjell", "state": "done", "since": "2026-11-01T00:00:00Z", "progress": PROGRESS, "notes": [],
          "error": None, "created_at": "2026-11-21T09:30:00Z"}  # fmt: skip
FIX = {
    "action": "resync",
    "text": "Read it again",
    "command": "gateway resync 5093 --connection fjell --kind order",
    "operation": "",
}
LINE = {
    "id": 1,
    "kind": "different",
    "process": "orders",
    "number": "5093",
    "record": "5093",
    "mapping_id": 4,
    "code": "different",
    "text": "1 of its fields differ",
    "fields": [{"field": "consignee.city", "before": None, "after": None}],
    "fix": FIX,
}


def reconciled(**more: Any) -> dict[str, Any]:
    found = {"missing": 0, "doubled": 0, "extra": 0, "different": 1, "stuck": 0, "stock": 0}
    return {**COMMON, "found": found, "same": 7, "on_their_way": 1, "not_wanted": {"before-go-live": 2}, **more}


def filled(**more: Any) -> dict[str, Any]:
    outcomes = {"created": 3, "updated": 0, "unchanged": 0, "held": 0, "failed": 0, "skipped": 1}
    return {**COMMON, "dry_run": False, "outcomes": outcomes, "waiting": 0, "known": 2, "earlier": 0, "unread": 0,
            "reasons": {"not-wanted": 1}, **more}  # fmt: skip


def test_a_comparison_is_followed_to_its_end_and_each_finding_says_what_mends_it(fake: FakeGateway) -> None:
    states = iter(["running", "done"])
    fake.answers = {
        "POST /reconcile": reconciled(state="waiting"),
        "GET /reconcile/12": lambda: reconciled(state=next(states)),
        "GET /reconcile/12/lines": [LINE],
    }
    result = fake.run("reconcile", "fjell", "--from", "2026-11-01T00:00:00+00:00", "--late", "30")
    assert result.exit_code == 1, result.stderr
    assert fake.asked[0] == (
        "POST /reconcile",
        {"connection": "fjell", "since": "2026-11-01T00:00:00+00:00", "late_minutes": 30},
    )
    assert "Reconcile 12 of fjell: done, 1 different; 7 the same, 1 on their way, 2 not wanted" in result.stdout
    assert "gateway resync 5093 --connection fjell --kind order" in result.stdout
    assert "consignee.city" in result.stdout


def test_findings_are_written_into_a_file(fake: FakeGateway, tmp_path: Path) -> None:
    fake.answers = {
        "GET /reconcile/12": reconciled(),
        "GET /reconcile/12/lines": [],
        "GET /reconcile/12/lines.csv": {"kind": "x"},
    }
    result = fake.run("reconciles", "show", "12", "--kind", "stuck", "--csv", str(tmp_path / "found.csv"))
    assert result.exit_code == 0, result.stderr
    assert json.loads((tmp_path / "found.csv").read_text()) == {"kind": "x"}
    assert ("GET /reconcile/12/lines.csv", {"kind": "stuck"}) in fake.asked


def test_a_day_that_is_none_is_said(fake: FakeGateway) -> None:
    result = fake.run("backfill", "fjell", "--from", "yesterday")
    assert result.exit_code == 1
    assert "--from: 'yesterday' is no day and no time" in result.stderr
    assert fake.asked == []


def test_a_dry_run_shows_counts_and_the_first_orders(fake: FakeGateway) -> None:
    line = {**LINE, "kind": "created", "code": None, "text": "", "fields": [], "fix": None}
    fake.answers = {"POST /backfill": filled(dry_run=True), "GET /backfill/12/lines": [line]}
    result = fake.run("backfill", "fjell", "--from", "2026-11-01T00:00:00+00:00", "--dry-run")
    assert result.exit_code == 0, result.stderr
    said = "Preview of backfill 12 of fjell: done, 3 would be created, 1 would be skipped, 2 were transferred before"
    assert said in result.stdout
    assert "5093" in result.stdout


def test_a_backfill_with_a_held_order_ends_with_exit_code_1(fake: FakeGateway) -> None:
    held = {**filled()["outcomes"], "held": 1}
    fake.answers = {"POST /backfill": filled(outcomes=held)}
    assert fake.run("backfill", "fjell", "--from", "2026-11-01").exit_code == 1


def test_a_backfill_is_paused_resumed_and_stopped(fake: FakeGateway) -> None:
    fake.answers = {f"POST /backfill/12/{act}": filled(state=state) for act, state in STATES.items()}
    for act, state in STATES.items():
        assert fake.run("backfills", act, "12").stdout == f"Backfill 12 is {state}.\n"
    assert fake.operations == [f"POST /backfill/12/{act}" for act in STATES]


STATES = {"pause": "paused", "resume": "waiting", "stop": "stopped"}


def adopted(**more: Any) -> dict[str, Any]:
    found = {"taken-over": 3, "differs": 1, "not-in-wms": 0, "not-ours": 0}
    return {**COMMON, "apply": False, "trust_numbers": False, "found": found, "known": 2, "not_wanted": {"not-wanted": 1},
            "left": 0, "unread": 0, **more}  # fmt: skip


def test_what_would_be_taken_over_is_shown_and_nothing_is_applied(fake: FakeGateway) -> None:
    line = {**LINE, "kind": "differs", "fix": None}
    fake.answers = {"POST /adopt": adopted(), "GET /adopt/12/lines": [line]}
    result = fake.run("adopt", "fjell", "--from", "2026-11-01T00:00:00+00:00")
    assert result.exit_code == 0, result.stderr
    asked = {"connection": "fjell", "since": "2026-11-01T00:00:00+00:00", "apply": False, "trust_numbers": False}
    assert fake.asked[0] == ("POST /adopt", asked)
    said = "Preview of adoption 12 of fjell: done, 3 taken over, 1 differ, 2 known before, 1 not wanted in the warehouse"
    assert said in result.stdout
    assert "With --apply it is." in result.stderr


def test_a_record_that_is_not_ours_ends_it_with_exit_code_1(fake: FakeGateway) -> None:
    found = {**adopted()["found"], "not-ours": 1}
    fake.answers = {"POST /adopt": adopted(apply=True, found=found), "GET /adopt/12/lines": []}
    result = fake.run("adopt", "fjell", "--apply", "--trust-numbers")
    assert (result.exit_code, "1 not ours" in result.stdout) == (1, True)
    assert fake.asked[0][1]["apply"] is True


def test_an_adoption_is_listed_and_stopped(fake: FakeGateway) -> None:
    fake.answers = {"GET /adopt": [adopted()], "POST /adopt/12/stop": adopted(state="stopped")}
    assert "fjell" in fake.run("adoptions", "list").stdout
    assert fake.run("adoptions", "stop", "12").stdout == "Adoption 12 is stopped.\n"
