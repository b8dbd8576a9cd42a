"""The way back through the demo from outside: the warehouse works, the shop hears of it, and the commands show it."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from typer.testing import Result

from tests.cli.gateway_command import as_json, gateway
from tests.e2e.demo_process import Demo, until

pytestmark = pytest.mark.timeout(180)

ADDRESS = {"first_name": "Ada", "last_name": "Berg", "address_1": "Gata 2", "postcode": "0150", "city": "Oslo", "country": "NO"}


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_DATA_DIRECTORY", str(tmp_path))


def command(demo: Demo, *arguments: str) -> Result:
    return gateway(*arguments, environment=demo.environment)


def floor(demo: Demo, path: str, **wish: Any) -> None:
    """Something that happens in the warehouse."""
    place = demo.said["warehouse"]
    root = httpx.URL(place["url"]).copy_with(path="/")
    with httpx.Client(trust_env=False, timeout=30) as http:
        answer = http.post(f"{root}_sandbox/{path}", json={"goods_owner_id": place["goods_owner_id"], **wish})
    assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def sku() -> str:
    return f"E2E-{uuid.uuid4().hex[:6].upper()}"


@pytest.fixture(scope="module")
def product(demo: Demo, sku: str) -> dict[str, Any]:
    """An article that is counted on both sides; 11 are in the warehouse."""
    body = {"name": "Lykt", "type": "simple", "sku": sku, "regular_price": "199", "manage_stock": True, "stock_quantity": 2}
    made: dict[str, Any] = demo.shop("POST", "products", body)
    until(lambda: _transfer(demo, sku) == "sent", "the article's transfer")
    floor(demo, f"articles/{sku}/stock", present=11)
    return made


@pytest.fixture(scope="module")
def shipped(demo: Demo, product: dict[str, Any]) -> dict[str, Any]:
    """An order that the warehouse has sent with a tracking number."""
    body = {
        "status": "processing",
        "billing": {**ADDRESS, "email": "test@example.com"},
        "shipping": ADDRESS,
        "line_items": [{"product_id": product["id"], "quantity": 2}],
        "meta_data": [{"key": "_innkjopsordre", "value": "PO-77"}],
    }
    placed: dict[str, Any] = demo.shop("POST", "orders", body)
    until(lambda: _transfer(demo, placed["number"]) == "sent", "the order's transfer")
    floor(demo, f"orders/{placed['number']}/ship", waybill="E2E-TRACK-1")
    return placed


def _transfer(demo: Demo, number: str) -> str | None:
    found = demo.api("GET", f"mappings?number={number}").json()["items"]
    return found[0]["transfer"] if found else None


def test_a_shipment_reaches_the_shop_and_is_explained(demo: Demo, shipped: dict[str, Any]) -> None:
    synced = command(demo, "sync", "woocommerce", "--process", "shipments")
    assert synced.exit_code == 0, synced.stderr
    until(lambda: demo.shop("GET", f"orders/{shipped['id']}")["status"] == "completed", "the completed order")
    notes = [note["note"] for note in demo.shop("GET", f"orders/{shipped['id']}/notes") if note["customer_note"]]
    assert [note for note in notes if "E2E-TRACK-1" in note] == notes != []
    # The shop has it before the gateway has stored that.
    reported = f"mappings?kind=order&delivery=reported&number={shipped['number']}"
    until(lambda: demo.api("GET", reported).json()["items"], "the order's delivery")
    shown = command(demo, "mappings", "show", shipped["number"]).stdout
    assert "E2E-TRACK-1" in shown
    assert "Told of the shipment" in shown
    assert "Confirmed to the warehouse" in shown
    listed = as_json(command(demo, "mappings", "list", "--delivery", "reported", "--json"))["items"]
    assert shipped["number"] in [row["shop"]["number"] for row in listed]


def test_stock_reaches_the_shop_and_is_shown(demo: Demo, product: dict[str, Any], shipped: dict[str, Any], sku: str) -> None:
    planned = as_json(command(demo, "sync", "woocommerce", "--process", "stock", "--dry-run", "--json"))
    # The warehouse's own webhook may have been quicker: then the shop has it already, and nothing would be written.
    assert [each["fields"][0]["after"] for each in planned["preview"] if each["number"] == sku] in ([], [9])
    assert command(demo, "sync", "woocommerce", "--process", "stock", "--full").exit_code == 0
    assert demo.shop("GET", f"products/{product['id']}")["stock_quantity"] == 9
    assert sku in command(demo, "stock", "list").stdout
    (row,) = as_json(command(demo, "stock", "show", sku, "--json"))["items"]
    assert (row["warehouse"]["sellable"], row["wanted"], row["shop"]["quantity"], row["state"]) == (9.0, 9, 9, "same")
    assert command(demo, "stock", "show", "no-such-article").exit_code == 1


def test_what_has_no_dry_run_is_a_no(demo: Demo) -> None:
    result = command(demo, "sync", "woocommerce", "--process", "shipments", "--dry-run")
    assert result.exit_code == 1
    assert "have no dry run" in result.stderr


def test_the_shops_webhooks_are_shown_and_put_right(demo: Demo) -> None:
    shown = command(demo, "connections", "webhooks", "woocommerce", "--json")
    found = json.loads(shown.stdout)
    # Another demo may have the port 8080, and a real shop would call no other of this machine's.
    lacks = [] if urlsplit(demo.connection["webhook_url"]).port == 8080 else ["address-not-called"]
    assert [each["code"] for each in found["missing"]] == lacks
    assert shown.exit_code == len(lacks)
    assert {hook["delivery_url"] for hook in found["webhooks"]} == {demo.connection["webhook_url"]}
    victim = next(hook for hook in demo.shop("GET", "webhooks") if hook["topic"] == "product.restored")
    demo.shop("PUT", f"webhooks/{victim['id']}", {"status": "paused"})
    checked = command(demo, "connections", "webhooks", "woocommerce", "--check")
    assert checked.exit_code == len(lacks), checked.stderr
    assert "repaired" in checked.stdout
    assert {hook["status"] for hook in demo.shop("GET", "webhooks")} == {"active"}


def test_settings_are_tried_on_real_records_before_they_are_saved(demo: Demo, shipped: dict[str, Any]) -> None:
    asked = ("connections", "preview", "woocommerce", "--record", str(shipped["id"]))
    result = command(demo, *asked, "--extra", "consigneeOrderNumber=meta_data._innkjopsordre")
    assert result.exit_code == 0, result.stderr
    assert "PO-77" in result.stdout
    nothing = command(demo, *asked, "--setting", "customs_required=false")
    assert "nothing of it changes" in nothing.stdout
    wrong = command(demo, *asked, "--extra", "noSuchField=meta_data.x")
    assert wrong.exit_code == 1
    assert "noSuchField" in wrong.stderr
    assert as_json(command(demo, "connections", "show", "woocommerce", "--json"))["settings"]["extra_order_fields"] == {}


def test_without_a_way_to_people_a_test_of_the_alerts_says_what_to_set(demo: Demo) -> None:
    result = command(demo, "alerts", "test")
    assert result.exit_code == 1
    assert "GATEWAY_ALERT_MAIL_TO" in result.stderr
    assert command(demo, "alerts").exit_code == 0
