"""`gateway audit`: who changed what, as a table and whole."""

from __future__ import annotations

from tests.cli.fake_gateway import FakeGateway, fake_gateway
from tests.cli.gateway_command import as_json

__all__ = ["fake_gateway"]

CHANGED = {
    "id": 812,
    "at": "2026-11-21T09:30:00Z",
    "way": "api",
    "key": {"id": "key_1", "name": "smoke test"},
    "actor": None,
    "address": "203.0.113.7",
    "route": "PATCH /connections/{connection}",
    "connection": "nettbutikk",
    "subject": "connection nettbutikk",
    "changes": [
        {"path": "settings.stock.floor", "old": 0, "new": 2, "is_secret": False},
        {"path": "warehouse.password", "old": None, "new": None, "is_secret": True},
        {"path": "settings.filters", "old": None, "new": ["x" * 100], "is_secret": False},
        {"path": "name", "old": "a", "new": "b", "is_secret": False},
    ],
}
MADE = {**CHANGED, "id": 811, "way": "cli", "key": None, "actor": "root@gw1", "address": None, "connection": None}


def test_a_row_says_who_from_where_and_what(fake: FakeGateway) -> None:
    fake.answers["GET /audit"] = [CHANGED, MADE]
    shown = fake.run("audit", "--connection", "nettbutikk", "--since", "2026-11-21T09:00:00Z", environment={"COLUMNS": "80"})
    assert shown.exit_code == 0
    words = shown.stdout.split()
    for word in ("smoke", "203.0.113.7", "settings.stock.floor:", "warehouse.password:", "secret;", "root@gw1", "(UTC)"):
        assert word in words, shown.stdout
    assert "and 1 more" in " ".join(words)
    assert max(len(line.rstrip()) for line in shown.stdout.splitlines()) <= 80
    (asked,) = [query for operation, query in fake.asked if operation == "GET /audit"]
    assert (asked["connection"], asked["since"]) == ("nettbutikk", "2026-11-21T09:00:00Z")


def test_as_json_it_is_whole(fake: FakeGateway) -> None:
    fake.answers["GET /audit"] = [CHANGED]
    assert as_json(fake.run("audit", "--json")) == {"items": [CHANGED]}
