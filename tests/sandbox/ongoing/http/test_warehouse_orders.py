"""Orders: written by number or id, refused where the warehouse refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ongoing.simulated_site import Build, Site, order_body, refused

LINE = {"rowNumber": "1", "articleNumber": "TEE", "numberOfItems": 2}


async def test_a_new_order_is_answered_with_201_and_its_update_with_200_under_the_same_id(site: Site) -> None:
    await site.put_article(articleNumber="TEE")
    first = await site.put_order(orderRemark="first")
    second = await site.put_order(orderRemark="second")
    created = "The order W-1 was created.<br/>Customer Kari Nordmann was created."
    assert (first.status_code, first.json()) == (201, {"orderId": 50001, "message": created})
    assert (second.status_code, second.json()) == (200, {"orderId": 50001, "message": "The order W-1 was updated."})
    assert (await site.read_order())["orderInfo"]["orderRemark"] == "second"
    assert list(site.warehouse.orders) == [(77, "W-1")]


async def test_the_same_number_is_another_order_for_another_goods_owner(site: Site) -> None:
    await site.put_order()
    answer = await site.put_order(goodsOwnerId=78)
    assert (answer.status_code, answer.json()["orderId"]) == (201, 50002)


async def test_a_customer_is_known_by_number_or_by_name_and_address(site: Site) -> None:
    for number, consignee in (
        ("1", {"name": "Kari", "city": "Oslo"}),
        ("2", {"name": "Kari", "city": "Oslo"}),
        ("3", {"name": "Kari", "city": "Bergen"}),
        ("4", {"customerNumber": "K-1", "name": "Kari"}),
        ("5", {"customerNumber": "K-1", "name": "Kari Nordmann"}),
    ):
        await site.put_order(number, consignee=consignee)
    ids = [(await site.read_order(number))["consignee"]["id"] for number in "12345"]
    assert ids == [9001, 9001, 9002, 9003, 9003]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"deliveryDate": None}, "deliveryDate: Input should be a valid string"),
        ({"deliveryDate": "03.02.2027"}, "deliveryDate: Value error, must be a date-time with a zone"),
        ({"deliveryDate": "2027-02-30"}, "deliveryDate: Value error"),
        ({"deliveryDate": "2027-02-03T10:00:00"}, "deliveryDate: Value error, must be a date-time with a zone"),
        ({"orderNumber": ""}, "orderNumber: String should have at least 1 character"),
        ({"orderNumber": "9" * 51}, "orderNumber: String should have at most 50 characters"),
        ({"orderNumber": 10045}, "orderNumber: Input should be a valid string"),
        ({"goodsOwnerId": "77"}, "goodsOwnerId: Input should be a valid integer"),
        ({"goodsOwnerOrderId": "9" * 41}, "goodsOwnerOrderId: String should have at most 40 characters"),
        ({"referenceNumber": "9" * 51}, "referenceNumber: String should have at most 50 characters"),
        ({"orderRemark": "r" * 501}, "orderRemark: String should have at most 500 characters"),
        ({"warehouseInstruction": "r" * 501}, "warehouseInstruction: String should have at most 500 characters"),
        ({"deliveryInstruction": "r" * 301}, "deliveryInstruction: String should have at most 300 characters"),
        ({"servicePointCode": "9" * 51}, "servicePointCode: String should have at most 50 characters"),
        ({"consignee": None}, "consignee: Input should be an object"),
        ({"consignee": {"countryCode": "NOR"}}, "consignee.countryCode: String should have at most 2 characters"),
        ({"consignee": {"email": "kari@example.test"}}, "consignee.email: unknown field"),
        ({"customer": {}}, "customer: unknown field"),
        ({"freightPrice": "49.00"}, "freightPrice: Input should be a valid number"),
        ({"orderLines": {}}, "orderLines: Input should be a valid array"),
        ({"orderLines": [{**LINE, "numberOfItems": "2"}]}, "orderLines[0].numberOfItems: Input should be a valid number"),
        (
            {"orderLines": [{**LINE, "numberOfItems": -1}]},
            "orderLines[0].numberOfItems: Input should be greater than or equal to 0",
        ),
        ({"orderLines": [LINE, {"articleNumber": "TEE", "numberOfItems": 1}]}, "orderLines[1].rowNumber: Field required"),
        ({"orderLines": [{"rowNumber": "1", "numberOfItems": 1}]}, "orderLines[0].articleNumber: Field required"),
        ({"orderLines": [{"rowNumber": "1", "articleNumber": "TEE"}]}, "orderLines[0].numberOfItems: Field required"),
        ({"orderLines": [{**LINE, "rowNumber": 1}]}, "orderLines[0].rowNumber: Input should be a valid string"),
        ({"orderLines": [{**LINE, "rowNumber": "1" * 41}]}, "orderLines[0].rowNumber: String should have at most 40 characters"),
        ({"orderLines": [{**LINE, "comment": "c" * 301}]}, "orderLines[0].comment: String should have at most 300 characters"),
        ({"orderLines": [{**LINE, "articleName": "Tee"}]}, "orderLines[0].articleName: unknown field"),
        ({"orderLines": [{**LINE, "vat": {"percent": 25}}]}, "orderLines[0].vat.code: Field required"),
        ({"orderLines": [{**LINE, "articleNumber": "T_1"}]}, "orderLines[0].articleNumber: 'T_1' contains one of the characters"),
        ({"orderLines": [LINE, LINE]}, "orderLines[1].rowNumber: row number '1' occurs more than once"),
        (
            {"transporter": {"transporterCode": "UPS", "transporterServiceCode": "X"}},
            "transporter: there is no transporter contract",
        ),
        (
            {"transporter": {"transporterCode": "DHL", "transporterServiceCode": "SERVICEPAKKE"}},
            "transporter: there is no transporter contract for code 'DHL', service 'SERVICEPAKKE'",
        ),
        ({"returnTransporter": {"transporterServiceCode": "X"}}, "returnTransporter: there is no transporter contract"),
        ({"warehouseId": 9}, "warehouseId: there is no warehouse 9"),
    ],
)
async def test_a_wrong_order_is_refused_with_the_place_named(site: Site, fields: dict[str, Any], words: str) -> None:
    assert words in refused(await site.api.put("/orders", json=order_body(**{"number": "W-1"}) | fields))
    assert site.warehouse.orders == {}
    assert site.warehouse.articles == {}


async def test_a_notification_without_its_flag_is_taken_for_none_wanted(site: Site) -> None:
    consignee = {"name": "Kari Nordmann", "advanced": {"smsNotification": {"value": "1"}}}
    await site.put_order(consignee=consignee)
    sms = (await site.read_order())["consignee"]["advanced"]["smsNotification"]
    assert sms == {"toBeNotified": False, "value": "1"}


@pytest.mark.parametrize("missing", ["goodsOwnerId", "orderNumber", "deliveryDate", "consignee"])
async def test_a_required_field_may_not_be_left_out(site: Site, missing: str) -> None:
    body = order_body()
    del body[missing]
    assert refused(await site.api.put("/orders", json=body)) == f"The request is invalid. {missing}: Field required"


async def test_the_stated_lengths_are_taken_in_full(site: Site) -> None:
    answer = await site.put_order("9" * 50, goodsOwnerOrderId="9" * 40, orderRemark="r" * 500, deliveryInstruction="d" * 300)
    assert answer.status_code == 201


class TestUnknownArticles:
    async def test_an_unknown_article_is_created_with_an_empty_name(self, site: Site) -> None:
        await site.put_order()
        article = await site.read_article("TEE")
        assert (article["articleSystemId"], article["articleName"]) == (18001, "")
        assert (await site.read_order())["orderLines"][0]["article"] == {
            "articleSystemId": 18001,
            "articleNumber": "TEE",
            "articleName": "",
            "productCode": None,
            "articleKind": None,
        }

    async def test_or_the_order_is_refused_where_the_warehouse_is_set_so(self, build: Build) -> None:
        site = build(unknown_articles="refuse")
        assert "orderLines[0].articleNumber: there is no article 'TEE'" in refused(await site.put_order())
        await site.put_article(articleNumber="TEE")
        assert (await site.put_order()).status_code == 201


class TestLines:
    async def test_a_row_keeps_its_id_over_updates_and_the_same_article_may_be_on_several_rows(self, site: Site) -> None:
        await site.put_order(orderLines=[LINE, {**LINE, "rowNumber": "889"}])
        await site.put_order(orderLines=[{**LINE, "rowNumber": "889", "numberOfItems": 3}, {**LINE, "rowNumber": "890"}])
        lines = (await site.read_order())["orderLines"]
        assert [(line["id"], line["rowNumber"], line["orderedNumberOfItems"]) for line in lines] == [
            (480002, "889", 3),
            (480003, "890", 2),
        ]

    async def test_left_out_rows_and_fields_stay_where_the_warehouse_is_set_so(self, build: Build) -> None:
        site = build(put_clears_missing=False)
        await site.put_order(orderLines=[LINE, {**LINE, "rowNumber": "2"}], orderRemark="stays")
        await site.put_order(orderLines=[{**LINE, "rowNumber": "2", "numberOfItems": 7}])
        order = await site.read_order()
        assert [(line["rowNumber"], line["orderedNumberOfItems"]) for line in order["orderLines"]] == [("1", 2), ("2", 7)]
        assert order["orderInfo"]["orderRemark"] == "stays"

    async def test_left_out_fields_are_cleared_otherwise(self, site: Site) -> None:
        await site.put_order(orderRemark="goes")
        await site.put_order()
        assert (await site.read_order())["orderInfo"]["orderRemark"] is None


class TestOnceTheWarehouseHasStarted:
    async def test_update_and_cancel_are_taken_below_the_blocking_status(self, site: Site) -> None:
        await site.put_order()
        site.warehouse.set_order_status("W-1", 300)
        assert (await site.put_order()).status_code == 200
        assert (await site.api.delete("/orders/50001")).status_code == 200

    @pytest.mark.parametrize(
        ("status", "text"), [(320, "Allocated"), (400, "Picked"), (450, "Sent"), (500, "Collected"), (800, "Returned")]
    )
    async def test_update_and_cancel_are_refused_from_it_on(self, site: Site, status: int, text: str) -> None:
        await site.put_order()
        site.warehouse.set_order_status("W-1", status)
        words = f"The order W-1 cannot be changed: the warehouse has started working on it (status {status} {text})."
        assert refused(await site.put_order(orderRemark="late")) == words
        assert refused(await site.api.put("/orders/50001", json=order_body())) == words
        assert refused(await site.api.delete("/orders/50001")) == words
        assert refused(await site.api.delete("/orders", params={"goodsOwnerId": 77, "orderNumber": "W-1"})) == words
        info = (await site.read_order())["orderInfo"]
        assert (info["orderStatus"]["number"], info["orderRemark"]) == (status, None)

    async def test_the_blocking_status_and_the_start_status_are_settings(self, build: Build) -> None:
        site = build(start_status=200, edit_blocked_from=300)
        await site.put_order()
        assert (await site.read_order())["orderInfo"]["orderStatus"] == {"number": 200, "text": "Open"}
        site.warehouse.set_order_status("W-1", 300)
        refused(await site.put_order())


class TestCancelling:
    @pytest.mark.parametrize("path", ["/orders/50001", "/orders?goodsOwnerId=77&orderNumber=W-1"])
    async def test_a_cancelled_order_has_status_1000(self, site: Site, path: str) -> None:
        await site.put_order()
        answer = await site.api.delete(path)
        assert (answer.status_code, answer.json()) == (200, {"orderId": 50001, "message": "The order W-1 was cancelled."})
        assert (await site.read_order())["orderInfo"]["orderStatus"] == {"number": 1000, "text": "Cancelled"}

    async def test_a_second_cancel_is_refused_with_words_of_its_own(self, site: Site) -> None:
        await site.put_order()
        await site.api.delete("/orders/50001")
        assert refused(await site.api.delete("/orders/50001")) == "The order W-1 is already cancelled."

    async def test_an_update_of_a_cancelled_order_is_refused(self, site: Site) -> None:
        await site.put_order()
        await site.api.delete("/orders/50001")
        assert refused(await site.put_order()) == "The order W-1 cannot be changed: it is cancelled."

    async def test_an_order_that_is_not_there_cannot_be_cancelled(self, site: Site) -> None:
        refused(await site.api.delete("/orders/50001"), 404)
        refused(await site.api.delete("/orders", params={"goodsOwnerId": 77, "orderNumber": "W-1"}), 404)

    async def test_both_keys_are_needed_to_cancel_by_number(self, site: Site) -> None:
        assert "'orderNumber': is required" in refused(await site.api.delete("/orders", params={"goodsOwnerId": 77}))


class TestById:
    async def test_an_order_is_updated_and_renumbered_by_its_id(self, site: Site) -> None:
        await site.put_order("W-1")
        await site.put_order("W-2")
        answer = await site.api.put("/orders/50001", json=order_body("W-3"))
        assert (answer.status_code, answer.json()["orderId"]) == (200, 50001)
        assert await site.numbers() == ["W-3", "W-2"]
        assert (await site.api.get("/orders/50001")).json()["orderInfo"]["orderNumber"] == "W-3"

    async def test_a_number_that_is_taken_or_another_goods_owner_is_refused(self, site: Site) -> None:
        await site.put_order("W-1")
        await site.put_order("W-2")
        taken = refused(await site.api.put("/orders/50001", json=order_body("W-2")))
        assert taken == "There is already another order with the number W-2."
        assert "goods owner 78" in refused(await site.api.put("/orders/50001", json=order_body(goodsOwnerId=78)))

    async def test_an_order_that_is_not_there_is_404(self, site: Site) -> None:
        refused(await site.api.put("/orders/1", json=order_body()), 404)
        assert "'x': unknown parameter" in refused(await site.api.put("/orders/1?x=1", json=order_body()))


class TestPatching:
    async def test_reported_quantities_are_a_work_list(self, site: Site) -> None:
        await site.put_order(orderLines=[{**LINE, "numberOfItems": 10}])
        assert await site.numbers(onlyOrdersWithOrderLinesToReport="true") == []
        site.warehouse.pick("W-1", {"1": 8})
        assert await site.numbers(onlyOrdersWithOrderLinesToReport="true") == ["W-1"]

        path = "/orders/50001/lines/480001/reportedNumberOfItems"
        answer = await site.api.patch(path, json={"reportedNumberOfItems": 8})
        assert (answer.status_code, answer.json()) == (200, {"orderId": 50001, "message": None})
        assert await site.numbers(onlyOrdersWithOrderLinesToReport="true") == []

        site.warehouse.pick("W-1", {"1": 10})
        assert await site.numbers(onlyOrdersWithOrderLinesToReport="true") == ["W-1"]
        await site.api.patch("/orders/50001/setReportedNumberOfItemsToPickedNumberOfItems")
        assert await site.numbers(onlyOrdersWithOrderLinesToReport="true") == []
        assert (await site.read_order())["orderLines"][0]["reportedNumberOfItems"] == 10

    async def test_a_line_that_is_not_the_orders_is_404(self, site: Site) -> None:
        await site.put_order()
        path = "/orders/50001/lines/1/reportedNumberOfItems"
        assert refused(await site.api.patch(path, json={"reportedNumberOfItems": 1}), 404) == "The order line 1 was not found."

    async def test_the_status_is_set_alone(self, site: Site) -> None:
        await site.put_order()
        answer = await site.api.patch("/orders/50001/orderStatus", json={"orderStatusNumber": 200})
        assert answer.json() == {"orderId": 50001, "message": None}
        assert (await site.read_order())["orderInfo"]["orderStatus"] == {"number": 200, "text": "Open"}

    async def test_a_status_that_skips_the_picking_of_allocated_goods_is_refused(self, site: Site) -> None:
        await site.put_order()
        site.warehouse.set_order_status("W-1", 320)
        answer = await site.api.patch("/orders/50001/orderStatus", json={"orderStatusNumber": 450})
        assert "allocated goods that are not picked" in refused(answer)

    async def test_a_status_that_does_not_exist_or_a_cancelled_order_is_refused(self, site: Site) -> None:
        await site.put_order()
        unknown = await site.api.patch("/orders/50001/orderStatus", json={"orderStatusNumber": 301})
        assert "there is no order status 301" in refused(unknown)
        assert (await site.api.patch("/orders/50001/orderStatus", json={"orderStatusNumber": 1000})).status_code == 200
        assert "it is cancelled" in refused(await site.api.patch("/orders/50001/orderStatus", json={"orderStatusNumber": 300}))
