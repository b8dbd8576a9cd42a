"""`POST /sync/24nettbutikk` as a smoke test: what a pipeline asks after a deployment, with a dry run and in earnest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.gateway_command import as_json, gateway
from tests.e2e.demo_process import Demo

pytestmark = pytest.mark.timeout(180)

GOODS_OWNER = 79
ARTICLES = {
    "UJ-1-S": "Ulljakke Størrelse: S",
    "UJ-1-M": "Ulljakke Størrelse: M",
    "UJ-1-L": "Ulljakke Størrelse: L",
    "SOKK-1": "Sokker & votter",
    "KOPP-1": "Kopp",
}
"""The goods that the demo's shop sells, and their names."""
MEDIUM = {
    "articleNumber": "UJ-1-M",
    "articleName": "Ulljakke Størrelse: M",
    "productCode": "501002",
    "unitCode": "st",
    "isStockArticle": True,
    "description": "Varm jakke",
    "purchasePrice": 310,
    "customerPrice": 999,
    "weight": 0.62,
    "length": 0.4,
    "width": 0.3,
    "volume": 0.0096,
    "barCodeInfo.barCode": "7090000000024",
    "isActive": True,
    "articleCategory.code": "Jakker",
    "articleCategory.name": "Jakker",
    "goodsOwnerId": 79,
}
"""An article, field by field. requirement: 24Nettbutikk, articles."""
TO_THE_CABIN = {
    "orderNumber": "1003",
    "goodsOwnerOrderId": "1003",
    "goodsOwnerId": 79,
    "advanced.wayOfDeliveryString": "Posten – hentested",
    "wayOfDelivery.code": "3",
    "wayOfDelivery.name": "Posten – hentested",
    "smsNotification.toBeNotified": True,
    "smsNotification.value": "90000000",
    "telephoneNotification.toBeNotified": True,
    "telephoneNotification.value": "90000000",
    "emailNotification.toBeNotified": True,
    "emailNotification.value": "bjorg@example.no",
    "consignee.customerNumber": "73",
    "consignee.name": "Hytta",
    "consignee.address1": "Fjellveien 2",
    "consignee.postCode": "2670",
    "consignee.city": "Otta",
    "consignee.countryCode": "NO",
    "consignee.advanced.smsNotification.toBeNotified": True,
    "consignee.advanced.smsNotification.value": "90000000",
    "consignee.advanced.telephoneNotification.toBeNotified": True,
    "consignee.advanced.telephoneNotification.value": "90000000",
    "consignee.advanced.emailNotification.toBeNotified": True,
    "consignee.advanced.emailNotification.value": "bjorg@example.no",
    "consignee.invoiceAddress.name": "Bjørg Ås",
    "consignee.invoiceAddress.address1": "Storgata 1",
    "consignee.invoiceAddress.postCode": "0155",
    "consignee.invoiceAddress.city": "Oslo",
    "consignee.invoiceAddress.countryCode": "NO",
    "orderLines[0].rowNumber": "5003",
    "orderLines[0].articleNumber": "KOPP-1",
    "orderLines[0].numberOfItems": 3,
    "orderLines[0].prices.linePrice": 79.2,
    "orderLines[0].prices.customerLinePrice": 237.6,
    "orderLines[0].prices.currencyCode": "NOK",
}
"""An order, field by field, but for its date: three cups at 99, of which a fifth is VAT. requirement: 24Nettbutikk, orders."""


def in_warehouse(demo: Demo, kind: str) -> list[dict[str, Any]]:
    place = demo.said["warehouse"]
    with httpx.Client(trust_env=False, timeout=30) as http:
        answer = http.get(f"{place['url']}/{kind}?goodsOwnerId={GOODS_OWNER}", auth=(place["user"], place["password"]))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def dry_run(demo: Demo, process: str) -> dict[str, dict[str, Any]]:
    """The fields that would be sent, by the record's number."""
    answer = demo.api("POST", "sync/24nettbutikk", params={"process": process, "dry_run": True, "full": True})
    assert answer.status_code == 200, answer.text
    run = answer.json()
    assert (run["state"], run["dry_run"], run["counts"]["failed"], run["counts"]["created"]) == ("done", True, 0, 5)
    assert {each["outcome"] for each in run["preview"]} == {"created"}
    return {each["number"]: {change["field"]: change["after"] for change in each["fields"]} for each in run["preview"]}


@pytest.fixture(scope="module")
def connected(demo: Demo) -> dict[str, Any]:
    """A draft, as over REST. No process is on: no poll brings what a dry run is to show. Nobody waits for the shop's pace."""
    shop, place = demo.said["24nettbutikk"], demo.said["warehouse"]
    wanted = {
        "integration": "24nettbutikk",
        "source": {"api_url": shop["api_url"], "api_key": shop["api_key"]},
        "warehouse": {name: place[name] for name in ("url", "user", "password")} | {"goods_owner_id": GOODS_OWNER},
        "settings": {
            "go_live": "2020-01-01T00:00:00Z",
            "requests_per_second": 1000,
            "processes": {"articles": False, "orders": False, "shipments": False, "stock": False},
        },
    }
    answer = demo.api("PUT", "connections/24nettbutikk", json=wanted)
    assert answer.is_success, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_DATA_DIRECTORY", str(tmp_path))


def test_the_smoke_test_from_a_draft_to_the_warehouse(demo: Demo, connected: dict[str, Any]) -> None:
    """One story: each step needs the one before."""
    refused = demo.api("POST", "sync/24nettbutikk", params={"dry_run": True})
    assert refused.status_code == 409
    assert "/connections/24nettbutikk/activate" in refused.text
    report = demo.api("POST", "connections/24nettbutikk/test").json()
    assert report["ok"], report
    assert demo.api("POST", "connections/24nettbutikk/activate").status_code == 200

    articles = dry_run(demo, "articles")
    assert articles.keys() == ARTICLES.keys()
    assert articles["UJ-1-M"] == MEDIUM
    orders = dry_run(demo, "orders")
    assert orders.keys() == {"1001", "1002", "1003", "1004", "1005"}
    cabin = orders["1003"]
    assert cabin.pop("deliveryDate")
    assert cabin == TO_THE_CABIN
    assert (orders["1002"]["consignee.name"], orders["1002"]["consignee.city"]) == ("Fjell AS", "Bergen")
    assert (in_warehouse(demo, "orders"), in_warehouse(demo, "articles")) == ([], [])

    on = {"processes": {"articles": True, "orders": True, "shipments": True, "stock": True}}
    confirmed = {"status_confirmed": True, "status_sent": "Sendt", "status_sent_rest": "Sendt med rest"}
    assert demo.api("PATCH", "connections/24nettbutikk", json={"settings": {**on, **confirmed}}).is_success
    for asked in ({"dry_run": True}, {}, {"full": True}):
        answer = demo.api("POST", "sync/24nettbutikk", params={"fail_on": "failed,held", **asked})
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "done"
    assert {each["articleNumber"]: each["articleName"] for each in in_warehouse(demo, "articles")} == ARTICLES
    names = sorted(each["consignee"]["name"] for each in in_warehouse(demo, "orders"))
    assert names == ["Fjell AS", "Fjell AS", "Hytta", "Kari Nordmann", "Kari Nordmann"]

    result = gateway("sync", "24nettbutikk", "--dry-run", "--full", "--json", environment=demo.environment)
    assert result.exit_code == 0, result.stderr
    again = as_json(result)
    assert (again["counts"]["created"], again["counts"]["updated"], again["counts"]["failed"]) == (0, 0, 0)
