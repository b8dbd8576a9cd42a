"""The simulator from outside: as a process, with what a person does to its shop."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
import uvicorn

from app.sandbox.kit.command import read_config
from app.sandbox.kit.server import Server
from app.sandbox.mystore import Client, MystoreConfig, create_mystore
from app.sandbox.mystore.command import main
from tests.sandbox.mystore.calling import headers


@pytest.fixture
def outside() -> Iterator[httpx.Client]:
    with Server(create_mystore(MystoreConfig(queue_seconds=0.01))) as server, httpx.Client(base_url=server.url) as client:
        yield client


def test_a_day_in_the_shop(outside: httpx.Client) -> None:
    token = outside.post("/_sandbox/tokens", json={"scopes": ["read:orders", "read:products"]}).json()["token"]
    variants = [{"sku": "UJ-1-M", "quantity": 5, "options": {"Størrelse": "M"}}]
    product = outside.post("/_sandbox/products", json={"sku": "UJ-1", "name": "Ulljakke", "variants": variants}).json()
    order = outside.post("/_sandbox/orders", json={"lines": [{"sku": "UJ-1-M", "quantity": 2}]}).json()

    changed = outside.patch(f"/_sandbox/products/{product['id']}", json={"name": "Jakke"})
    assert changed.json()["attributes"]["name"] == {"no": "Jakke"}
    (line,) = outside.get("/_sandbox/records/order-products").json()
    outside.patch(f"/_sandbox/orders/{order['id']}", json={"quantities": {line["id"]: 1}})
    outside.post(f"/_sandbox/orders/{order['id']}/status", json={"status": "Sendt"})
    assert outside.get("/_sandbox/records/product-variants").json()[0]["attributes"]["quantity"] == 4
    assert outside.get("/_sandbox/state").json()["demo"]["orders"] == 1

    path, allowed = f"/shops/demo/orders/{order['id']}", headers(token=token)
    assert outside.get(path, headers=allowed).json()["data"]["relationships"]["order-status"]["data"]["id"] == "3"
    outside.post("/_sandbox/tokens", json={"revoke": True})
    assert outside.get(path, headers=allowed).status_code == 403
    assert [one["status"] for one in outside.get("/_sandbox/journal").json()] == [200, 403]


def test_webhooks_go_out_by_themselves_and_wait_while_the_queue_is_paused(outside: httpx.Client) -> None:
    token = outside.post("/_sandbox/tokens", json={}).json()["token"]
    body = {"data": {"type": "webhooks", "attributes": {"topic": "orders/create", "url": "http://127.0.0.1:9/"}}}
    assert outside.post("/shops/demo/webhooks", json=body, headers=headers(token=token)).status_code == 201
    outside.post("/_sandbox/queue", json={"paused": True})
    outside.post("/_sandbox/orders", json={"lines": [{"sku": "A"}]})
    assert outside.post("/_sandbox/deliver").json() == {"sent": 1, "waiting": 0}
    assert [(one["topic"], one["status"]) for one in outside.get("/_sandbox/deliveries").json()] == [("orders/create", None)]
    outside.post("/_sandbox/orders", json={"lines": [{"sku": "A"}]})
    assert outside.post("/_sandbox/queue", json={"drop": True}).json() == {"paused": True, "waiting": 0, "dropped": 1}


def test_it_behaves_otherwise_from_now_on(outside: httpx.Client) -> None:
    statuses = [{"id": 8, "name": "Levert", "role": "completed"}, {"id": 7, "name": "Ny", "role": "standard"}]
    assert outside.post("/_sandbox/settings", json={"statuses": statuses, "calls_per_minute": None}).status_code == 204
    assert [one["id"] for one in outside.get("/_sandbox/records/order-status").json()] == ["8", "7"]
    order = outside.post("/_sandbox/orders", json={"lines": []}).json()
    assert order["relationships"]["order-status"]["data"]["id"] == "7"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("settings", {"stock_ap": "off"}),
        ("settings", {"stock_app": "on"}),
        ("orders", {"status": "Betalt"}),
        ("orders", {"shiping_address_city": "Oslo"}),
        ("orders", {"lines": [{"product": 1}]}),
        ("products", {"sku": "A", "colour": "red"}),
        ("products", {"sku": "A", "variants": [{"price": 1}]}),
    ],
)
def test_what_is_wrong_is_422(outside: httpx.Client, path: str, body: object) -> None:
    assert outside.post(f"/_sandbox/{path}", json=body).status_code == 422


def test_a_fault_has_the_document_of_an_error(outside: httpx.Client) -> None:
    outside.post("/_sandbox/faults", json={"kind": "status", "status": 504, "times": 1})
    answer = outside.get("/shops/demo/orders", headers=headers())
    assert (answer.status_code, answer.json()["errors"][0]["title"]) == (504, "Gateway Timeout")


def test_the_config_is_json_on_top_of_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '{"sample_orders": 4, "clients": [{"id": "9", "secret": "s", "redirect_uris": ["http://a.example/"]}]}'
    config = read_config(MystoreConfig, text)
    assert (config.sample_orders, config.clients) == (4, (Client("9", "s", ("http://a.example/",)),))
    served: list[int] = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: served.append(len(app.state.mystore.shop.tables["orders"])))
    main(["--port", "8123", "--config", text])
    assert served == [4]
