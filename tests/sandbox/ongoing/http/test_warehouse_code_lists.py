"""The code lists."""

from __future__ import annotations

from tests.sandbox.ongoing.simulated_site import Build, Site, refused


async def test_the_standard_statuses_are_listed(site: Site) -> None:
    assert (await site.api.get("/orders/statuses")).json() == {
        "orderStatuses": [
            {"number": 150, "text": "Error"},
            {"number": 200, "text": "Open"},
            {"number": 300, "text": "Released"},
            {"number": 320, "text": "Allocated"},
            {"number": 400, "text": "Picked"},
            {"number": 450, "text": "Sent"},
            {"number": 500, "text": "Collected"},
            {"number": 800, "text": "Returned"},
            {"number": 1000, "text": "Cancelled"},
        ]
    }


async def test_a_warehouse_may_have_statuses_of_its_own(build: Build) -> None:
    site = build(statuses=((210, "Checked"),))
    assert (await site.api.get("/orders/statuses")).json() == {"orderStatuses": [{"number": 210, "text": "Checked"}]}


async def test_transporter_contracts_give_the_codes_that_an_order_may_name(build: Build) -> None:
    site = build(transporter_contracts=(("BRING", "SERVICEPAKKE", "Posten Norge", "Servicepakke", "BRING-SP"),))
    assert (await site.api.get("/transporterContracts", params={"goodsOwnerId": 77})).json() == [
        {
            "ediCode": "BRING-SP",
            "transporterName": "Posten Norge",
            "transporterCode": "BRING",
            "transporterServiceCode": "SERVICEPAKKE",
            "transporterServices": [{"transporterServiceName": "Servicepakke", "transporterServiceCode": "SERVICEPAKKE"}],
        }
    ]
    good = await site.put_order(transporter={"transporterCode": "BRING", "transporterServiceCode": "SERVICEPAKKE"})
    assert good.status_code == 201
    refused(await site.put_order(transporter={"transporterCode": "POSTNORD", "transporterServiceCode": "MYPACK_COLLECT"}))


async def test_ways_of_delivery_and_order_types_are_found_by_code_or_created_by_orders(site: Site) -> None:
    await site.put_order(
        "A", wayOfDelivery={"code": "std", "name": "Standard"}, orderType={"code": "SUB", "name": "Subscription"}
    )
    await site.put_order("B", wayOfDelivery={"code": "std", "name": "Another name"}, orderType={"code": "B2C", "name": None})
    ways = (await site.api.get("/orders/wayOfDeliveryTypes", params={"goodsOwnerId": 77})).json()
    assert [(way["code"], way["name"]) for way in ways["wayOfDeliveryTypes"]] == [("std", "Standard")]
    assert (await site.read_order("B"))["orderInfo"]["wayOfDelivery"] == {"code": "std", "name": "Standard"}
    assert (await site.api.get("/orders/types", params={"goodsOwnerId": 77})).json() == {
        "orderTypes": [
            {"code": "B2C", "name": "Consumer"},
            {"code": "B2B", "name": "Business"},
            {"code": "SUB", "name": "Subscription"},
        ]
    }
    other = (await site.api.get("/orders/wayOfDeliveryTypes", params={"goodsOwnerId": 78})).json()
    assert other == {"wayOfDeliveryTypes": []}


async def test_the_warehouse_lists_itself(site: Site) -> None:
    (warehouse,) = (await site.api.get("/warehouses")).json()
    assert (warehouse["id"], warehouse["code"], warehouse["address"]["countryCode"]) == (1, "demo", "NO")


async def test_code_lists_take_their_own_query_only(site: Site) -> None:
    for path in ("/orders/types", "/orders/wayOfDeliveryTypes", "/transporterContracts"):
        assert "'goodsOwnerId': is required" in refused(await site.api.get(path))
    for path in ("/orders/statuses", "/warehouses"):
        assert "'goodsOwnerId': unknown parameter" in refused(await site.api.get(path, params={"goodsOwnerId": 77}))
