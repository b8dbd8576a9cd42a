"""The shop as a real server: its queue runs by itself, its journal and its faults are reached from outside."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from subprocess import PIPE, Popen

import httpx
import pytest

from app.sandbox.kit.server import Server
from app.sandbox.woocommerce import Shop, ShopConfig, create_shop
from app.sandbox.woocommerce.command import config_from
from tests.sandbox.woocommerce.recorded.recorded_shop import API, KEYS, Receiver
from tests.services import free_port

HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.fixture
def running() -> Iterator[tuple[httpx.Client, Shop]]:
    port = free_port()
    home = f"http://127.0.0.1:{port}"
    app = create_shop(ShopConfig(home_url=home, consumer_keys=KEYS, trust_forwarded_proto=True, queue_seconds=0.01))
    with Server(app, port) as server, httpx.Client(base_url=server.url, auth=KEYS[0][:2], headers=HTTPS) as client:
        yield client, app.state.shop


def test_the_queue_runs_by_itself_while_the_shop_is_open(running: tuple[httpx.Client, Shop], receiver: Receiver) -> None:
    client, _ = running
    client.post(f"{API}/webhooks", json={"topic": "order.created", "delivery_url": receiver.url})
    made = client.post(f"{API}/orders", json={}).json()["id"]

    receiver.wait_for(2)
    client.post("/_sandbox/deliver")
    log = client.get("/_sandbox/deliveries").json()

    assert [(sent["topic"], sent["resource_id"], sent["status"]) for sent in log] == [
        ("ping", None, 200),
        ("order.created", made, 200),
    ]


def test_a_paused_queue_waits_for_its_run_and_can_lose_everything(running: tuple[httpx.Client, Shop], receiver: Receiver) -> None:
    client, _ = running
    client.post(f"{API}/webhooks", json={"topic": "order.created", "delivery_url": receiver.url})
    client.post("/_sandbox/queue", json={"paused": True})
    client.post(f"{API}/orders", json={})
    delivered = client.post("/_sandbox/deliver").json()
    client.post(f"{API}/orders", json={})
    lost = client.post("/_sandbox/queue", json={"drop": True}).json()

    assert delivered == {"sent": 2, "waiting": 0}
    assert lost == {"paused": True, "waiting": 0, "dropped": 1}
    assert receiver.topics == ["ping", "order.created"]


def test_a_customer_checks_out_with_addresses_stored_with_entities(running: tuple[httpx.Client, Shop]) -> None:
    client, shop = running
    body = {
        "payment_method": "cod", "customer_note": "Port A & B",
        "billing": {"company": "Kjær & Sønn ANS", "country": "NO", "email": "silje@example.com"},
    }  # fmt: skip
    order = client.post("/_sandbox/checkout", json=body).json()
    wrong = client.post("/_sandbox/checkout", json={"lines": []})

    assert (order["status"], order["created_via"]) == ("processing", "store-api")
    assert (order["billing"]["company"], order["customer_note"]) == ("Kjær &amp; Sønn ANS", "Port A & B")
    assert shop.orders[order["id"]]["customer_ip_address"] == "127.0.0.1"
    assert (wrong.status_code, wrong.json()["code"]) == (400, "rest_invalid_param")


def test_the_owner_of_the_webhooks_loses_their_rights_and_gets_them_back(
    running: tuple[httpx.Client, Shop], receiver: Receiver
) -> None:
    client, _ = running
    client.post("/_sandbox/queue", json={"paused": True})
    client.post(f"{API}/webhooks", json={"topic": "order.updated", "delivery_url": receiver.url})
    made = client.post(f"{API}/orders", json={}).json()["id"]
    for has_rights in (False, True):
        assert client.post("/_sandbox/owner", json={"has_rights": has_rights}).json() == {"has_rights": has_rights}
        client.put(f"{API}/orders/{made}", json={"customer_note": "x"})
        client.post("/_sandbox/deliver")

    lost, again = receiver.received[1:]
    assert lost.content["code"] == "woocommerce_rest_cannot_view"
    assert again.content["id"] == made


def test_the_journal_has_every_call_with_its_body_and_the_gist_of_its_answer(running: tuple[httpx.Client, Shop]) -> None:
    client, _ = running
    made = client.post(f"{API}/orders", json={"status": "on-hold"}).json()
    client.get(f"{API}/orders", params={"per_page": "5"})
    client.get(f"{API}/orders/1")

    calls = client.get("/_sandbox/journal").json()
    assert [(call["method"], call["path"].removeprefix(API), call["status"]) for call in calls] == [
        ("POST", "/orders", 201), ("GET", "/orders", 200), ("GET", "/orders/1", 404),
    ]  # fmt: skip
    assert calls[0]["body"] == {"status": "on-hold"}
    assert (calls[0]["answer"]["id"], calls[0]["answer"]["status"]) == (made["id"], "on-hold")
    assert (calls[1]["query"], calls[1]["answer"]) == ([["per_page", "5"]], [made["id"]])
    assert calls[2]["answer"]["code"] == "woocommerce_rest_shop_order_invalid_id"


class TestFaults:
    def test_a_status_with_retry_after_is_shown_as_often_as_it_was_asked_for(self, running: tuple[httpx.Client, Shop]) -> None:
        client, shop = running
        fault = {"kind": "status", "status": 429, "retry_after": "3", "times": 1, "method": "POST"}
        client.post("/_sandbox/faults", json=fault)

        refused = client.post(f"{API}/orders", json={})
        taken = client.post(f"{API}/orders", json={})

        assert (refused.status_code, refused.headers["Retry-After"], taken.status_code) == (429, "3", 201)
        assert [call["fault"] for call in client.get("/_sandbox/journal").json()] == ["status", None]
        assert len(shop.orders) == 1

    def test_after_the_write_the_caller_does_not_learn_that_it_was_made(self, running: tuple[httpx.Client, Shop]) -> None:
        client, shop = running
        client.post("/_sandbox/faults", json={"kind": "hang-up", "times": 1, "after_write": True})

        with pytest.raises(httpx.RemoteProtocolError):
            client.post(f"{API}/orders", json={})

        assert len(shop.orders) == 1

    def test_html_with_200(self, running: tuple[httpx.Client, Shop]) -> None:
        client, _ = running
        client.post("/_sandbox/faults", json={"kind": "html", "times": 1})

        assert "<html>" in client.get(f"{API}/orders").text


def test_the_command_takes_the_settings_as_json() -> None:
    config = config_from('{"first_id": 7, "consumer_keys": [["ck", "cs", "read"]]}', "http://127.0.0.1:9")

    assert (config.home_url, config.first_id, config.consumer_keys) == ("http://127.0.0.1:9", 7, [["ck", "cs", "read"]])


def test_the_shop_runs_as_a_process() -> None:
    port = free_port()
    process = Popen([sys.executable, "-m", "app.sandbox", "woocommerce", "--port", str(port)], stderr=PIPE)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=httpx.HTTPTransport(retries=8)) as client:
            index = client.get("/wp-json/").json()
    finally:
        process.terminate()
        process.communicate(timeout=20)

    assert index["home"] == f"http://127.0.0.1:{port}"
