"""`gateway demo`: everything on one machine, used from outside, gone afterwards."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from tests.e2e.demo_process import Demo, first_line, processes_of, start_demo, until

pytestmark = pytest.mark.timeout(480)

WATCH_SECONDS = 180.0


class TestTheLine:
    def test_it_says_all_that_a_program_needs(self, demo: Demo) -> None:
        assert demo.line == json.dumps(demo.said, separators=(",", ":")) + "\n"
        assert demo.said.keys() == {"api", "api_key", "connections", "warehouse", "mystore", "24nettbutikk", "24sevenoffice"}
        assert demo.said["connections"].keys() == {"woocommerce"}
        keys = {"name", "goods_owner_id", "webhook_url", "webhook_secret", "shop_url", "consumer_key", "consumer_secret"}
        assert demo.connection.keys() == keys
        assert (demo.connection["name"], demo.connection["goods_owner_id"]) == ("woocommerce", 77)
        assert demo.said["warehouse"].keys() == {"url", "user", "password", "goods_owner_id"}
        assert demo.said["warehouse"]["goods_owner_id"] == 77

    def test_it_says_how_its_mystore_is_connected(self, demo: Demo) -> None:
        mystore = demo.said["mystore"]
        keys = {"url", "shop", "email", "password", "client_id", "client_secret", "goods_owner_id", "start_url"}
        assert mystore.keys() == keys
        assert mystore["goods_owner_id"] == 78
        assert mystore["start_url"] == f"{demo.said['api']}/oauth/mystore/start"

    def test_it_says_with_what_its_24nettbutikk_shop_is_connected(self, demo: Demo) -> None:
        shop = demo.said["24nettbutikk"]
        assert shop.keys() == {"url", "api_url", "api_key", "goods_owner_id"}
        assert (shop["api_url"], shop["goods_owner_id"]) == (f"{shop['url']}/api/v1/", 79)

    def test_it_says_with_what_its_24sevenoffice_is_connected(self, demo: Demo) -> None:
        office = demo.said["24sevenoffice"]
        assert office.keys() == {"application_id", "username", "password", "api_url", "goods_owner_id"}
        assert (office["application_id"], office["goods_owner_id"]) == ("11111111-2222-3333-4444-555555555555", 80)

    def test_the_warehouse_address_is_one_that_orders_is_appended_to(self, demo: Demo) -> None:
        assert not demo.said["warehouse"]["url"].endswith("/")
        assert demo.warehouse_order("no-such-order") is None

    def test_the_connection_is_active_and_takes_recorded_deliveries(self, demo: Demo) -> None:
        connection = demo.api("GET", "connections/woocommerce").json()
        assert (connection["name"], connection["status"]) == ("woocommerce", "active")
        assert connection["settings"]["accepted_sources"] == ["http://127.0.0.1:8099/"]
        assert connection["settings"]["go_live"] == "2020-01-01T00:00:00Z"
        assert connection["webhook_url"] == demo.connection["webhook_url"]

    def test_its_shop_announces_orders_and_products(self, demo: Demo) -> None:
        hooks = demo.shop("GET", "webhooks")
        assert {hook["delivery_url"] for hook in hooks} == {demo.connection["webhook_url"]}
        assert len(hooks) == 8
        assert {hook["status"] for hook in hooks} == {"active"}
        assert {hook["name"] for hook in hooks} == {f"Ongoing WMS gateway: {hook['topic']}" for hook in hooks}

    def test_nothing_but_ours_is_bought_there(self, demo: Demo) -> None:
        orders = demo.shop("GET", "orders")
        assert [order for order in orders if order["billing"]["email"] != "test@example.com"] == []


def test_an_order_put_into_the_shop_is_in_the_warehouse_and_explained(demo: Demo) -> None:
    product = demo.shop("POST", "products", {"name": "Termos", "type": "simple", "sku": "E2E-TERMOS", "regular_price": "300.00"})
    address = {
        "first_name": "Ada",
        "last_name": "Berg",
        "address_1": "Gata 2",
        "postcode": "0150",
        "city": "Oslo",
        "country": "NO",
    }
    body = {
        "status": "processing",
        "billing": {**address, "email": "test@example.com"},
        "shipping": address,
        "line_items": [{"product_id": product["id"], "quantity": 2}],
    }
    placed = demo.shop("POST", "orders", body)
    assert placed["id"] >= 5001
    order = until(lambda: demo.warehouse_order(placed["number"]) or {}, "the order in the warehouse")
    assert order["orderInfo"]["goodsOwnerOrderId"] == str(placed["id"])
    assert [(line["article"]["articleNumber"], line["orderedNumberOfItems"]) for line in order["orderLines"]] == [
        ("E2E-TERMOS", 2)
    ]
    # The warehouse has the order before the gateway has stored its answer.
    sent = f"mappings?kind=order&transfer=sent&number={placed['number']}"
    (mapping,) = until(lambda: demo.api("GET", sent).json()["items"], "the order's transfer")
    explained = demo.api("GET", f"mappings/{mapping['id']}").json()
    assert explained["warehouse"]["id"] == order["orderInfo"]["orderId"]
    # The second of the two deliveries may still be on its way.
    assert {event["topic"] for event in explained["came_in"]} <= {"order.created", "order.updated"}
    assert explained["came_in"]
    assert "PUT /orders" in [call["call"] for call in explained["sent"]]


def test_the_api_asks_for_the_key_and_shows_its_documentation(demo: Demo) -> None:
    with httpx.Client(trust_env=False) as http:
        assert http.get(f"{demo.said['api']}/connections").status_code == 401
        assert http.get(f"{demo.said['api']}/docs").status_code == 200
        assert http.get(f"{demo.said['api']}/readyz").status_code == 200


def test_its_mystore_asks_a_person_and_knows_where_the_gateway_is(demo: Demo) -> None:
    mystore = demo.said["mystore"]
    asked = {
        "client_id": mystore["client_id"],
        "redirect_uri": f"{demo.said['api']}/oauth/mystore/callback",
        "response_type": "code",
        "scope": "read:orders",
        "state": "s",
    }
    with httpx.Client(trust_env=False, base_url=mystore["url"], follow_redirects=True) as http:
        login = http.get("/oauth/authorize", params=asked)
        consent = http.post(str(login.url), data={name: mystore[name] for name in ("shop", "email", "password")})
    assert "read:orders" in consent.text


def test_to_watch_it_customers_buy_the_warehouse_sends_and_the_shop_hears_of_it() -> None:
    process = start_demo()
    wanted = {"/oauth/mystore/start", "buys", "created", "is completed", "stock of", "24Nettbutikk order", "24SevenOffice order"}
    stop = threading.Timer(WATCH_SECONDS, process.kill)
    stop.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            wanted = {words for words in wanted if words not in line}
            if not wanted:
                break
    finally:
        stop.cancel()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert wanted == set(), said


def test_a_port_that_was_named_and_is_taken_is_refused_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "demo", "--json"],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=Path(__file__).parents[2],
            env=os.environ | {"GATEWAY_PORT": str(port)},
            check=False,
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert f"port {port} of 127.0.0.1 is taken by another program" in done.stderr


class TestTheEnd:
    def test_a_signal_stops_everything_and_it_starts_again_with_the_same_secrets(self, tmp_path: Path) -> None:
        """Each start takes some seconds: the second one in the directory is stopped by the other signal."""
        lines = []
        for number in (signal.SIGTERM, signal.SIGINT):
            process = start_demo("--json", "--data", str(tmp_path))
            lines.append(json.loads(first_line(process)))
            assert len(processes_of(tmp_path)) >= 5
            process.send_signal(number)
            stdout, _ = process.communicate(timeout=30)
            assert (stdout, process.returncode) == ("", 0), number
            assert processes_of(tmp_path) == []
        before, after = lines
        assert after["api_key"] == before["api_key"]
        assert after["connections"]["woocommerce"]["webhook_secret"] == before["connections"]["woocommerce"]["webhook_secret"]
        path = after["connections"]["woocommerce"]["webhook_url"].rpartition("/")[2]
        assert path == before["connections"]["woocommerce"]["webhook_url"].rpartition("/")[2]

    if sys.platform == "linux":  # elsewhere nothing ends children with a parent that was killed

        def test_killed_it_leaves_no_process_behind(self, tmp_path: Path) -> None:
            process = start_demo("--json", "--data", str(tmp_path))
            first_line(process)
            process.kill()
            process.communicate(timeout=30)
            until(lambda: not processes_of(tmp_path), "the end of all processes")


def test_the_scripted_day_comes_out_as_it_should() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "demo", "--check", "--json"],
        capture_output=True,
        text=True,
        timeout=450,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    report = json.loads(done.stdout)
    wrong = [check for check in report["checks"] if not check["ok"]]
    assert (done.returncode, wrong) == (0, []), done.stderr
    assert {check["scene"] for check in report["checks"]} >= {
        "new order",
        "changed",
        "cancelled",
        "duplicates",
        "out of order",
        "variation",
        "missing SKU",
        "wrong signature",
        "staging copy",
        "warehouse away",
        "being picked",
        "sent with tracking",
        "stock",
        "webhook switched off",
        "one comes back",
        "announced, then back",
        "mystore: connected by a person",
        "mystore: order with options",
        "mystore: edited",
        "mystore: kansellert",
        "mystore: token too old",
        "mystore: two parcels",
        "mystore: stock",
        "24nettbutikk: connected",
        "24nettbutikk: new order",
        "24nettbutikk: changed",
        "24nettbutikk: deleted",
        "24nettbutikk: both charsets",
        "24nettbutikk: sent",
        "24nettbutikk: sent with rest",
        "24nettbutikk: stock",
        "24nettbutikk: token replaced",
        "24nettbutikk: the other form of the token",
        "24sevenoffice: connected",
        "24sevenoffice: the first look",
        "24sevenoffice: confirmed",
        "24sevenoffice: changed",
        "24sevenoffice: cancelled",
        "24sevenoffice: sent",
        "24sevenoffice: stock",
        "24sevenoffice: session ended",
        "24sevenoffice: refused",
        "24sevenoffice: no calls left",
    }
