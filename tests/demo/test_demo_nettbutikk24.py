"""The demo's 24Nettbutikk shop, and what each start of the demo has of its own."""

from __future__ import annotations

import json

import pytest

from app.demo.nettbutikk24.live import told
from app.demo.nettbutikk24.scenes import writes
from app.demo.nettbutikk24.simulator import configuration, draft
from app.demo.world import Secrets
from app.sandbox.kit.command import read_config
from app.sandbox.nettbutikk24 import NettbutikkConfig


@pytest.mark.parametrize(("starts", "mark"), [(0, ""), (1, "-2"), (2, "-3")])
def test_the_article_numbers_of_a_later_start_are_others(starts: int, mark: str) -> None:
    names = [name for name in Secrets.__dataclass_fields__ if name != "starts"]
    assert Secrets(**dict.fromkeys(names, "x"), starts=starts).mark == mark


def test_the_ids_of_a_later_start_are_others() -> None:
    config = read_config(NettbutikkConfig, json.dumps(configuration("secret", 1, "-2")))
    assert config.first_ids == {"orders": 101001, "lines": 105001, "products": 100501, "customers": 100071}
    assert (config.token, config.sample_orders, config.sample_mark) == ("secret", 5, "-2")


def test_it_is_connected_without_its_statuses_confirmed() -> None:
    made = draft("http://127.0.0.1:1", "secret", {"goods_owner_id": 79}, 15)
    assert made["source"] == {"api_url": "http://127.0.0.1:1/api/v1/", "api_key": "secret"}
    assert made["settings"]["status_confirmed"] is False


def call(method: str, path: str, body: object = None) -> dict[str, object]:
    return {"method": method, "path": f"/api/v1/{path}", "body": body}


def test_what_the_shop_is_told_is_shown_in_words() -> None:
    said = [
        told(call("PATCH", "orders/1001", {"status": "Sendt"})),
        told(call("PATCH", "orders/1001", {"tracking_number": "7030"})),
        told(call("PATCH", "products/501002", {"stock": 7})),
        told(call("PATCH", "orders/1001/lines/5001", {"sent": "1"})),
        told(call("GET", "orders/100/0")),
    ]
    assert said == [
        "24Nettbutikk order 1001 is Sendt",
        "24Nettbutikk order 1001: tracking number 7030",
        "24Nettbutikk stock of 501002: 7 pieces",
        None,
        None,
    ]


def test_writes_to_orders_are_named_with_their_fields() -> None:
    calls = [call("GET", "orders/1001"), call("PATCH", "products/5", {"stock": 1}), call("PATCH", "orders/1001", {"status": "x"})]
    assert writes(calls) == ["orders/1001 status"]
