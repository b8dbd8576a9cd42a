"""`GET /connections/{connection}/carriers`: what the WMS lists, what the settings name, and which carrier an order would get."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calling import Site

RULES: list[dict[str, Any]] = [
    {"method": "flat_*", "countries": ["SE"], "transporter_code": "POSTNORD", "transporter_service_code": "MYPACK_COLLECT"},
    {"over_kg": 2, "transporter_code": "BRING", "transporter_service_code": "BUSINESS_PARCEL"},
]
TABLE = {"flat_rate": {"transporter_code": "DHL", "transporter_service_code": "PAKET"}}


async def carriers(site: Site, **query: Any) -> dict[str, Any]:
    answer = await site.client.get("/connections/shop/carriers", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_list_says_what_each_setting_names_and_what_is_gone(lite_site: Site) -> None:
    await lite_site.change_settings(lite_site.connection, transporter_rules=RULES, transporters=TABLE)
    lite_site.warehouse.lists_carriers("BRING BUSINESS_PARCEL", "POSTNORD MYPACK_COLLECT")
    found = await carriers(lite_site)
    assert found["listed"] == [
        {"name": "Posten Norge", "code": "BRING", "services": ["BUSINESS_PARCEL"]},
        {"name": "PostNord", "code": "POSTNORD", "services": ["MYPACK_COLLECT"]},
    ]
    assert [(each["setting"], each["is_listed"]) for each in found["named"]] == [
        ("transporter_rules.0", True),
        ("transporter_rules.1", True),
        ("transporters.flat_rate", False),
    ]
    assert found["named"][-1]["problem"] == "the warehouse lists no transporter 'DHL'"
    assert found["fits"] is None


@pytest.mark.parametrize(
    ("query", "setting"),
    [
        ({"method": "flat_rate", "country": "SE", "weight_kg": 5}, "transporter_rules.0"),
        ({"method": "flat_rate", "weight_kg": 2.5}, "transporter_rules.1"),
        ({"method": "flat_rate", "weight_kg": 2}, "transporters.flat_rate"),
        ({"method": "flat_rate"}, "transporters.flat_rate"),
        ({"method": "other"}, None),
    ],
)
async def test_it_says_which_carrier_an_order_would_get(lite_site: Site, query: dict[str, Any], setting: str | None) -> None:
    await lite_site.change_settings(lite_site.connection, transporter_rules=RULES, transporters=TABLE)
    fits = (await carriers(lite_site, **query))["fits"]
    assert (fits or {}).get("setting") == setting


async def test_a_warehouse_that_is_away_is_an_answer_of_its_own(lite_site: Site) -> None:
    lite_site.warehouse.fail("status", status=503)
    assert (await lite_site.client.get("/connections/shop/carriers")).status_code == 424
