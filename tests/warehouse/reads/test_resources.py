"""What the WMS answers, with its nulls."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.domain import WarehouseState
from app.json_reading import Unreadable
from app.warehouse.reads.resources import (
    TransporterContract,
    WarehouseConsignee,
    WarehouseLine,
    read_article,
    read_contract,
    read_order,
)
from app.warehouse.reads.states import warehouse_state
from app.warehouse.settings import OngoingSettings
from app.warehouse.writes.transporters import transporter_problems
from tests.warehouse.answers import article_answer, order_answer


class TestOrders:
    def test_an_order_is_read(self) -> None:
        order = read_order(order_answer())
        assert (order.order_id, order.number, order.goods_owner_id) == (50210, "W-10045", 77)
        assert (order.goods_owner_order_id, order.sales_code, order.remark) == ("10045", "Kari Nordmann", "Ring på")
        assert (order.status_number, order.status_text) == (300, "Released")
        assert order.delivery_date == datetime(2026, 11, 20, 9, 15, 22, tzinfo=UTC)
        assert order.consignee == WarehouseConsignee("Kari Nordmann", "Storgata 1", "", "0155", "Oslo", "NO")
        assert order.lines == (WarehouseLine(48901, "889", "TEE-NAVY-M", Decimal(2), Decimal(0)),)

    def test_an_order_of_nulls_is_read_by_its_id_number_and_status(self) -> None:
        order = read_order(
            {
                "goodsOwner": None,
                "orderInfo": {
                    "orderId": 1,
                    "orderNumber": "A",
                    "orderStatus": {"number": 200, "text": None},
                    "deliveryDate": None,
                    "goodsOwnerOrderId": None,
                },
                "consignee": None,
                "orderLines": None,
            }
        )
        assert (order.order_id, order.number, order.status_number) == (1, "A", 200)
        assert (order.lines, order.delivery_date, order.goods_owner_order_id) == ((), None, "")

    def test_what_is_unknown_is_kept_in_the_raw_answer(self) -> None:
        assert read_order(order_answer() | {"newMember": 1}).raw["newMember"] == 1

    @pytest.mark.parametrize(
        "broken",
        [{"orderId": None}, {"orderId": 0}, {"orderId": "1"}, {"orderNumber": None}, {"orderNumber": ""}, {"orderStatus": None}],
    )
    def test_an_order_without_id_number_or_status_is_unreadable(self, broken: dict[str, Any]) -> None:
        with pytest.raises(Unreadable):
            read_order(order_answer(**broken))


class TestArticles:
    def test_an_article_is_read(self) -> None:
        article = read_article(article_answer())
        assert (article.article_system_id, article.number, article.name) == (18301, "TEE-NAVY-M", "T-shirt navy")
        assert (article.product_code, article.unit_code, article.barcode) == ("17", "st", "7038010000010")
        assert (article.is_stock, article.is_active) == (True, True)

    def test_nulls_are_read_as_nothing(self) -> None:
        article = read_article({"articleSystemId": 1, "articleNumber": "A", "articleName": None, "barCodeInfo": None})
        assert (article.name, article.barcode, article.is_stock) == ("", "", None)

    @pytest.mark.parametrize("broken", [{"articleSystemId": None}, {"articleNumber": None}])
    def test_an_article_without_id_or_number_is_unreadable(self, broken: dict[str, Any]) -> None:
        with pytest.raises(Unreadable):
            read_article(article_answer(**broken))


class TestStates:
    @pytest.mark.parametrize(
        ("number", "state"),
        [
            (None, WarehouseState.ABSENT),
            (150, WarehouseState.OPEN),
            (200, WarehouseState.OPEN),
            (210, WarehouseState.OPEN),
            (300, WarehouseState.OPEN),
            (320, WarehouseState.STARTED),
            (400, WarehouseState.STARTED),
            (425, WarehouseState.STARTED),
            (450, WarehouseState.SHIPPED),
            (451, WarehouseState.STARTED),
            (475, WarehouseState.RETURNED),
            (500, WarehouseState.SHIPPED),
            (600, WarehouseState.STARTED),
            (800, WarehouseState.RETURNED),
            (1000, WarehouseState.CANCELLED),
        ],
    )
    def test_a_status_number_means(self, number: int | None, state: WarehouseState) -> None:
        assert warehouse_state(number, OngoingSettings()) is state

    def test_a_warehouse_may_have_its_own_numbers(self) -> None:
        settings = OngoingSettings(
            started_from_status=300, shipped_statuses=[500], returned_statuses=[600], cancelled_statuses=[90]
        )
        numbers = (90, 299, 300, 499, 500, 600)
        assert [warehouse_state(number, settings).value for number in numbers] == [
            "cancelled",
            "open",
            "started",
            "started",
            "shipped",
            "returned",
        ]


class Choice:
    def __init__(self, transporter_code: str, transporter_service_code: str) -> None:
        self.transporter_code = transporter_code
        self.transporter_service_code = transporter_service_code


class TestTransporters:
    BRING = {  # noqa: RUF012
        "ediCode": "X",
        "transporterName": "Posten",
        "transporterCode": "BRING",
        "transporterServiceCode": "5800",
        "transporterServices": [
            {"transporterServiceName": "Servicepakke", "transporterServiceCode": "5800"},
            {"transporterServiceName": "På døren", "transporterServiceCode": "5600"},
        ],
    }

    def test_a_contract_lists_its_own_service_and_the_others_once(self) -> None:
        assert read_contract(self.BRING) == TransporterContract("Posten", "BRING", ("5800", "5600"))

    def test_a_contract_of_nulls_is_read(self) -> None:
        bare = {"transporterCode": "DHL", "transporterServiceCode": None, "transporterServices": None}
        assert read_contract(bare) == TransporterContract("", "DHL", ())

    def test_listed_codes_are_no_problem_even_when_they_come_in_two_contracts(self) -> None:
        contracts = [TransporterContract("Posten", "BRING", ("5800",)), TransporterContract("Posten", "BRING", ("5600",))]
        choices = {"flat_rate": Choice("BRING", "5600"), "pickup": Choice("BRING", "5800")}
        assert transporter_problems(choices, contracts) == ()

    @pytest.mark.parametrize(
        ("choice", "code"),
        [
            (Choice("POSTNORD", "5800"), "transporter-unknown"),
            (Choice("bring", "5800"), "transporter-unknown"),
            (Choice("BRING", "9999"), "transporter-service-unknown"),
        ],
    )
    def test_a_code_that_the_warehouse_does_not_list_is_a_problem(self, choice: Choice, code: str) -> None:
        (problem,) = transporter_problems({"transporters.flat_rate": choice}, [read_contract(self.BRING)])
        assert (problem.code, problem.field) == (code, "transporters.flat_rate")
        assert problem.fix

    def test_without_any_contract_every_choice_is_a_problem(self) -> None:
        assert [problem.code for problem in transporter_problems({"a": Choice("BRING", "5800")}, [])] == ["transporter-unknown"]
