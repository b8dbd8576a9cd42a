"""`gateway resync`, `release`, `resolve`, and the commands that the messages name beside them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.fake_gateway import FakeGateway, fake_gateway

__all__ = ["fake_gateway"]


def record(record_id: int = 412, **more: Any) -> dict[str, Any]:
    delivery = {"state": "none"}
    return {"id": record_id, "kind": "order", "connection": "fjell", "transfer": "held", "delivery": delivery, **more}


def test_a_record_is_resynced_by_any_of_its_numbers(fake: FakeGateway) -> None:
    fake.answers = {
        "GET /mappings": [record()],
        "POST /mappings/412/resync": {"id": 412, "verdict": "queued", "reason": "", "job_id": 7},
    }
    result = fake.run("resync", "5012", "--connection", "fjell", "--kind", "order")
    assert (result.exit_code, result.stdout) == (0, "5012 was read again and is sent as soon as its turn comes.\n")
    assert "gateway mappings show 5012" in result.stderr
    assert fake.asked[0] == ("GET /mappings", {"number": "5012", "connection": "fjell", "kind": "order", "limit": "20"})


def test_a_record_that_is_not_wanted_is_said_with_the_reason(fake: FakeGateway) -> None:
    reason = "made before the connection went live"
    fake.answers = {
        "GET /mappings": [record()],
        "POST /mappings/412/resync": {"id": 412, "verdict": "not-wanted", "reason": reason, "job_id": None},
    }
    assert f"is not to be in the warehouse: {reason}." in fake.run("resync", "5012").stdout


def test_a_record_is_resolved_with_a_reason(fake: FakeGateway) -> None:
    fake.answers = {"GET /mappings": [record()], "POST /mappings/412/resolve": record(transfer="none")}
    result = fake.run("resolve", "5012", "--reason", "refunded by hand")
    assert result.exit_code == 0
    assert "5012 is settled" in result.stdout
    assert fake.asked[-1] == ("POST /mappings/412/resolve", {"reason": "refunded by hand"})


def test_an_order_is_closed_with_what_was_sent(fake: FakeGateway) -> None:
    fake.answers = {"GET /mappings": [record()], "POST /mappings/412/close-short": record(transfer="sent")}
    result = fake.run("close-short", "5012")
    assert (result.exit_code, result.stdout) == (0, "5012 is closed with what was sent.\n")
    assert fake.asked[0][1]["kind"] == "order"


def test_the_rest_is_cancelled_and_what_must_be_done_by_hand_is_said(fake: FakeGateway) -> None:
    waiting = {"number": "5012-1", "is_being_cancelled": True, "fix": None}
    begun = {"number": "5012-2", "is_being_cancelled": False, "fix": "Take the rest off order 5012-2 in the WMS"}
    fake.answers = {"GET /mappings": [record()], "POST /mappings/412/close-short": record(rest=[waiting, begun])}
    result = fake.run("close-short", "5012", "--cancel-rest")
    assert (result.exit_code, result.stdout) == (0, "The rest is being cancelled in the warehouse: order 5012-1.\n")
    assert "Take the rest off order 5012-2 in the WMS" in result.stderr
    assert fake.asked[-1] == ("POST /mappings/412/close-short", {"cancel_rest": True})


def test_of_two_records_only_the_held_one_is_released(fake: FakeGateway) -> None:
    fake.answers = {"GET /mappings": [record(1, transfer="sent"), record(2)], "POST /mappings/2/release": record(2)}
    assert fake.run("release", "5012").exit_code == 0
    assert fake.operations == ["GET /mappings", "POST /mappings/2/release"]


@pytest.mark.parametrize("command", ["resync", "resolve", "release"])
def test_records_that_share_a_number_are_told_apart(fake: FakeGateway, command: str) -> None:
    fake.answers = {"GET /mappings": [record(1), record(2, connection="berg", kind="article")]}
    result = fake.run(command, "5012")
    assert result.exit_code == 1
    assert "order of fjell, article of berg" in result.stderr
    assert "--connection" in result.stderr


def test_a_release_that_cannot_help_names_the_command_that_does(fake: FakeGateway) -> None:
    fix = "correct it in the shop (or in the connection's settings), then resync it: POST /mappings/412/resync"
    no = {"status": 409, "detail": "a release cannot help: the street is missing", "fix": fix}
    fake.answers = {"GET /mappings": [record()], "POST /mappings/412/release": no}
    result = fake.run("release", "5012")
    assert result.exit_code == 1
    assert "Fix: correct it in the shop (or in the connection's settings), then resync it: gateway resync NUMBER" in result.stderr


def test_an_event_is_shown_whole(fake: FakeGateway) -> None:
    event = {"id": 9, "topic": "order.updated", "received_at": "2026-11-28T14:52:09Z"}
    fake.answers = {"GET /events/9": {**event, "headers": {"x-wc-webhook-id": "4"}, "body": '{"id": 5012}'}}
    shown = fake.run("events", "show", "9").stdout
    for words in ("2026-11-28 14:52:09 UTC", "x-wc-webhook-id", '{"id": 5012}'):
        assert words in shown


def test_a_lane_is_paused_and_goes_on(fake: FakeGateway) -> None:
    fake.answers = {"POST /lanes/lane_5c/pause": {"id": "lane_5c"}, "POST /lanes/lane_5c/resume": {"id": "lane_5c"}}
    assert fake.run("lanes", "pause", "lane_5c", "--reason", "stock-taking").exit_code == 0
    assert fake.run("lanes", "resume", "lane_5c").exit_code == 0
    assert fake.asked[0] == ("POST /lanes/lane_5c/pause", {"reason": "stock-taking"})


def test_a_draft_is_deleted_after_a_yes(fake: FakeGateway) -> None:
    fake.answers = {"DELETE /connections/fjell": 204}
    assert fake.run("connections", "delete", "fjell", typed="n\n").exit_code == 1
    assert fake.operations == []
    assert fake.run("connections", "delete", "fjell", typed="y\n").exit_code == 0
    assert fake.operations == ["DELETE /connections/fjell"]


def test_what_would_be_erased_is_shown_first(fake: FakeGateway) -> None:
    fake.answers = {"POST /erase": {"dry_run": True, "events": 4, "jobs": 1, "attempts": 2, "previews": 0}}
    result = fake.run("erase", "kari@example.com", typed="n\n")
    assert result.exit_code == 1
    assert "4 webhook bodies, 1 records, 2 requests with their answers, 0 previews would be erased for good" in result.stderr
    assert fake.asked == [("POST /erase", {"text": "kari@example.com", "dry_run": True})]


def test_help_shows_brackets_as_they_are(fake: FakeGateway) -> None:
    assert "[[connections]]" in fake.run("connections", "apply", "--help").stdout


def test_a_connection_is_shown_with_its_test_first_and_without_defaults(fake: FakeGateway) -> None:
    check = {"system": "shop", "name": "orders", "ok": True, "message": "the keys can read orders", "fix": ""}
    settings = {"stock": {"floor": 2, "look_only": False}, "transporters": {}, "page_size": 100, "plugins": ""}
    defaults = {"stock.floor": 0, "stock.look_only": False, "transporters": {}, "page_size": 100}
    fake.answers = {
        "GET /connections/fjell": {
            "name": "fjell",
            "integration": "woocommerce",
            "settings": settings,
            "test": {"ok": True, "checks": [check]},
        },
        "GET /integrations": [
            {"name": "woocommerce", "settings": [{"name": name, "default": value} for name, value in defaults.items()]}
        ],
    }
    shown = fake.run("connections", "show", "fjell").stdout
    assert shown.index("the keys can read orders") < shown.index("Connection fjell") < shown.index("stock.floor")
    assert "page_size" not in shown
    assert "page_size" in fake.run("connections", "show", "fjell", "--all").stdout
