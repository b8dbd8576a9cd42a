"""`POST /sync/24sevenoffice` as a smoke test: what a pipeline asks after a deployment, with a dry run and in earnest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.gateway_command import as_json, gateway
from tests.e2e.demo_process import Demo, until

pytestmark = pytest.mark.timeout(180)

NAME = "24sevenoffice"
GOODS_OWNER = 80
ARTICLES = {"UJ-1-M": "Ulljakke M", "SOKK-1": "Sokker & votter", "KOPP-1": "Kopp"}
"""The products that the demo's ERP has, and their names."""
ORDERS = {"5501", "5502", "5503", "5504"}
JACKET = {
    "articleNumber": "UJ-1-M",
    "articleName": "Ulljakke M",
    "productCode": "1042",
    "weight": 0.62,
    "barCodeInfo.barCode": "0704661234567",
    "goodsOwnerId": 80,
}
"""Of an article. requirement: 24SevenOffice, articles."""
TO_THE_CABIN = {
    "orderNumber": "5502",
    "goodsOwnerId": 80,
    "referenceNumber": "PO-2",
    "advanced.wayOfDeliveryString": "Pakke hjem",
    "wayOfDelivery.code": "3",
    "wayOfDelivery.name": "Pakke hjem",
    "consignee.customerNumber": "2202",
    "consignee.name": "Bjørg Ås",
    "consignee.address1": "Fjellveien 2",
    "consignee.postCode": "2670",
    "consignee.city": "OTTA",
    "consignee.countryCode": "NO",
    "consignee.advanced.smsNotification.value": "+4790000001",
    "consignee.advanced.telephoneNotification.value": "+4790000001",
    "consignee.advanced.emailNotification.value": "bjorg@example.no",
    "orderLines[0].rowNumber": "9002",
    "orderLines[0].articleNumber": "SOKK-1",
    "orderLines[0].numberOfItems": 2,
}
"""Of an order: its phone number and e-mail address are the company's. requirement: 24SevenOffice, sales orders."""


def of_the_warehouse(demo: Demo, method: str, path: str, **options: Any) -> Any:
    place = demo.said["warehouse"]
    with httpx.Client(trust_env=False, timeout=30, auth=(place["user"], place["password"])) as http:
        answer = http.request(method, str(httpx.URL(f"{place['url']}/").join(path)), **options)
    assert answer.is_success, answer.text
    return answer.json()


def numbers(demo: Demo, kind: str) -> list[str]:
    """Of what the warehouse has."""
    found = of_the_warehouse(demo, "GET", f"{kind}?goodsOwnerId={GOODS_OWNER}")
    return sorted(each["articleNumber"] if kind == "articles" else each["orderInfo"]["orderNumber"] for each in found)


def in_the_office(demo: Demo, method: str, path: str, body: Any = None) -> Any:
    """What people do in the ERP."""
    with httpx.Client(trust_env=False, timeout=30) as http:
        answer = http.request(method, f"{demo.said[NAME]['api_url']}/_sandbox/{path}", json=body)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def sync(demo: Demo, name: str = NAME, **params: Any) -> dict[str, Any]:
    answer = demo.api("POST", f"sync/{name}", params={"fail_on": "failed,held", **params})
    assert answer.status_code == 200, answer.text
    run: dict[str, Any] = answer.json()
    assert (run["state"], run["counts"]["failed"]) == ("done", 0)
    return run


def dry_run(demo: Demo, process: str) -> dict[str, dict[str, Any]]:
    """The fields that would be sent, by the number of the record. All of them are new."""
    run = sync(demo, process=process, dry_run=True, full=True)
    assert run["dry_run"]
    assert {each["outcome"] for each in run["preview"]} == {"created"}
    assert run["counts"]["created"] == len(run["preview"])
    return {each["number"]: {change["field"]: change["after"] for change in each["fields"]} for each in run["preview"]}


PROCESSES = ("articles", "orders", "shipments", "stock")


def made(demo: Demo, name: str, *on: str, **more: Any) -> None:
    """A draft, with these processes on."""
    office, place = demo.said[NAME], demo.said["warehouse"]
    source = {key: office[key] for key in ("application_id", "username", "password", "api_url")}
    wanted = {
        "integration": NAME,
        "source": {**source, **more},
        "warehouse": {key: place[key] for key in ("url", "user", "password")} | {"goods_owner_id": GOODS_OWNER},
        "settings": {
            "go_live": "2020-01-01T00:00:00Z",
            "order_number_prefix": "" if name == NAME else "U-",
            "processes": {process: process in on for process in PROCESSES},
        },
    }
    answer = demo.api("PUT", f"connections/{name}", json=wanted)
    assert answer.is_success, answer.text


def activated(demo: Demo, name: str) -> dict[str, Any]:
    """What the test has found out."""
    report = demo.api("POST", f"connections/{name}/test").json()
    assert report["ok"], report
    answer = demo.api("POST", f"connections/{name}/activate")
    assert answer.status_code == 200, answer.text
    facts: dict[str, Any] = demo.api("GET", f"connections/{name}").json()["facts"]
    return facts


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_DATA_DIRECTORY", str(tmp_path))


def test_the_smoke_test_from_a_draft_to_sent(demo: Demo) -> None:
    """One story: each step needs the one before. First no process is on: no poll brings what a dry run is to show."""
    made(demo, NAME)
    refused = demo.api("POST", f"sync/{NAME}", params={"dry_run": True})
    assert refused.status_code == 409
    assert f"/connections/{NAME}/activate" in refused.text
    facts = activated(demo, NAME)
    companies = {each["name"]: each["id"] for each in facts["identities"]}
    assert companies.keys() == {"Ullvare Engros AS", "Ullvare Utsalg AS"}
    _empty_company(demo, companies["Ullvare Utsalg AS"])

    articles = dry_run(demo, "articles")
    assert articles.keys() == ARTICLES.keys()
    assert articles["UJ-1-M"].items() >= JACKET.items()
    orders = dry_run(demo, "orders")
    assert orders.keys() == ORDERS
    assert orders["5502"].items() >= TO_THE_CABIN.items()
    assert (numbers(demo, "orders"), numbers(demo, "articles")) == ([], [])

    on = {"settings": {"processes": dict.fromkeys(PROCESSES, True)}}
    assert demo.api("PATCH", f"connections/{NAME}", json=on).is_success
    sync(demo, dry_run=True)
    sync(demo)
    sync(demo, full=True)
    assert numbers(demo, "articles") == sorted(ARTICLES)
    assert numbers(demo, "orders") == sorted(ORDERS)
    result = gateway("sync", NAME, "--dry-run", "--full", "--json", environment=demo.environment)
    assert result.exit_code == 0, result.stderr
    again = as_json(result)
    assert [again["counts"][each] for each in ("created", "updated", "cancelled", "failed")] == [0, 0, 0, 0]

    _to_sent(demo, "5502")
    _read_that_failed(demo)
    assert [each for each in in_the_office(demo, "GET", "refusals") if each["kind"] == "request"] == []


def _to_sent(demo: Demo, number: str) -> None:
    """The warehouse sends an order, and the ERP knows."""
    body = {"goods_owner_id": GOODS_OWNER, "waybill": "370700000000000041", "picked": {}}
    of_the_warehouse(demo, "POST", f"/_sandbox/orders/{number}/ship", json=body)
    sync(demo, process="shipments")
    order = until(lambda: _sent(demo, number), "the order's status in the ERP")
    assert [row["Quantity"] for row in order["InvoiceRows"]] == ["2"]
    assert {one["OrderStatus"] for one in in_the_office(demo, "GET", "orders") if str(one["OrderId"]) != number} == {"Confirmed"}


def _sent(demo: Demo, number: str) -> dict[str, Any]:
    order: dict[str, Any] = in_the_office(demo, "GET", f"orders/{number}")
    return order if order["OrderStatus"] == "OrderState_Sent" else {}


def _read_that_failed(demo: Demo) -> None:
    """A pipeline sees that it has read nothing, and that all goes well again afterwards."""
    in_the_office(demo, "POST", "faults", {"kind": "status", "status": 503, "operation": "GetInvoices"})
    answer = demo.api("POST", f"sync/{NAME}", params={"process": "orders"})
    assert (answer.status_code, answer.json()["run"]["state"]) == (424, "failed")
    result = gateway("sync", NAME, "--process", "orders", environment=demo.environment)
    assert result.exit_code == 1
    in_the_office(demo, "DELETE", "faults")
    until(lambda: demo.api("POST", f"sync/{NAME}", params={"process": "orders"}).status_code == 200, "a sync that goes well")
    assert gateway("sync", NAME, "--process", "orders", environment=demo.environment).exit_code == 0


def _empty_company(demo: Demo, identity: str) -> None:
    """The user's other company has neither products nor orders."""
    made(demo, "utsalg", "articles", "orders", identity_id=identity)
    activated(demo, "utsalg")
    for process in ("articles", "orders"):
        run = sync(demo, "utsalg", process=process)
        assert (run["counts"]["read"], run["preview"]) == (0, [])
    off = {"settings": {"processes": dict.fromkeys(PROCESSES, False)}}
    assert demo.api("PATCH", "connections/utsalg", json=off).is_success
