"""`gateway purchase-orders`: listed, shown, put from a file and taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.fake_gateway import FakeGateway, fake_gateway

__all__ = ["fake_gateway"]

BODY = {"lines": [{"row_number": "1", "article_number": "TEE-M", "quantity": 10}]}
PATH = "/purchase-orders/fjell/PO-1"


def purchase_order(**more: Any) -> dict[str, Any]:
    warehouse = {"id": 70001, "status": 100, "status_text": "Notified"}
    shown = {"id": 412, "connection": "fjell", "number": "PO-1", "state": "waiting", "reason": None, "warehouse": warehouse}
    return {**shown, "updated_at": "2027-03-01T09:30:00Z", **more}


def test_they_are_listed(fake: FakeGateway) -> None:
    fake.answers = {"GET /purchase-orders": [purchase_order(state="held", reason="The warehouse lacks TEE-M")]}
    result = fake.run("purchase-orders", "list", "--state", "held")
    assert result.exit_code == 0
    assert "PO-1" in result.stdout
    assert fake.asked == [("GET /purchase-orders", {"state": "held", "limit": "50"})]


def test_one_is_shown_with_its_lines(fake: FakeGateway) -> None:
    fake.answers = {f"GET {PATH}": purchase_order(content={**BODY, "remark": "Ring", "container": ""})}
    result = fake.run("purchase-orders", "show", "fjell", "PO-1")
    assert result.exit_code == 0
    assert "TEE-M" in result.stdout
    assert "Ring" in result.stdout
    assert "container" not in result.stdout


def test_one_is_put_from_a_file(fake: FakeGateway, tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text(json.dumps(BODY), encoding="utf-8")
    fake.answers = {f"PUT {PATH}": purchase_order(verdict="queued")}
    result = fake.run("purchase-orders", "put", "fjell", "PO-1", str(file))
    assert (result.exit_code, result.stdout) == (0, "Purchase order PO-1 is stored and sent when its turn comes\n")
    assert "gateway purchase-orders show fjell PO-1" in result.stderr
    assert fake.asked == [(f"PUT {PATH}", BODY)]


def test_a_file_that_is_no_json_is_refused(fake: FakeGateway, tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text("{", encoding="utf-8")
    result = fake.run("purchase-orders", "put", "fjell", "PO-1", str(file))
    assert result.exit_code == 1
    assert "is not JSON" in result.stderr
    assert fake.asked == []


def test_one_is_taken_back(fake: FakeGateway) -> None:
    fake.answers = {f"DELETE {PATH}": purchase_order(verdict="queued")}
    result = fake.run("purchase-orders", "take-back", "fjell", "PO-1")
    assert result.exit_code == 0
    assert "PO-1 is taken back" in result.stdout
