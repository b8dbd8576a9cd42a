"""The simulator from outside: as a process, with what a person does to its shop."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn

from app.sandbox import __main__ as sandbox
from app.sandbox.kit.server import Server
from app.sandbox.nettbutikk24 import NettbutikkConfig, create_nettbutikk


@pytest.fixture
def outside() -> Iterator[httpx.Client]:
    with Server(create_nettbutikk(NettbutikkConfig())) as server, httpx.Client(base_url=server.url) as client:
        yield client


def test_a_day_in_the_shop(outside: httpx.Client) -> None:
    token = outside.post("/_sandbox/token", json={}).json()["token"]
    variants = [{"article_no": "UJ-1-M", "stock": 5, "options": {"Størrelse": "M"}}]
    outside.post("/_sandbox/products", json={"article_no": "UJ-1", "name": "Ulljakke", "variants": variants})
    outside.post("/_sandbox/products/501/variants", json={"options": {"Størrelse": "L"}, "article_no": "UJ-1-L"})
    outside.patch("/_sandbox/products/501", json={"name": "Jakke"})
    outside.patch("/_sandbox/variants/501002", json={"stock": 3})
    customer = outside.post("/_sandbox/customers", json={"city": "Bergen"}).json()
    outside.patch(f"/_sandbox/customers/{customer['id']}", json={"city": "Voss"})
    placed = outside.post("/_sandbox/orders", json={"lines": [{"article_no": "UJ-1-M"}], "customer_id": customer["id"]})
    assert placed.status_code == 201
    outside.patch("/_sandbox/orders/1001", json={"quantities": {"5001": 2}, "shop_comment": "Haster"})
    outside.patch("/_sandbox/orders/1001/lines/5001", json={"extra_field": "Gave"})
    outside.post("/_sandbox/orders/1001/block", json={})
    assert outside.post("/_sandbox/orders/1001/delete", json={"by": "Kari"}).json()["deleted_by"] == "Kari"

    orders = outside.get("/api/v1/orders", auth=(token, ""))
    (order,) = orders.json()["data"]
    assert (order["shop_comment"], order["blocked"], order["deleted"]) == ("Haster", "1", "1")
    assert (order["order_lines"][0]["quantity"], order["order_lines"][0]["extra_field"]) == ("2", "Gave")
    assert outside.get("/_sandbox/orders").json() == [outside.get("/_sandbox/orders/1001").json()] == [order]
    assert [row["article_no"] for row in outside.get("/_sandbox/variants").json()] == ["UJ-1-M", "UJ-1-L"]
    head = outside.head("/api/v1/orders", auth=(token, ""))
    assert (head.content, head.headers["Last-Modified"]) == (b"", orders.headers["Last-Modified"])
    assert outside.get("/_sandbox/state").json() == {
        "products": 1, "variants": 2, "customers": 1, "orders": 1, "most_at_once": 1,
    }  # fmt: skip
    for path in ("orders/1001", "variants/501001", "products/501"):
        assert outside.delete(f"/_sandbox/{path}").status_code == 204
    assert outside.post("/_sandbox/token", json={"remove": True}).json() == {"token": None}
    assert outside.get("/api/v1/orders", auth=(token, "")).status_code == 401
    assert [call["status"] for call in outside.get("/_sandbox/journal").json()] == [200, 200, 401]


def test_it_behaves_otherwise_from_now_on(outside: httpx.Client) -> None:
    assert outside.post("/_sandbox/settings", json={"wrong_token_status": 403, "auth_forms": ["query"]}).status_code == 204
    assert outside.get("/api/v1/orders", auth=("nettbutikk-token", "")).status_code == 403
    for body in ({"wrong_token_status": 404}, {"colour": "red"}):
        assert outside.post("/_sandbox/settings", json=body).status_code == 422
    assert outside.post("/_sandbox/orders", json={"lines": [{"article_no": "none"}]}).status_code == 422


def test_ids_and_the_numbers_of_samples_begin_where_they_are_told_to() -> None:
    told = NettbutikkConfig(first_ids={"orders": 101001, "products": 100501}, sample_orders=1, sample_mark="-2")
    with Server(create_nettbutikk(told)) as server, httpx.Client(base_url=server.url) as client:
        assert [row["order_no"] for row in client.get("/_sandbox/orders").json()] == ["101001"]
        variants = client.get("/_sandbox/variants").json()
    numbers = ["UJ-1-S-2", "UJ-1-M-2", "UJ-1-L-2", "SOKK-1-2", "KOPP-1-2"]
    assert [row["article_no"] for row in variants] == numbers
    assert [row["id"] for row in variants] == ["100501", "100501", "100501", "100502", "100503"]


def test_it_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[Any, int]] = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: served.append((app.state.shop.config, options["port"])))
    config = '{"charset": "iso-8859-1", "auth_forms": ["query"], "sample_orders": 2}'
    monkeypatch.setattr(sys, "argv", ["python -m app.sandbox", "24nettbutikk", "--port", "8123", "--config", config])
    sandbox.main()
    assert served == [(NettbutikkConfig(charset="iso-8859-1", auth_forms=("query",), sample_orders=2), 8123)]


def test_every_simulator_has_its_name() -> None:
    assert sandbox.simulators() == {
        "mystore": "mystore", "24nettbutikk": "nettbutikk24", "ongoing": "ongoing", "24sevenoffice": "sevenoffice24",
        "woocommerce": "woocommerce",
    }  # fmt: skip
