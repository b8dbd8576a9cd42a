"""Faults on demand, before the change and after it; and the journal that shows what was answered."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from app.sandbox.kit.server import Server
from app.sandbox.ongoing import WarehouseConfig, create_warehouse
from tests.sandbox.ongoing.simulated_site import USERS, Site, order_body, refused, until


class TestInsteadOfTheWork:
    async def test_a_server_fault_is_a_500_and_nothing_is_changed(self, site: Site) -> None:
        await site.fault("status", status=500, times=1)
        assert refused(await site.put_order(), 500) == "An error has occurred."
        assert site.warehouse.orders == {}
        assert (await site.put_order()).status_code == 201

    async def test_too_many_calls_are_a_429_with_the_seconds_to_wait(self, site: Site) -> None:
        await site.fault("status", status=429, retry_after="3", method="PUT", path="/demo/api/v1/orders")
        assert (await site.put_article(articleNumber="A")).status_code == 200
        answer = await site.put_order()
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")

    async def test_html_comes_with_200(self, site: Site) -> None:
        await site.fault("html")
        answer = await site.put_order()
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert site.warehouse.orders == {}

    async def test_a_login_refusal_may_come_as_a_500(self, site: Site) -> None:
        await site.fault("login-500")
        assert "Login failed" in refused(await site.put_order(), 500)

    async def test_a_2xx_may_come_without_its_id(self, site: Site) -> None:
        await site.fault("no-id")
        answer = await site.put_order()
        assert (answer.status_code, answer.json()) == (200, {"message": None, "orderId": None})
        assert (await site.put_article(articleNumber="A")).json() == {"message": None, "articleSystemId": None}
        assert (site.warehouse.orders, site.warehouse.articles) == ({}, {})


class TestAfterTheChange:
    @pytest.mark.parametrize(("kind", "status"), [("status", 500), ("html", 200), ("login-500", 500)])
    async def test_the_change_is_made_and_the_caller_does_not_learn_it(self, site: Site, kind: str, status: int) -> None:
        await site.fault(kind, after_write=True, times=1)
        answer = await site.put_order()
        assert answer.status_code == status
        assert b"orderId" not in answer.content
        assert list(site.warehouse.orders) == [(77, "W-1")]

    async def test_the_id_is_missing_although_the_order_is_there(self, site: Site) -> None:
        await site.fault("no-id", after_write=True)
        answer = await site.put_order()
        assert (answer.status_code, answer.json()["orderId"]) == (201, None)
        assert list(site.warehouse.orders) == [(77, "W-1")]

    async def test_the_answer_comes_late_although_the_order_is_there(self, site: Site) -> None:
        await site.fault("slow", seconds=30, after_write=True)
        call = asyncio.create_task(site.put_order())
        await until(lambda: site.warehouse.orders)
        assert not call.done()
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)


class TestLists:
    async def test_lists_inside_records_become_null(self, site: Site) -> None:
        await site.put_order()
        await site.fault("null-arrays")
        assert (await site.read_order())["orderLines"] is None
        assert (await site.api.get("/orders/statuses")).json() == {"orderStatuses": None}
        contract = (await site.api.get("/transporterContracts", params={"goodsOwnerId": 77})).json()[0]
        assert contract["transporterServices"] is None

    async def test_the_whole_answer_becomes_null(self, site: Site) -> None:
        await site.put_order()
        await site.fault("null-answer")
        answer = await site.api.get("/orders", params={"goodsOwnerId": 77})
        assert (answer.status_code, answer.content) == (200, b"null")


class TestHangingUp:
    @pytest.mark.parametrize(("after_write", "orders"), [(False, 0), (True, 1)])
    def test_the_connection_breaks_before_or_after_the_change(self, after_write: bool, orders: int) -> None:
        app = create_warehouse(WarehouseConfig(users=USERS))
        with Server(app) as server, httpx.Client(base_url=server.url, auth=("gw", "secret"), trust_env=False) as client:
            fault = {"kind": "hang-up", "method": "PUT", "times": 1, "after_write": after_write}
            assert client.post("/_sandbox/faults", json=fault).status_code == 200
            with pytest.raises(httpx.RemoteProtocolError):
                client.put("/demo/api/v1/orders", json=order_body())
            assert client.get("/_sandbox/warehouse").json()["orders"] == orders
            (call,) = client.get("/_sandbox/journal").json()
            assert (call["status"], call["answer"], call["fault"]) == (0, None, "hang-up")


class TestTheJournal:
    async def test_every_call_under_the_base_path_is_kept_with_body_and_answer(self, site: Site) -> None:
        await site.put_order()
        await site.api.get("/orders", params=[("goodsOwnerId", "77"), ("orderNumbers", "A"), ("orderNumbers", "B")])
        await site.api.put("/articles", content=b"{", headers={"Content-Type": "application/json"})
        await site.api.get("/nowhere")
        await site.outside.get("/demo/api/v1/warehouses")
        await site.outside.get("/_sandbox/warehouse")
        calls = await site.journal()
        assert [(call["number"], call["method"], call["path"], call["status"]) for call in calls] == [
            (1, "PUT", "/demo/api/v1/orders", 201),
            (2, "GET", "/demo/api/v1/orders", 200),
            (3, "PUT", "/demo/api/v1/articles", 400),
            (4, "GET", "/demo/api/v1/nowhere", 404),
            (5, "GET", "/demo/api/v1/warehouses", 401),
        ]
        assert calls[0]["body"] == order_body()
        assert calls[0]["answer"]["orderId"] == 50001
        assert calls[1]["query"] == [["goodsOwnerId", "77"], ["orderNumbers", "A"], ["orderNumbers", "B"]]
        assert calls[1]["answer"] == []
        assert calls[2]["body"] == "{"
        assert calls[2]["answer"]["Message"].startswith("The request is invalid.")

    async def test_a_fault_is_named_beside_what_it_showed(self, site: Site) -> None:
        await site.fault("html", times=1)
        await site.put_order()
        (call,) = await site.journal()
        assert (call["fault"], call["status"], call["body"]) == ("html", 200, order_body())
        assert "Maintenance" in call["answer"]

    async def test_it_is_read_from_a_number_on(self, site: Site) -> None:
        for number in ("A", "B", "C"):
            await site.put_order(number)
        calls = (await site.outside.get("/_sandbox/journal", params={"since": 2})).json()
        assert [call["body"]["orderNumber"] for call in calls] == ["C"]


class TestMovingAnOrderFromOutside:
    async def test_an_order_is_shipped_with_its_numbers(self, site: Site) -> None:
        await site.put_order("W/1 #2")
        answer = await site.outside.post(
            "/_sandbox/orders/W%2F1%20%232/status",
            json={"goods_owner_id": 77, "status": 450, "waybill": "70300001", "parcels": ["370"], "picked": {"1": 1}},
        )
        order = answer.json()
        assert answer.status_code == 200
        assert order == await site.read_order("W/1 #2")
        assert order["orderInfo"]["orderStatus"] == {"number": 450, "text": "Sent"}
        assert (order["orderInfo"]["pickedNumberOfItems"], order["orderInfo"]["wayBill"]) == (1, "70300001")

    @pytest.mark.parametrize(
        ("number", "body", "status"),
        [
            ("W-9", {"goods_owner_id": 77, "status": 400}, 404),
            ("W-1", {"goods_owner_id": 78, "status": 400}, 404),
            ("W-1", {"goods_owner_id": 77, "status": 401}, 422),
            ("W-1", {"goods_owner_id": 77}, 422),
            ("W-1", {"goods_owner_id": 77, "status": 400, "picked": {"9": 1}}, 404),
        ],
    )
    async def test_what_cannot_be_moved_is_said(self, site: Site, number: str, body: dict[str, object], status: int) -> None:
        await site.put_order()
        answer = await site.outside.post(f"/_sandbox/orders/{number}/status", json=body)
        assert (answer.status_code, list(answer.json())) == (status, ["error"])
