"""Tables on 80 columns: no word, number or date is broken, and nothing is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from app.commands import alerts, audit, stock
from app.commands.connections import commands as connections
from app.commands.kit.terminal import TIMES, fields, table
from app.commands.records import lists, places

REASON = "The street is missing in the delivery address; complete it in the shop: wp-admin/post.php?post=5012&action=edit"
MAPPING = {
    "id": 41289,
    "connection": "fjellbutikken",
    "kind": "order",
    "shop": {"id": "5012", "number": "5012"},
    "warehouse": {"number": "FJELL-5012", "id": 9917730},
    "label": "not transferred: held",
    "transfer": "held",
    "delivery": {"state": "none"},
    "reason": REASON,
}
EVENT = {
    "id": 9931,
    "connection": "fjellbutikken",
    "received_at": "2026-11-28T14:52:09.123456Z",
    "topic": "order.updated",
    "record": "orders/5012",
    "state": "held",
    "reason": REASON,
}
ALERT = {
    "id": 10412,
    "kind": "held",
    "connection": "fjellbutikken",
    "about": "order FJELL-5012",
    "state": "open",
    "count": 3,
    "first_at": "2026-11-28T14:52:09Z",
    "last_at": "2026-11-28T15:24:11+00:00",
    "sent_at": None,
    "text": REASON,
}
LANE = {
    "id": "lane_5c1f0a9be2d4",
    "key": "api.ongoingsystems.se/fjellogisti-warehouse/api/v1#77",
    "connections": ["fjellbutikken", "fjellbutikken-b2b"],
    "paused": False,
    "states": {"waiting": 123, "parked": 1, "held": 2, "dead": 0},
    "oldest": "2026-11-28T14:52:09Z",
    "worked_on": True,
    "blocked": ["PUT /orders until 2026-11-28 14:53:00 UTC: it answered 503"],
}
LEVEL = {
    "connection": "fjellbutikken",
    "number": "GENSER-BLAA-XL",
    "warehouse": {"sellable": 14.0, "read_at": "2026-11-28T14:52:09Z"},
    "deducted": 2.0,
    "wanted": 12,
    "shop": {"quantity": 9},
    "state": "problem",
    "problem": "The shop keeps no quantity of this article but one for all of its product's variations",
}
CONNECTION = {
    "name": "fjellbutikken",
    "integration": "woocommerce",
    "status": "active",
    "account": "https://www.fjellbutikken-norge.example/butikk/",
    "warehouse": {"goods_owner_id": 77},
    "tested_at": "2026-11-28T14:52:09Z",
    "id": "con_T2vK8mQxJ4bZ6aYc",
}
CHANGES = {
    "at": "2026-11-28T14:52:09Z",
    "who": "smoke test",
    "address": "2001:db8:85a3::8a2e:370:7334",
    "connection": "fjellbutikken",
    "what": "connection fjellbutikken",
    "changed": "settings.stock.floor: 0 → 2; warehouse.password: a secret",
}
LISTS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "mappings": (MAPPING, lists.MAPPING_COLUMNS),
    "events": (EVENT, places.EVENT_COLUMNS),
    "alerts": (ALERT, alerts.COLUMNS),
    "lanes": (LANE, places.LANE_COLUMNS),
    "stock": (LEVEL, stock.COLUMNS),
    "connections": (CONNECTION, connections.COLUMNS),
    "audit": (CHANGES, audit.COLUMNS),
}


@pytest.mark.parametrize("name", sorted(LISTS))
@pytest.mark.parametrize("width", [80, 100, 200])
def test_a_list_is_readable_in_any_width(
    name: str, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    row, columns = LISTS[name]
    table([row, {**row, "id": 1}], columns, name.capitalize())
    shown = capsys.readouterr().out
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= width
    for word in words_of(row, columns):
        assert word in shown.split(), f"{word!r} is broken or missing in\n{shown}"
    assert "(UTC)" in shown or not any(path.endswith("_at") for path in columns.values())


def words_of(row: Mapping[str, Any], columns: Mapping[str, str]) -> list[str]:
    """The words of the texts that the columns show, times as `2026-11-28` and `14:52:09`."""
    words: list[str] = []
    for path in columns.values():
        value: Any = row
        for part in path.split("."):
            value = value[part]
        if isinstance(value, str):
            words += value[:19].replace("T", " ").split() if path in TIMES or path.endswith("_at") else value.split()
    return words


def test_times_say_that_they_are_utc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    fields({"id": 4, "test": {"tested_at": "2026-11-28T14:52:09.5Z"}, "paused_at": None}, "Connection")
    assert capsys.readouterr().out.splitlines() == [
        "Connection",
        "id              4",
        "test.tested_at  2026-11-28 14:52:09 UTC",
        "paused_at       –",
    ]


def test_a_long_value_is_wrapped_beside_its_name(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    fields({"reason": "the street is missing in the delivery address of the order"})
    assert capsys.readouterr().out.splitlines() == [
        "reason  the street is missing in the",
        "        delivery address of the order",
    ]


def test_no_rows_are_said_in_words_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    table([], {"Id": "id"}, "Came in", none="No webhook of it came in.")
    table([], {"Id": "id"}, "Dead letters")
    assert capsys.readouterr().err.splitlines() == ["No webhook of it came in.", "No dead letters."]
