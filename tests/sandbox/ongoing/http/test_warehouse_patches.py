"""The calls that change one thing about an order, whatever its status."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ongoing.simulated_site import Site, refused

ORDER, LINE = "/orders/50001", "/orders/50001/lines/480001"


async def info(site: Site, number: str = "W-1") -> dict[str, Any]:
    return (await site.read_order(number))["orderInfo"]


@pytest.mark.parametrize(
    ("field", "body", "shown"),
    [
        ("orderRemark", {"orderRemark": "Ring"}, {"orderRemark": "Ring"}),
        ("warehouseInstruction", {"warehouseInstruction": "Blue"}, {"warehouseInstruction": "Blue"}),
        ("servicePointCode", {"servicePointCode": "152347"}, {"servicePointCode": "152347"}),
        ("deliveryDate", {"deliveryDate": "2027-02-09"}, {"deliveryDate": "2027-02-09"}),
        ("freeText1", {"freeText1": "a"}, {"freeText1": "a"}),
        ("freeText2", {"freeText2": "b"}, {"freeText2": "b"}),
        ("freeText3", {"freeText3": ""}, {"freeText3": ""}),
        ("waybill", {"waybill": "703"}, {"wayBill": "703"}),
        ("returnWaybill", {"returnWaybill": "R703"}, {"returnWayBill": "R703"}),
    ],
)
async def test_one_field_is_changed_after_the_warehouse_has_started_too(
    site: Site, field: str, body: dict[str, Any], shown: dict[str, Any]
) -> None:
    await site.put_order()
    site.warehouse.set_order_status("W-1", 400)
    answer = await site.api.patch(f"{ORDER}/{field}", json=body)
    assert answer.json() == {"orderId": 50001, "message": None}
    assert {name: (await info(site))[name] for name in shown} == shown


@pytest.mark.parametrize(
    ("field", "body", "words"),
    [
        ("orderRemark", {"orderRemark": "x" * 501}, "orderRemark: String should have at most 500"),
        ("orderRemark", {"remark": "x"}, "remark: unknown field"),
        ("waybill", {"waybill": "x" * 51}, "waybill: String should have at most 50"),
        ("servicePointCode", {"servicePointCode": ""}, "servicePointCode: String should have at least 1"),
        ("orderNumber", {"orderNumber": "x" * 51}, "orderNumber: String should have at most 50"),
        ("transporter", {"transporterCode": "DHL", "transporterServiceCode": "X"}, "no transporter contract"),
    ],
)
async def test_what_the_contract_does_not_allow_is_refused(site: Site, field: str, body: dict[str, Any], words: str) -> None:
    await site.put_order()
    assert words in refused(await site.api.patch(f"{ORDER}/{field}", json=body))


async def test_the_carrier_is_changed(site: Site) -> None:
    await site.put_order()
    body = {"transporterCode": "BRING", "transporterServiceCode": "PA_DOREN", "paymentAdvanced": {"consigneeCollects": True}}
    assert (await site.api.patch(f"{ORDER}/transporter", json=body)).status_code == 200
    assert (await site.read_order())["transporter"]["serviceCode"] == "PA_DOREN"


async def test_classes_are_added_or_set(site: Site) -> None:
    await site.put_order()
    await site.api.patch(f"{ORDER}/addOrderClasses", json={"classes": [{"code": "GIFT", "name": "Gift"}]})
    await site.api.patch(f"{ORDER}/addOrderClasses", json={"classes": [{"code": "VIP", "name": "Vip"}]})
    assert [one["code"] for one in (await site.read_order())["classes"]] == ["GIFT", "VIP"]
    await site.api.patch(f"{ORDER}/setOrderClasses", json={"classes": [{"code": "VIP", "name": "Vip"}]})
    assert [one["code"] for one in (await site.read_order())["classes"]] == ["VIP"]


async def test_a_new_number_need_not_be_free(site: Site) -> None:
    await site.put_order("W-1")
    await site.put_order("W-2")
    await site.api.patch("/orders/50001/orderNumber", json={"orderNumber": "W-2"})
    answer = await site.api.get("/orders", params={"goodsOwnerId": 77, "orderNumbers": ["W-1", "W-2"]})
    assert [order["orderInfo"]["orderId"] for order in answer.json()] == [50001, 50002]
    await site.api.patch("/orders/50002/orderNumber", json={"orderNumber": "W-1"})
    assert (await info(site, "W-2"))["orderId"] == 50001
    assert (await info(site, "W-1"))["orderId"] == 50002


async def test_a_lines_comment_and_prices_are_changed(site: Site) -> None:
    await site.put_order()
    await site.api.patch(f"{LINE}/comment", json={"comment": "c"})
    await site.api.patch(f"{LINE}/linePrice", json={"linePrice": 9.5})
    await site.api.patch(f"{LINE}/customerLinePrice", json={"customerLinePrice": 19})
    line = (await site.read_order())["orderLines"][0]
    assert (line["comment"], line["prices"]["linePrice"], line["prices"]["customerLinePrice"]) == ("c", 9.5, 19)
    assert "order line 7" in refused(await site.api.patch("/orders/50001/lines/7/comment", json={"comment": "c"}), 404)


async def test_tracking_is_put_by_its_number(site: Site) -> None:
    await site.put_order()
    one = {"waybill": "703", "trackingUrl": "https://c.example/1", "isReturnTracking": False}
    await site.api.put(f"{ORDER}/orderTracking", json=one)
    await site.api.put(f"{ORDER}/orderTracking", json={**one, "trackingUrl": "https://c.example/2"})
    await site.api.put(f"{ORDER}/orderTracking", json={**one, "waybill": "R703", "isReturnTracking": True})
    order = await site.read_order()
    assert [(one["waybill"], one["trackingUrl"]) for one in order["tracking"]] == [("703", "https://c.example/2")]
    assert [one["waybill"] for one in order["returnTracking"]] == ["R703"]


async def test_packages_are_put_by_their_number_and_tracked_by_their_id(site: Site) -> None:
    await site.put_order()
    body = {"parcelNumber": "3701", "transportAdministrationType": "T"}
    first = (await site.api.put(f"{ORDER}/parcels", json=body)).json()
    tracking = {"waybill": "703", "trackingUrl": "https://c.example/703"}
    assert (await site.api.put(f"{ORDER}/parcels", json={**body, "tracking": tracking})).json() == first
    (parcel,) = (await site.read_order())["parcels"]
    assert (parcel["id"], parcel["tracking"]["waybill"]) == (first["parcelId"], "703")
    path = f"{ORDER}/parcels/{parcel['id']}/parcelTracking"
    await site.api.put(path, json={"waybill": "704", "trackingUrl": "https://c.example/704", "isReturnTracking": True})
    (parcel,) = (await site.read_order())["parcels"]
    assert (parcel["isReturnParcel"], parcel["tracking"]["trackingUrl"]) == (True, "https://c.example/704")
    assert "parcel 7" in refused(
        await site.api.put(f"{ORDER}/parcels/7/parcelTracking", json={**tracking, "isReturnTracking": False}), 404
    )
