"""The simulator as whole flows of the gateway use it (`tests.harness.mystore`)."""

from __future__ import annotations

import httpx

from tests.harness.clock import Clock
from tests.harness.mystore import TOKEN, SimulatedMystore, mystore_url, running
from tests.sandbox.mystore.calling import headers


def test_it_is_served_where_it_says() -> None:
    mystore = SimulatedMystore.open(Clock())
    order = mystore.order("SOKK-1", "KOPP-1", status="Under behandling")
    answer = httpx.get(f"{mystore.url}/shops/demo/orders/{order['id']}/order-products", headers=headers(token=TOKEN))
    assert [line["attributes"]["sku"] for line in answer.json()["data"]] == ["SOKK-1", "KOPP-1"]
    assert [(call.method, call.status) for call in mystore.calls(method="GET")] == [("GET", 200)]
    assert mystore.url == mystore_url()
    assert mystore.credentials() == {"shop": "demo", "access_token": TOKEN, "api_url": mystore.url}


def test_it_fails_until_it_is_mended() -> None:
    mystore = SimulatedMystore.open(Clock(), past_end="empty")
    mystore.fail("status", status=403, text="Token has expired or is invalid")
    url = f"{mystore.url}/shops/demo/orders"
    assert httpx.get(url, headers=headers(token=TOKEN)).json()["errors"][0]["detail"] == "Token has expired or is invalid"
    mystore.mend()
    assert httpx.get(url, headers=headers(token=mystore.token("read:orders"))).status_code == 200


async def test_a_delivery_is_made_for_a_test_that_sends_it_itself() -> None:
    mystore = SimulatedMystore.open(Clock())
    order = mystore.order()
    body, given = mystore.delivery("orders/create", mystore.shown("orders", order["id"]), "secret")
    assert body.startswith(b'{"data":{"type":"orders","id":"10001"')
    assert (given["X-No-Mystore-Topic"], given["X-No-Mystore-Host"]) == ("orders/create", "demo")
    await mystore.deliver()
    assert mystore.shop.deliveries == []


def test_one_of_its_own_sends_by_itself() -> None:
    with running(Clock()) as mystore:
        body = {"data": {"type": "webhooks", "attributes": {"topic": "orders/create", "url": f"{mystore.url}/login"}}}
        made = httpx.post(f"{mystore.url}/shops/demo/webhooks", json=body, headers=headers(token=mystore.token()))
        assert made.status_code == 201
        mystore.order()
        httpx.post(f"{mystore.url}/_sandbox/deliver")
        assert [one.status for one in mystore.shop.deliveries] == [422]
