"""`gateway connections apply --activate`: what it says, and the first look before the first quantity is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.commands.connections import first_look
from tests.cli.fake_gateway import FakeGateway, fake_gateway

__all__ = ["fake_gateway"]

FILE = """
[[connections]]
name = "fjell"
integration = "woocommerce"
[connections.settings]
{settings}
"""
NONE = {"status": 404, "detail": "there is no connection 'fjell'"}
CHECK = {"system": "shop", "name": "orders", "ok": True, "message": "the keys can read orders", "fix": ""}


def connection(**more: Any) -> dict[str, Any]:
    processes = {"articles": True, "orders": True, "stock": True, "shipments": True, "returns": False}
    settings = {
        "processes": {**processes, **more.pop("processes", {})},
        "stock": {"floor": 0, "look_only": more.pop("look_only", False)},
        "go_live": more.pop("go_live", "2026-11-21T09:00:00Z"),
        "poll_interval_minutes": 15,
        "webhooks": {"managed": True},
    }
    made: dict[str, Any] = {
        "name": "fjell",
        "status": "draft",
        "settings": settings,
        "test": {"ok": True, "checks": [CHECK]},
        "activated_at": None,
        "webhook_url": "https://gateway.example/webhooks/k",
        "webhook_url_note": None,
        "webhook_secret": None,
        "created": False,
        "changed": [],
    }
    return {**made, **more}


def level(number: str, shop: int, wanted: int | None, state: str = "waiting") -> dict[str, Any]:
    sellable = None if wanted is None else float(wanted)
    return {"number": number, "shop": {"quantity": shop}, "warehouse": {"sellable": sellable}, "wanted": wanted, "state": state}


LEVELS = {"waiting": [level("GENSER-S", 4, 0), level("GENSER-M", 4, 11)], "unknown": [level("LUE", 7, None, "unknown")]}


@pytest.fixture(autouse=True)
def _fresh(fake: FakeGateway) -> None:
    """A gateway without the connection, whose stock differs."""
    run = {"id": "run_1", "state": "done", "target": "fjell", "counts": {}, "parts": [], "reasons": [], "preview": []}
    fake.answers = {
        "GET /connections/fjell": NONE,
        "PUT /connections/fjell": connection(created=True, look_only=True, webhook_secret="s3cret"),
        "POST /connections/fjell/activate": connection(status="active", look_only=True),
        "POST /sync/fjell": run,
        "GET /stock/summary": [{"states": {"waiting": 2, "unknown": 1, "same": 30}}],
        "GET /stock": lambda: LEVELS[fake.asked[-1][1]["state"]],
        "PATCH /connections/fjell": connection(status="active"),
    }
    read = iter([NONE])
    fake.answers["GET /connections/fjell"] = lambda: next(read, connection(status="active", look_only=True))


def apply(fake: FakeGateway, tmp_path: Path, *options: str, settings: str = "", typed: str = "") -> Any:
    file = tmp_path / "connections.toml"
    file.write_text(FILE.format(settings=settings))
    return fake.run("connections", "apply", str(file), *options, typed=typed)


def put(fake: FakeGateway) -> dict[str, Any]:
    """The settings with which the connection was saved."""
    (body,) = [body for operation, body in fake.asked if operation == "PUT /connections/fjell"]
    settings: dict[str, Any] = body["settings"]
    return settings


def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_look, "has_terminal", lambda: True)


def test_without_a_terminal_it_stops_before_the_first_quantity_with_the_command_to_go_on(
    fake: FakeGateway, tmp_path: Path
) -> None:
    result = apply(fake, tmp_path, "--activate")
    assert result.exit_code == 2
    assert put(fake) == {"stock": {"look_only": True}}
    assert "PATCH /connections/fjell" not in fake.operations
    assert f"gateway connections apply {tmp_path / 'connections.toml'} --activate --stock-now" in result.stderr


def test_the_first_figures_are_shown_with_what_would_go_to_0(fake: FakeGateway, tmp_path: Path) -> None:
    shown = apply(fake, tmp_path, "--activate").stdout
    assert "3 quantities of the shop would change, 30 are the same" in shown
    assert "2 articles that the shop sells now would go to 0; 1 of them are new in the warehouse" in shown
    rows = [line.split() for line in shown.splitlines() if line.strip().startswith(("GENSER", "LUE"))]
    assert rows == [["GENSER-S", "4", "0", "0"], ["LUE", "7", "new:", "0", "0"], ["GENSER-M", "4", "11", "11"]]
    assert fake.asked[fake.operations.index("POST /sync/fjell")][1]["process"] == "stock"


@pytest.mark.parametrize(("typed", "code", "is_written"), [("y\n", 0, True), ("n\n", 1, False)])
def test_at_a_terminal_it_asks(
    fake: FakeGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, code: int, is_written: bool
) -> None:
    at_a_terminal(monkeypatch)
    result = apply(fake, tmp_path, "--activate", typed=typed)
    assert result.exit_code == code
    assert ("PATCH /connections/fjell", {"settings": {"stock": {"look_only": False}}}) in fake.asked or not is_written
    assert ("PATCH /connections/fjell" in fake.operations) is is_written


def test_stock_now_is_a_yes(fake: FakeGateway, tmp_path: Path) -> None:
    assert apply(fake, tmp_path, "--activate", "--stock-now").exit_code == 0
    assert put(fake) == {}
    assert "POST /sync/fjell" not in fake.operations


@pytest.mark.parametrize(
    "settings", ["processes = { stock = false }", "stock = { look_only = true }", "stock = { look_only = false }"]
)
def test_a_file_that_says_what_is_to_be_is_not_asked(fake: FakeGateway, tmp_path: Path, settings: str) -> None:
    assert apply(fake, tmp_path, "--activate", settings=settings).exit_code == 0
    assert "POST /sync/fjell" not in fake.operations


def test_a_connection_that_was_active_before_is_not_asked(fake: FakeGateway, tmp_path: Path) -> None:
    was = connection(status="draft", activated_at="2026-10-01T00:00:00Z")
    fake.answers |= {"GET /connections/fjell": was, "PUT /connections/fjell": was}
    assert apply(fake, tmp_path, "--activate").exit_code == 0
    assert put(fake) == {}


def test_another_apply_is_no_yes(fake: FakeGateway, tmp_path: Path) -> None:
    looks = connection(status="active", look_only=True, activated_at="2026-11-21T09:00:00Z")
    fake.answers |= {"GET /connections/fjell": looks, "PUT /connections/fjell": looks}
    result = apply(fake, tmp_path)
    assert (result.exit_code, put(fake)) == (0, {"stock": {"look_only": True}})
    assert "no quantity is written" in result.stderr
    assert apply(fake, tmp_path, "--activate").exit_code == 2


def test_figures_that_cannot_be_had_are_no_yes(fake: FakeGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_a_terminal(monkeypatch)
    parts = [{"error": "the shop answered 503"}]
    fake.answers["POST /sync/fjell"] = {"id": "run_1", "state": "failed", "target": "fjell", "counts": {}, "parts": parts}
    result = apply(fake, tmp_path, "--activate", typed="y\n")
    assert result.exit_code == 1
    assert "They could not be compared: the shop answered 503" in result.stdout
    assert "PATCH /connections/fjell" not in fake.operations


def test_a_script_gets_the_figures_as_json(fake: FakeGateway, tmp_path: Path) -> None:
    result = apply(fake, tmp_path, "--activate", "--json")
    assert result.exit_code == 2
    (one,) = json.loads(result.stdout)["connections"]
    assert (one["status"], one["stock_waits_for_yes"], one["webhook_secret"]) == ("active", True, "s3cret")
    figures = {name: one["first_look"][name] for name in ("would_change", "to_zero", "new_in_warehouse", "same", "is_complete")}
    assert figures == {"would_change": 3, "to_zero": 2, "new_in_warehouse": 1, "same": 30, "is_complete": True}


def test_what_only_looked_and_is_to_go_live_is_asked(fake: FakeGateway, tmp_path: Path) -> None:
    """The way of the documentation: look with the processes off and stock.look_only, then apply without these lines."""
    was = connection(status="active", look_only=True, activated_at="2026-11-21T09:00:00Z", processes={"orders": False})
    now = connection(status="active", look_only=True, activated_at="2026-11-21T09:00:00Z", changed=["settings.processes.orders"])
    fake.answers |= {"GET /connections/fjell": was, "PUT /connections/fjell": now}
    result = apply(fake, tmp_path, "--activate")
    assert result.exit_code == 2
    assert "On: articles, orders, stock, shipments." in result.stdout
    assert "2 articles that the shop sells now would go to 0" in result.stdout


class TestWords:
    def test_the_secret_comes_first_then_the_test_then_what_follows(self, fake: FakeGateway, tmp_path: Path) -> None:
        shown = apply(fake, tmp_path, "--activate").stdout
        places = [
            shown.index(words)
            for words in (
                "fjell: created\n",
                "webhook secret, shown this once: s3cret",
                "the keys can read orders",
                "fjell is active.",
                "On: articles, orders, stock, shipments. Off: returns.",
                "Written, in this order: the shop's articles to the warehouse; orders to the warehouse",
                "quantities that differ to the shop (only compared for now)",
                "Orders made before 2026-11-21 09:00:00 UTC are never transferred",
                "Webhooks: the gateway makes them in the shop now",
                "First look at the quantities of fjell",
            )
        ]
        assert places == sorted(places)
        assert "draft" not in shown

    def test_a_go_live_date_in_the_future_is_a_warning(self, fake: FakeGateway, tmp_path: Path) -> None:
        fake.answers["POST /connections/fjell/activate"] = connection(status="active", go_live="2199-12-01T01:00:00+01:00")
        shown = apply(fake, tmp_path, "--activate", "--stock-now").stdout
        assert "Orders made before 2199-12-01 00:00:00 UTC are never transferred" in shown
        assert "Warning: that lies in the future" in shown

    def test_without_a_public_address_there_are_no_webhooks_and_it_says_so(self, fake: FakeGateway, tmp_path: Path) -> None:
        fake.answers["POST /connections/fjell/activate"] = connection(
            status="active", webhook_url_note="GATEWAY_PUBLIC_URL is not set"
        )
        shown = apply(fake, tmp_path, "--activate", "--stock-now").stdout
        assert "no webhooks, because GATEWAY_PUBLIC_URL is not set. The shop is only asked every 15 minutes" in shown

    def test_a_second_apply_says_that_it_tested_nothing(self, fake: FakeGateway, tmp_path: Path) -> None:
        active = connection(status="active", activated_at="2026-11-21T09:00:00Z")
        fake.answers |= {"GET /connections/fjell": active, "PUT /connections/fjell": active}
        result = apply(fake, tmp_path, "--activate")
        assert (result.exit_code, result.stdout) == (0, "fjell: unchanged (active)\n")
        assert "was not tested again. Test it with: gateway connections test fjell" in result.stderr

    def test_what_becomes_a_draft_is_told_with_what_that_means(self, fake: FakeGateway, tmp_path: Path) -> None:
        was = connection(status="active", activated_at="2026-11-21T09:00:00Z")
        now = connection(activated_at="2026-11-21T09:00:00Z", changed=["source.shop_url"])
        fake.answers |= {"GET /connections/fjell": was, "PUT /connections/fjell": now}
        result = apply(fake, tmp_path)
        assert result.stdout == "fjell: changed (draft)\n  source.shop_url\n"
        assert "It points elsewhere now, so it is a draft: nothing is read, sent or written" in result.stderr
        assert "--activate" in result.stderr

    def test_a_test_that_fails_says_so_and_leaves_a_draft(self, fake: FakeGateway, tmp_path: Path) -> None:
        failed = {**CHECK, "ok": False, "message": "the key is unknown", "fix": "make new keys"}
        fake.answers["POST /connections/fjell/activate"] = {"status": 409, "detail": "the key is unknown", "checks": [failed]}
        result = apply(fake, tmp_path, "--activate")
        assert result.exit_code == 1
        assert "the key is unknown" in result.stdout
        assert "fjell is not active: its test failed." in result.stderr
        assert "POST /sync/fjell" not in fake.operations


def test_activate_looks_first_as_well(fake: FakeGateway) -> None:
    read = iter([connection()])
    fake.answers["GET /connections/fjell"] = lambda: next(read, connection(status="active", look_only=True))
    result = fake.run("connections", "activate", "fjell")
    assert result.exit_code == 2
    assert fake.asked[1] == ("PATCH /connections/fjell", {"settings": {"stock": {"look_only": True}}})
    assert "gateway connections activate fjell --stock-now" in result.stderr
