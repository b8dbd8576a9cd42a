"""Whether the WMS has what we sent."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from app.warehouse.reads.resources import read_article, read_order
from app.warehouse.writes.differences import differences_article, differences_order
from tests.warehouse.answers import article_answer, article_sent, line_answer, order_answer, order_sent


def of_order(body: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    return differences_order(body, read_order(answer))


def of_article(body: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    return differences_article(body, read_article(answer))


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    body = deepcopy(body)
    *parents, name = path.split(".")
    place: Any = body
    for parent in parents:
        place = place[int(parent)] if parent.isdigit() else place.setdefault(parent, {})
    place[name] = value
    return body


def test_an_order_that_is_shown_as_it_was_sent_has_none() -> None:
    assert of_order(order_sent(), order_answer()) == []


@pytest.mark.parametrize(
    ("path", "value", "difference"),
    [
        ("goodsOwnerId", 78, "goodsOwnerId: sent 78, the warehouse has 77"),
        ("orderNumber", "W-1", "orderNumber: sent 'W-1', the warehouse has 'W-10045'"),
        ("goodsOwnerOrderId", "1", "goodsOwnerOrderId: sent '1', the warehouse has '10045'"),
        ("orderRemark", "Ring ikke på", "orderRemark: sent 'Ring ikke på', the warehouse has 'Ring på'"),
        ("salesCode", "Ola", "salesCode: sent 'Ola', the warehouse has 'Kari Nordmann'"),
        ("referenceNumber", "R", "referenceNumber: sent 'R', the warehouse has None"),
        (
            "deliveryDate",
            "2026-11-21T09:15:22Z",
            "deliveryDate: sent '2026-11-21T09:15:22Z', the warehouse has '2026-11-20T09:15:22Z'",
        ),
        ("wayOfDelivery.name", "Henting", "wayOfDelivery.name: sent 'Henting', the warehouse has 'Hjemlevering'"),
        ("emailNotification.toBeNotified", False, "emailNotification.toBeNotified: sent False, the warehouse has True"),
        ("smsNotification.value", "900", "smsNotification.value: sent '900', the warehouse has None"),
        ("transporter.transporterCode", "BRING", "transporter.transporterCode: sent 'BRING', the warehouse has None"),
        ("warehouseId", 2, "warehouseId: sent 2, the warehouse has 1"),
        ("consignee.name", "Ola", "consignee.name: sent 'Ola', the warehouse has 'Kari Nordmann'"),
        ("consignee.address2", "2. etasje", "consignee.address2: sent '2. etasje', the warehouse has None"),
        ("consignee.invoiceAddress.city", "Moss", "consignee.invoiceAddress.city: sent 'Moss', the warehouse has None"),
        (
            "consignee.advanced.smsNotification.value",
            "900",
            "consignee.advanced.smsNotification.value: sent '900', the warehouse has None",
        ),
        ("orderLines.0.numberOfItems", 3, "row 889, numberOfItems: sent 3, the warehouse has 2.0"),
        ("orderLines.0.articleNumber", "MUG", "row 889, articleNumber: sent 'MUG', the warehouse has 'TEE-NAVY-M'"),
        ("orderLines.0.prices.linePrice", 199.21, "row 889, prices.linePrice: sent 199.21, the warehouse has 199.2"),
        ("orderLines.0.comment", "rød", "row 889, comment: sent 'rød', the warehouse has None"),
        ("orderLines.0.lineFreeValues.freeText1", "x", "row 889, lineFreeValues.freeText1: sent 'x', the warehouse has None"),
    ],
)
def test_what_the_warehouse_shows_otherwise_is_named(path: str, value: Any, difference: str) -> None:
    assert of_order(changed(order_sent(), path, value), order_answer()) == [difference]


@pytest.mark.parametrize(
    "path",
    [
        "advanced.wayOfDeliveryString",
        "advanced.communication",
        "consignee.organisationNumber",
        "consignee.customerGroup.code",
        "languageCode",
        "someNewField",
    ],
)
def test_what_the_warehouse_never_shows_is_skipped(path: str) -> None:
    assert of_order(changed(order_sent(), path, "anything"), order_answer()) == []


class TestLines:
    def test_a_row_that_the_warehouse_lacks_is_named(self) -> None:
        body = order_sent()
        body["orderLines"].append({"rowNumber": "890", "articleNumber": "MUG", "numberOfItems": 1})
        assert of_order(body, order_answer()) == ["row 890: the warehouse does not have it"]

    @pytest.mark.parametrize("lines", [None, []])
    def test_an_order_whose_lines_are_not_there_yet_lacks_them(self, lines: Any) -> None:
        answer = order_answer() | {"orderLines": lines}
        assert of_order(order_sent(), answer) == ["row 889: the warehouse does not have it"]

    def test_a_row_that_was_not_sent_is_named(self) -> None:
        answer = order_answer()
        answer["orderLines"].append(line_answer("890", "MUG", 1))
        assert of_order(order_sent(), answer) == ["row 890: the warehouse has it, and it was not sent"]

    def test_a_row_that_was_not_sent_and_asks_for_nothing_is_none(self) -> None:
        answer = order_answer()
        answer["orderLines"].append(line_answer("890", "MUG", 0))
        assert of_order(order_sent(), answer) == []

    def test_a_row_that_is_there_twice_is_named(self) -> None:
        answer = order_answer()
        answer["orderLines"].append(line_answer("889", "TEE-NAVY-M", 2))
        assert of_order(order_sent(), answer) == ["row 889: the warehouse has it 2 times"]

    def test_the_order_of_rows_does_not_matter(self) -> None:
        body, answer = order_sent(), order_answer()
        body["orderLines"].append({"rowNumber": "890", "articleNumber": "MUG", "numberOfItems": 1})
        answer["orderLines"].insert(0, line_answer("890", "MUG", 1))
        assert of_order(body, answer) == []


class TestWhatIsOnlyWrittenOtherwise:
    @pytest.mark.parametrize("shown", ["2026-11-20", "2026-11-20T00:00:00Z"])
    def test_a_delivery_date_may_be_shown_without_its_time(self, shown: str) -> None:
        assert of_order(order_sent(), order_answer(deliveryDate=shown)) == []

    def test_its_time_may_be_in_a_field_of_its_own(self) -> None:
        answer = order_answer(deliveryDate="2026-11-20T00:00:00Z", advanced={"deliveryDateWithTime": "2026-11-20T09:15:22Z"})
        assert of_order(order_sent(), answer) == []

    def test_another_time_in_that_field_is_a_difference(self) -> None:
        answer = order_answer(deliveryDate="2026-11-20T00:00:00Z", advanced={"deliveryDateWithTime": "2026-11-20T10:00:00Z"})
        assert len(of_order(order_sent(), answer)) == 1

    def test_a_delivery_date_on_another_day_is_a_difference(self) -> None:
        assert len(of_order(order_sent(), order_answer(deliveryDate="2026-11-21"))) == 1

    def test_a_delivery_date_that_is_not_there_is_a_difference(self) -> None:
        assert len(of_order(order_sent(), order_answer(deliveryDate=None))) == 1

    def test_line_ends_and_blanks_around_a_text_do_not_count(self) -> None:
        body = order_sent() | {"orderRemark": "a\r\nb"}
        assert of_order(body, order_answer(orderRemark="a\nb ")) == []

    def test_decimals_beyond_the_fourth_do_not_count(self) -> None:
        body = changed(order_sent(), "orderLines.0.prices.linePrice", 199.20000001)
        assert of_order(body, order_answer()) == []


class TestArticles:
    def test_an_article_that_is_shown_as_it_was_sent_has_none(self) -> None:
        assert of_article(article_sent(), article_answer()) == []

    @pytest.mark.parametrize(
        ("path", "value", "difference"),
        [
            ("articleName", "", "articleName: sent '', the warehouse has 'T-shirt navy'"),
            ("isStockArticle", False, "isStockArticle: sent False, the warehouse has True"),
            ("weight", 0.22, "weight: sent 0.22, the warehouse has 0.21"),
            ("barCodeInfo.barCode", "1", "barCodeInfo.barCode: sent '1', the warehouse has '7038010000010'"),
            ("barCodeInfo.barCodePackage", "1", "barCodeInfo.barCodePackage: sent '1', the warehouse has None"),
            ("freeValues.freeText1", "x", "freeValues.freeText1: sent 'x', the warehouse has None"),
            (
                "articlePickingHandlingComment",
                "x",
                "articlePickingHandlingComment: sent 'x', the warehouse has None",
            ),
        ],
    )
    def test_what_the_warehouse_shows_otherwise_is_named(self, path: str, value: Any, difference: str) -> None:
        assert of_article(changed(article_sent(), path, value), article_answer()) == [difference]

    @pytest.mark.parametrize("path", ["articlePackingHandlingComment", "freeValues.freeDateTime1", "someNewField"])
    def test_what_the_warehouse_never_shows_is_skipped(self, path: str) -> None:
        assert of_article(changed(article_sent(), path, "anything"), article_answer()) == []

    def test_a_class_that_the_warehouse_lacks_is_a_difference(self) -> None:
        body = article_sent() | {"articleClassesInfo": {"classes": [{"code": "sko", "name": "Sko"}]}}
        assert len(of_article(body, article_answer())) == 1
