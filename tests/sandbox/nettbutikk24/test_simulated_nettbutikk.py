"""The simulator as whole flows of the gateway use it (`tests.harness.nettbutikk24`)."""

from __future__ import annotations

import httpx

from tests.harness.clock import Clock
from tests.harness.nettbutikk24 import TOKEN, SimulatedNettbutikk, nettbutikk_url


def test_it_is_served_where_it_says() -> None:
    nettbutikk = SimulatedNettbutikk.open(Clock())
    assert nettbutikk.url == nettbutikk_url()
    assert nettbutikk.credentials() == {"api_url": nettbutikk.url, "api_key": TOKEN}
    order = nettbutikk.order("SOKK-1", "KOPP-1", status="Til behandling")
    answer = httpx.get(f"{nettbutikk.url}orders/{order['order_no']}", auth=(TOKEN, ""))
    assert answer.json()["data"] == [nettbutikk.shown(order["order_no"])]
    assert [(call.method, call.status) for call in nettbutikk.calls("orders/")] == [("GET", 200)]
    assert nettbutikk.calls("products") == []
    assert nettbutikk.calls(method="PATCH") == []


def test_it_fails_until_it_is_mended() -> None:
    nettbutikk = SimulatedNettbutikk.open(Clock(), wrong_token_status=403)
    nettbutikk.fail("status", status=502)
    assert httpx.get(f"{nettbutikk.url}orders", auth=(TOKEN, "")).status_code == 502
    nettbutikk.mend()
    assert httpx.get(f"{nettbutikk.url}orders", auth=(TOKEN, "")).status_code == 200
    new = nettbutikk.replace_token()
    assert httpx.get(f"{nettbutikk.url}orders", auth=(TOKEN, "")).status_code == 403
    assert nettbutikk.credentials()["api_key"] == new
    nettbutikk.change(auth_forms=("query",))
    assert httpx.get(f"{nettbutikk.url}orders", params={"access_token": new}).status_code == 200
