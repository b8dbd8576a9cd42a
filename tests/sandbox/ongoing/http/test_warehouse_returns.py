"""Goods that come back: on the order, as an announced return order, as a purchase order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ongoing.simulated_site import Build, Site, refused

PENDING = {"onlyOrdersWithOrderLinesToReportReturned": "true"}


async def shipped(site: Site, pieces: float = 3) -> None:
    await site.put_article(articleNumber="TEE")
    site.warehouse.put_in_stock("TEE", 10)
    await site.put_order(orderLines=[{"rowNumber": "889", "articleNumber": "TEE", "numberOfItems": pieces}])
    site.warehouse.ship("W-1")
    site.warehouse.set_order_status("W-1", 500)


async def present(site: Site) -> float:
    return (await site.read_article("TEE"))["inventoryInfo"]["numberOfItems"]


class TestOnTheOrder:
    async def test_what_came_back_is_told_per_line_with_its_cause_and_time(self, site: Site) -> None:
        await shipped(site)
        site.clock.forward(days=5)
        site.warehouse.return_goods("W-1", {"889": 1}, "SIZE")
        order = await site.read_order()
        (line,) = order["orderLines"]
        assert (line["pickedNumberOfItems"], line["returnedNumberOfItems"], line["reportedReturnedNumberOfItems"]) == (3, 1, None)
        items = [
            (item["numberOfItems"], item["isReturned"], item["returnDate"], item["returnCause"])
            for item in line["pickedArticleItems"]
        ]
        assert items == [
            (2, False, None, None),
            (1, True, "2027-02-06T08:00:00Z", {"code": "SIZE", "name": "Wrong size"}),
        ]
        first, apart = line["pickedArticleItems"]
        assert apart["originalArticleItemId"] == first["articleItemId"]
        assert order["orderInfo"]["orderStatus"] == {"number": 800, "text": "Returned"}

    async def test_the_work_list_follows_returns_and_reports(self, site: Site) -> None:
        await shipped(site)
        assert await site.numbers(**PENDING) == []
        site.warehouse.return_goods("W-1", {"889": 1})
        assert await site.numbers(**PENDING) == ["W-1"]
        assert await site.numbers(lastReturnedFrom="2027-02-01T07:59:59Z") == ["W-1"]
        body = {"reportedReturnedNumberOfItems": 1}
        answer = await site.api.patch("/orders/50001/lines/480001/reportedReturnedNumberOfItems", json=body)
        assert (answer.status_code, answer.content) == (200, b"")
        assert await site.numbers(**PENDING) == []
        site.warehouse.return_goods("W-1", {"889": 2})
        assert await site.numbers(**PENDING) == ["W-1"]
        await site.api.patch("/orders/50001/setReportedReturnedNumberOfItemsToReturnedNumberOfItems")
        assert (await site.read_order())["orderLines"][0]["reportedReturnedNumberOfItems"] == 3

    async def test_only_lines_with_returns_are_set_when_asked_so(self, site: Site) -> None:
        await shipped(site)
        path = "/orders/50001/setReportedReturnedNumberOfItemsToReturnedNumberOfItems"
        await site.api.patch(path, params={"onlyUpdateOrderLinesWhichHaveReturnedItems": "true"})
        assert (await site.read_order())["orderLines"][0]["reportedReturnedNumberOfItems"] is None
        await site.api.patch(path)
        assert (await site.read_order())["orderLines"][0]["reportedReturnedNumberOfItems"] == 0

    async def test_what_is_broken_does_not_go_into_stock_again(self, site: Site) -> None:
        await shipped(site)
        assert await present(site) == 7
        site.warehouse.return_goods("W-1", {"889": 1}, "SIZE")
        assert await present(site) == 8
        site.warehouse.return_goods("W-1", {"889": 1}, "BROKEN")
        assert await present(site) == 8

    async def test_a_warehouse_may_leave_the_status_as_it_is(self, build: Build) -> None:
        site = build(returned_status=None)
        await shipped(site)
        site.warehouse.return_goods("W-1", {"889": 1})
        assert (await site.read_order())["orderInfo"]["orderStatus"]["number"] == 500

    async def test_what_cannot_have_come_back_is_an_error_of_the_test(self, site: Site) -> None:
        await shipped(site)
        site.warehouse.return_goods("W-1", {"889": 2})
        with pytest.raises(ValueError, match="2 cannot come back, 1 are out"):
            site.warehouse.return_goods("W-1", {"889": 2})
        with pytest.raises(LookupError):
            site.warehouse.return_goods("W-1", {"890": 1})
        with pytest.raises(LookupError):
            site.warehouse.return_goods("W-1", {"889": 1}, "UNKNOWN")


def announced(**fields: Any) -> dict[str, Any]:
    return {
        "goodsOwnerId": 77,
        "returnOrderNumber": "R-1",
        "customerOrder": {"orderId": 50001},
        "returnOrderLines": [
            {
                "returnOrderRowNumber": "1",
                "customerOrderLine": {"orderLineId": 480001},
                "toBeReturnedNumberOfItems": 2,
                "returnCause": {"code": "SIZE", "name": "Wrong size"},
            }
        ],
        **fields,
    }


async def return_orders(site: Site, **query: Any) -> list[dict[str, Any]]:
    answer = await site.api.get("/returnOrders", params={"goodsOwnerId": 77, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestReturnOrders:
    async def test_an_announced_return_reads_back_in_the_vendors_shape(self, site: Site) -> None:
        await shipped(site)
        answer = await site.api.put("/returnOrders", json=announced(comment="Too small", inDate="2027-02-09"))
        assert answer.json() == {"returnOrderId": 60001, "message": "The return order R-1 was created."}
        (order,) = await return_orders(site)
        assert order == {
            "returnOrderInfo": {
                "returnOrderId": 60001,
                "returnOrderNumber": "R-1",
                "comment": "Too small",
                "inDate": "2027-02-09T00:00:00Z",
                "returnOrderStatus": {"number": 100, "text": "Notified"},
                "warehouse": {"id": 1, "code": "demo", "name": "demo"},
                "returnOrderHandlingComment": None,
                "freeValues": None,
                "createdDate": "2027-02-01T08:00:00Z",
                "returnOrderArrivalTime": None,
            },
            "customerOrderInfo": {"orderId": 50001, "orderNumber": "W-1"},
            "returnOrderLines": [
                {
                    "returnOrderLineId": 610001,
                    "returnOrderRowNumber": "1",
                    "customerOrderLine": {"orderLineId": 480001, "customerOrderRowNumber": "889"},
                    "article": {"articleSystemId": 18001, "articleNumber": "TEE", "articleName": None},
                    "returnCause": {"code": "SIZE", "name": "Wrong size"},
                    "returnedNumberOfItems": 0,
                    "pickedNumberOfItems": 3,
                    "toBeReturnedNumberOfItems": 2,
                    "returnedRemovedByInventoryNumberOfItems": 0,
                    "returnedArticleItems": None,
                }
            ],
        }
        assert (await site.api.get("/returnOrders/60001")).json() == order

    async def test_what_comes_back_is_on_the_return_and_on_the_order(self, site: Site) -> None:
        await shipped(site)
        await site.api.put("/returnOrders", json=announced())
        site.clock.forward(days=1)
        site.warehouse.returns.receive("R-1", {"1": 1})
        site.warehouse.returns.receive("R-1", {"1": 1}, "BROKEN")
        (order,) = await return_orders(site, goodsReturnedFromDate="2027-02-02T07:00:00Z")
        (line,) = order["returnOrderLines"]
        assert (line["returnedNumberOfItems"], line["returnedRemovedByInventoryNumberOfItems"]) == (2, 1)
        goods = [
            (one["numberOfItems"], one["returnTime"], one["isReturnRemovedByInventory"], one["returnCause"]["code"])
            for one in line["returnedArticleItems"]
        ]
        assert goods == [(1, "2027-02-02T08:00:00Z", False, "SIZE"), (1, "2027-02-02T08:00:00Z", True, "BROKEN")]
        assert order["returnOrderInfo"]["returnOrderStatus"]["number"] == 500
        assert (await site.read_order())["orderLines"][0]["returnedNumberOfItems"] == 2

    async def test_they_are_filtered(self, site: Site) -> None:
        await shipped(site)
        await site.api.put("/returnOrders", json=announced())
        assert await return_orders(site, returnOrderNumbers="R-2") == []
        assert len(await return_orders(site, returnOrderNumbers=["R-2", "R-1"], customerOrderNumbers="W-1")) == 1
        assert await return_orders(site, goodsReturnedFromDate="2027-01-01T00:00:00Z") == []
        assert await return_orders(site, returnOrderStatusFrom=300) == []
        assert len(await return_orders(site, returnOrderStatusTo=100)) == 1
        assert "maxOrdersToGet" in refused(await site.api.get("/returnOrders", params={"goodsOwnerId": 77, "maxOrdersToGet": 1}))

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"customerOrder": {"orderId": 4711}}, "customerOrder.orderId: there is no order 4711"),
            ({"returnOrderNumber": ""}, "returnOrderNumber"),
            ({"rows": []}, "rows: unknown field"),
            (
                {"returnOrderLines": [{**announced()["returnOrderLines"][0], "customerOrderLine": {"orderLineId": 1}}]},
                "returnOrderLines[0].customerOrderLine.orderLineId: the order 50001 has no line 1",
            ),
            (
                {"returnOrderLines": [{**announced()["returnOrderLines"][0], "returnCause": {"code": "X"}}]},
                "returnOrderLines[0].returnCause.code: there is no return cause 'X'",
            ),
            ({"returnOrderLines": announced()["returnOrderLines"] * 2}, "returnOrderLines[1].returnOrderRowNumber"),
        ],
    )
    async def test_a_wrong_one_is_refused_with_the_place_named(self, site: Site, fields: dict[str, Any], words: str) -> None:
        await shipped(site)
        assert words in refused(await site.api.put("/returnOrders", json=announced(**fields)))

    async def test_another_goods_owners_order_cannot_come_back(self, site: Site) -> None:
        await shipped(site)
        assert "there is no order 50001" in refused(await site.api.put("/returnOrders", json=announced(goodsOwnerId=78)))

    async def test_it_is_updated_and_cancelled_until_goods_arrive(self, site: Site) -> None:
        await shipped(site)
        for number in ("R-1", "R-2"):
            await site.api.put("/returnOrders", json=announced(returnOrderNumber=number))
        answer = await site.api.put("/returnOrders", json=announced(comment="new"))
        assert answer.json() == {"returnOrderId": 60001, "message": "The return order R-1 was updated."}
        by_number: dict[str, Any] = {"goodsOwnerId": 77, "returnOrderNumber": "R-2"}
        assert (await site.api.delete("/returnOrders", params=by_number)).status_code == 200
        assert "already cancelled" in refused(await site.api.delete("/returnOrders", params=by_number))
        site.warehouse.returns.receive("R-1", {"1": 1})
        assert "started receiving" in refused(await site.api.delete("/returnOrders/60001"))
        assert "started receiving" in refused(await site.api.put("/returnOrders", json=announced()))

    async def test_statuses_and_causes_are_lists(self, site: Site) -> None:
        statuses = (await site.api.get("/returnOrders/statuses")).json()["returnOrderStatuses"]
        assert {"number": 500, "text": "Received"} in statuses
        answer = await site.api.put("/returnOrders/returnCauses", json={"goodsOwnerId": 77, "code": "LATE", "name": "Too late"})
        assert answer.json() == {"returnCauseId": 4, "success": True, "message": None}
        causes = (await site.api.get("/returnOrders/returnCauses", params={"goodsOwnerId": 77})).json()["returnCauses"]
        assert [(cause["code"], cause["isRemoveCause"]) for cause in causes] == [
            ("SIZE", False), ("REGRET", False), ("BROKEN", True), ("LATE", False),
        ]  # fmt: skip

    async def test_its_status_is_set(self, site: Site) -> None:
        await shipped(site)
        await site.api.put("/returnOrders", json=announced())
        path = "/returnOrders/60001/returnOrderStatus"
        assert (await site.api.patch(path, json={"returnOrderStatusNumber": 300})).json() == {
            "returnOrderId": 60001,
            "message": None,
        }
        assert "no status 301" in refused(await site.api.patch(path, json={"returnOrderStatusNumber": 301}))
        assert "not found" in refused(await site.api.get("/returnOrders/9"), 404)
