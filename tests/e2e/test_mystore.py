"""`POST /sync/mystore` as a smoke test: what a pipeline asks after a deployment, with a dry run and in earnest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.gateway_command import as_json, gateway
from tests.e2e.demo_process import Demo

pytestmark = pytest.mark.timeout(180)

GOODS_OWNER = 78
SAMPLE = {
    "UJ-1-S": "Ulljakke S",
    "UJ-1-M": "Ulljakke M",
    "UJ-1-L": "Ulljakke L",
    "SOKK-1": "Sokker & votter",
    "KOPP-1": "Kopp",
}
"""The goods that the demo's mystore sells, and their names."""


def sandbox(demo: Demo, path: str, **body: Any) -> Any:
    """Something that somebody does in the simulated mystore."""
    with httpx.Client(trust_env=False, timeout=30) as http:
        answer = http.post(f"{demo.said['mystore']['url']}/_sandbox/{path}", json=body)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def in_warehouse(demo: Demo, kind: str) -> list[dict[str, Any]]:
    place = demo.said["warehouse"]
    with httpx.Client(trust_env=False, timeout=30) as http:
        answer = http.get(f"{place['url']}/{kind}?goodsOwnerId={GOODS_OWNER}", auth=(place["user"], place["password"]))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


@pytest.fixture(scope="module")
def connected(demo: Demo) -> dict[str, Any]:
    """A draft with a personal access token, as over REST. Nobody waits for the shop's pace."""
    sandbox(demo, "settings", calls_per_minute=None)
    mystore, place = demo.said["mystore"], demo.said["warehouse"]
    wanted = {
        "integration": "mystore",
        "source": {"shop": mystore["shop"], "access_token": sandbox(demo, "tokens", scopes=["*"])["token"]},
        "warehouse": {name: place[name] for name in ("url", "user", "password")} | {"goods_owner_id": GOODS_OWNER},
        # Both processes are off: no poll and no webhook brings what a dry run is to show.
        "settings": {
            "go_live": "2020-01-01T00:00:00Z",
            "calls_per_minute": 6000,
            "processes": {"articles": False, "orders": False, "shipments": False},
        },
    }
    answer = demo.api("PUT", "connections/mystore", json=wanted)
    assert answer.is_success, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_DATA_DIRECTORY", str(tmp_path))


def test_the_smoke_test_from_a_draft_to_the_warehouse(demo: Demo, connected: dict[str, Any]) -> None:
    """One story: each step needs the one before."""
    refused = demo.api("POST", "sync/mystore", params={"dry_run": True})
    assert refused.status_code == 409
    assert "/connections/mystore/activate" in refused.text
    report = demo.api("POST", "connections/mystore/test").json()
    assert report["ok"], report
    assert demo.api("POST", "connections/mystore/activate").status_code == 200

    planned = demo.api("POST", "sync/mystore", params={"process": "orders", "dry_run": True, "full": True})
    assert planned.status_code == 200, planned.text
    run = planned.json()
    assert (run["state"], run["dry_run"], run["counts"]["failed"], run["counts"]["created"]) == ("done", True, 0, 5)
    first = min(run["preview"], key=lambda each: int(each["number"]))
    shown = {change["field"]: change["after"] for change in first["fields"]}
    assert first["outcome"] == "created"
    assert shown["consignee.name"] == "Kari Nordmann"
    assert (shown["orderLines[0].articleNumber"], shown["orderLines[0].numberOfItems"]) == ("UJ-1-M", 1)
    assert (in_warehouse(demo, "orders"), in_warehouse(demo, "articles")) == ([], [])

    on = {"settings": {"processes": {"articles": True, "orders": True, "shipments": True}}}
    assert demo.api("PATCH", "connections/mystore", json=on).is_success
    for asked in ({"dry_run": True}, {}, {"full": True}):
        answer = demo.api("POST", "sync/mystore", params={"fail_on": "failed,held", **asked})
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "done"
    assert {each["articleNumber"]: each["articleName"] for each in in_warehouse(demo, "articles")} == SAMPLE
    orders = in_warehouse(demo, "orders")
    names = sorted(each["consignee"]["name"] for each in orders)
    assert names == ["Fjell AS, Ola Hansen", "Fjell AS, Ola Hansen", "Kari Nordmann", "Kari Nordmann", "Maja Berg"]
    assert sorted(each["consignee"]["countryCode"] for each in orders) == ["NO", "NO", "NO", "NO", "SE"]

    result = gateway("sync", "mystore", "--dry-run", "--full", "--json", environment=demo.environment)
    assert result.exit_code == 0, result.stderr
    again = as_json(result)
    assert (again["counts"]["created"], again["counts"]["updated"], again["counts"]["failed"]) == (0, 0, 0)
