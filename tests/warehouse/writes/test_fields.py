"""Each line of the requirement's tables, from the domain to the REST path it names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import orjson
import pytest

from app.domain import Address, Article, Notification, Order, OrderLine, ShopState
from app.warehouse.settings import OngoingSettings
from app.warehouse.writes.fields import article_body, order_body, thin_article_body
from tests.warehouse.records import (
    FULL_ARTICLE,
    FULL_ARTICLE_BODY,
    FULL_LINE,
    FULL_ORDER,
    FULL_ORDER_BODY,
    GOODS_OWNER,
)

SETTINGS = OngoingSettings()


def at(body: dict[str, Any], path: str) -> Any:
    place: Any = body
    for step in path.split("."):
        place = place[int(step)] if step.isdigit() else place[step]
    return place


def sent(order: Order, settings: OngoingSettings = SETTINGS) -> dict[str, Any]:
    return order_body(order, GOODS_OWNER, settings).json


class TestOrderTable:
    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("goodsOwnerId", 77),
            ("goodsOwnerOrderId", "10045"),
            ("orderNumber", "W-10045"),
            ("deliveryDate", "2026-11-20T09:15:22Z"),
            ("advanced.wayOfDeliveryString", "Hjemlevering, Henting"),
            ("wayOfDelivery.code", "flat_rate"),
            ("wayOfDelivery.name", "Hjemlevering"),
            ("transporter.transporterCode", "BRING"),
            ("transporter.transporterServiceCode", "SERVICEPAKKE"),
            ("orderRemark", "Ring på hos naboen 🙂"),
            ("salesCode", "Kari Nordmann"),
            ("smsNotification.value", "+47 900 00 000"),
            ("smsNotification.toBeNotified", True),
            ("telephoneNotification.value", "+47 900 00 000"),
            ("telephoneNotification.toBeNotified", False),
            ("emailNotification.value", "kari@kunde.example"),
            ("emailNotification.toBeNotified", True),
            ("orderLines.0.rowNumber", "889"),
            ("orderLines.0.articleNumber", "TEE-NAVY-M"),
            ("orderLines.0.numberOfItems", 2),
            ("orderLines.0.prices.customerLinePrice", 398.4),
            ("orderLines.0.prices.linePrice", 199.2),
            ("orderLines.0.prices.currencyCode", "NOK"),
            ("consignee.name", "Firma AS"),
            ("consignee.address1", "Storgata 1"),
            ("consignee.address2", "3. etasje"),
            ("consignee.postCode", "0155"),
            ("consignee.city", "Oslo"),
            ("consignee.countryCode", "NO"),
            ("consignee.customerNumber", "2201"),
            ("consignee.advanced.emailNotification.value", "kari@kunde.example"),
            ("consignee.advanced.emailNotification.toBeNotified", False),
            ("consignee.advanced.smsNotification.value", "+47 900 00 000"),
            ("consignee.advanced.smsNotification.toBeNotified", False),
            ("consignee.invoiceAddress.name", "Firma AS, faktura"),
            ("consignee.invoiceAddress.address1", "Postboks 1"),
            ("consignee.invoiceAddress.address2", "v/ Regnskap"),
            ("consignee.invoiceAddress.postCode", "0101"),
            ("consignee.invoiceAddress.city", "Oslo"),
            ("consignee.invoiceAddress.countryCode", "NO"),
            ("consignee.invoiceAddress.advanced.emailNotification.value", "faktura@firma.example"),
            ("consignee.invoiceAddress.advanced.smsNotification.value", "+47 911 11 111"),
        ],
    )
    def test_a_field_is_written_to_the_path_the_requirement_names(self, path: str, value: Any) -> None:
        assert at(sent(FULL_ORDER), path) == value

    def test_nothing_else_is_sent(self) -> None:
        assert order_body(FULL_ORDER, GOODS_OWNER, SETTINGS).json == FULL_ORDER_BODY

    def test_nothing_is_cut_when_all_texts_fit(self) -> None:
        assert order_body(FULL_ORDER, GOODS_OWNER, SETTINGS).cuts == ()

    def test_the_body_is_plain_json(self) -> None:
        assert orjson.loads(orjson.dumps(sent(FULL_ORDER))) == FULL_ORDER_BODY


class TestWhatIsLeftOut:
    def test_an_order_with_the_least_it_needs_sends_the_least(self) -> None:
        order = Order(
            source_id="1",
            source_number="1",
            number="1",
            state=ShopState.WANTED,
            status="processing",
            modified_at=None,
            created_at=None,
            delivery_date=datetime(2026, 1, 2, tzinfo=UTC),
            currency="NOK",
            consignee=Address(name="Ola", address1="Veien 2", post_code="5003", city="Bergen", country_code="NO"),
            invoice_address=None,
            lines=(OrderLine("7", "A", "", Decimal(1), None, None, ""),),
        )
        assert sent(order) == {
            "goodsOwnerId": 77,
            "goodsOwnerOrderId": "1",
            "orderNumber": "1",
            "deliveryDate": "2026-01-02T00:00:00Z",
            "consignee": {"name": "Ola", "address1": "Veien 2", "postCode": "5003", "city": "Bergen", "countryCode": "NO"},
            "orderLines": [{"rowNumber": "7", "articleNumber": "A", "numberOfItems": 1, "prices": {"currencyCode": "NOK"}}],
        }

    def test_blank_texts_are_not_sent(self) -> None:
        body = sent(replace(FULL_ORDER, remark="  \r\n ", sales_code=""))
        assert "orderRemark" not in body
        assert "salesCode" not in body

    def test_a_notification_without_a_number_is_not_sent(self) -> None:
        assert "smsNotification" not in sent(replace(FULL_ORDER, sms=Notification(" ", True)))

    def test_a_notification_whose_flag_is_left_to_the_warehouse_has_none(self) -> None:
        assert sent(replace(FULL_ORDER, sms=Notification("900", None)))["smsNotification"] == {"value": "900"}

    def test_a_price_of_nothing_is_a_price(self) -> None:
        free = replace(FULL_LINE, line_price=Decimal(0), customer_line_price=Decimal("0.00"))
        prices = sent(replace(FULL_ORDER, lines=(free,)))["orderLines"][0]["prices"]
        assert prices == {"currencyCode": "NOK", "linePrice": 0, "customerLinePrice": 0}

    def test_the_consignee_is_there_even_when_it_is_empty(self) -> None:
        assert (
            sent(replace(FULL_ORDER, consignee=Address(), customer_number=None, invoice_address=None, extra={}))["consignee"]
            == {}
        )


class TestValues:
    def test_a_line_without_currency_has_the_orders(self) -> None:
        body = sent(replace(FULL_ORDER, currency="SEK", lines=(replace(FULL_LINE, currency=""),)))
        assert body["orderLines"][0]["prices"]["currencyCode"] == "SEK"

    def test_a_lines_own_currency_goes_first(self) -> None:
        body = sent(replace(FULL_ORDER, currency="SEK", lines=(replace(FULL_LINE, currency="EUR"),)))
        assert body["orderLines"][0]["prices"]["currencyCode"] == "EUR"

    def test_times_are_sent_in_utc_and_whole_seconds(self) -> None:
        oslo = timezone(timedelta(hours=1))
        order = replace(FULL_ORDER, delivery_date=datetime(2026, 11, 20, 0, 30, 1, 999, tzinfo=oslo))
        assert sent(order)["deliveryDate"] == "2026-11-19T23:30:01Z"

    @pytest.mark.parametrize(
        ("quantity", "number"), [("2", "2"), ("2.000", "2"), ("0.5", "0.5"), ("1E+1", "10"), ("0.333333", "0.333333")]
    )
    def test_decimals_are_json_numbers_whole_ones_without_a_point(self, quantity: str, number: str) -> None:
        body = sent(replace(FULL_ORDER, lines=(replace(FULL_LINE, quantity=Decimal(quantity)),)))
        assert orjson.dumps(body["orderLines"][0]["numberOfItems"]) == number.encode()

    def test_lines_of_one_article_stay_apart_by_their_row_numbers(self) -> None:
        body = sent(replace(FULL_ORDER, lines=(FULL_LINE, replace(FULL_LINE, row_number="901"))))
        assert [line["rowNumber"] for line in body["orderLines"]] == ["889", "901"]


class TestCuts:
    def test_a_text_that_is_too_long_is_cut_and_the_cut_is_named(self) -> None:
        body = order_body(replace(FULL_ORDER, remark="a" * 612), GOODS_OWNER, SETTINGS)
        assert body.json["orderRemark"] == "a" * 500
        assert body.cuts == ("orderRemark was cut from 612 to 500 characters",)

    def test_a_text_of_just_the_limit_is_whole(self) -> None:
        body = order_body(replace(FULL_ORDER, way_of_delivery_text="a" * 50), GOODS_OWNER, SETTINGS)
        assert body.json["advanced"]["wayOfDeliveryString"] == "a" * 50
        assert body.cuts == ()

    def test_a_cut_never_splits_a_character(self) -> None:
        body = order_body(replace(FULL_ORDER, remark="a" * 499 + "🙂🙂"), GOODS_OWNER, SETTINGS)
        assert body.json["orderRemark"] == "a" * 499

    def test_the_invoice_address_is_cut_like_the_delivery_address(self) -> None:
        address = Address(name="n" * 201, country_code="NO")
        body = order_body(replace(FULL_ORDER, invoice_address=address), GOODS_OWNER, SETTINGS)
        assert body.json["consignee"]["invoiceAddress"]["name"] == "n" * 200
        assert body.cuts == ("consignee.invoiceAddress.name was cut from 201 to 200 characters",)

    def test_numbers_are_never_cut(self) -> None:
        order = replace(FULL_ORDER, number="9" * 60, source_id="8" * 60, customer_number="7" * 60)
        body = order_body(order, GOODS_OWNER, SETTINGS)
        assert body.json["orderNumber"] == "9" * 60
        assert body.json["goodsOwnerOrderId"] == "8" * 60
        assert body.json["consignee"]["customerNumber"] == "7" * 60

    def test_a_limit_that_would_cut_numbers_is_refused(self) -> None:
        with pytest.raises(ValueError, match="orderNumber identifies a record"):
            OngoingSettings(text_limits={"orderNumber": 10})

    def test_limits_are_settings(self) -> None:
        settings = OngoingSettings(text_limits={"orderRemark": 4})
        assert sent(replace(FULL_ORDER, remark="abcdef"), settings)["orderRemark"] == "abcd"


class TestExtraFields:
    @pytest.mark.parametrize(
        ("changes", "path", "wanted"),
        [
            ({"consignee": Address(address1="Storgata 4\r\nInngang\u00a0B")}, "consignee.address1", "Storgata 4, Inngang B"),
            ({"consignee": Address(name="Kari\nTestmo\t")}, "consignee.name", "Kari Testmo"),
            ({"consignee": Address(city="O\u00adslo\n")}, "consignee.city", "Oslo"),
            ({"invoice_address": Address(address2="c/o Moe,\nB")}, "consignee.invoiceAddress.address2", "c/o Moe, B"),
            ({"sms": Notification("900\u00a000\u202f000\n", True)}, "smsNotification.value", "900 00 000"),
            ({"way_of_delivery_text": "Post\nHjem"}, "advanced.wayOfDeliveryString", "Post Hjem"),
            ({"remark": "Ring\u00a0på\r\nTakk"}, "orderRemark", "Ring på\r\nTakk"),
            ({"extra": {"consignee.address3": "a\nb"}}, "consignee.address3", "a, b"),
            ({"extra": {"deliveryInstruction": "a\nb"}}, "deliveryInstruction", "a\nb"),
            ({"extra": {"freightPrice": "\u200e12,5\u00a0"}}, "freightPrice", 12.5),
        ],
    )
    def test_what_is_one_line_in_the_warehouse_gets_one(self, changes: dict[str, Any], path: str, wanted: Any) -> None:
        assert at(sent(replace(FULL_ORDER, **changes)), path) == wanted

    def test_an_extra_field_is_put_where_its_path_says(self) -> None:
        assert sent(replace(FULL_ORDER, extra={"marketPlace.marketPlace": "Amazon"}))["marketPlace"] == {"marketPlace": "Amazon"}

    def test_an_extra_field_goes_over_the_table(self) -> None:
        assert sent(replace(FULL_ORDER, extra={"orderRemark": "fra feltet"}))["orderRemark"] == "fra feltet"

    @pytest.mark.parametrize(
        "path", ["orderNumber", "goodsOwnerId", "goodsOwnerOrderId", "orderLines", "noSuchField", "consignee"]
    )
    def test_identities_lines_and_unknown_fields_cannot_be_set(self, path: str) -> None:
        assert sent(replace(FULL_ORDER, extra={path: "x"})) == sent(replace(FULL_ORDER, extra={}))

    @pytest.mark.parametrize(
        ("path", "value", "number"),
        [
            ("freightPrice", "49,50", "49.5"),
            ("freightPrice", 49, "49"),
            ("pickingPriority", "3", "3"),
            ("freeText1", 12, '"12"'),
            ("freeText1", True, '"true"'),
            ("orderFreeDateTime1", "2026-12-24", '"2026-12-24T00:00:00Z"'),
            ("orderFreeDateTime1", "2026-12-24T18:00:00+01:00", '"2026-12-24T17:00:00Z"'),
        ],
    )
    def test_a_value_is_brought_to_what_the_field_takes(self, path: str, value: Any, number: str) -> None:
        assert orjson.dumps(sent(replace(FULL_ORDER, extra={path: value}))[path]) == number.encode()

    @pytest.mark.parametrize("value", [None, "", "  ", {"a": 1}])
    def test_what_is_nothing_or_no_text_is_left_out(self, value: Any) -> None:
        assert "freeText1" not in sent(replace(FULL_ORDER, extra={"freeText1": value}))


class TestArticleTable:
    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("goodsOwnerId", 77),
            ("articleNumber", "TEE-NAVY-M"),
            ("articleName", "T-shirt navy – M"),
            ("productCode", "17"),
            ("unitCode", "st"),
            ("articleClassesInfo.classes.0.code", "klaer"),
            ("articleClassesInfo.classes.0.name", "Klær"),
            ("isStockArticle", False),
            ("barCodeInfo.barCode", "7038010000010"),
            ("weight", 0.21),
            ("length", 0.3),
            ("width", 0.2),
            ("height", 0.02),
            ("customerPrice", 249),
            ("countryOfOriginCode", "PT"),
            ("statisticsNumber", "61091000"),
        ],
    )
    def test_a_field_is_written_to_the_path_the_requirement_names(self, path: str, value: Any) -> None:
        assert at(article_body(FULL_ARTICLE, GOODS_OWNER, SETTINGS).json, path) == value

    def test_nothing_else_is_sent(self) -> None:
        assert article_body(FULL_ARTICLE, GOODS_OWNER, SETTINGS).json == FULL_ARTICLE_BODY

    def test_an_article_needs_only_its_number(self) -> None:
        article = Article(source_id="1", modified_at=None, number="A", name="", product_code="")
        assert article_body(article, GOODS_OWNER, SETTINGS).json == {
            "goodsOwnerId": 77,
            "articleNumber": "A",
            "unitCode": "st",
            "isStockArticle": True,
        }

    def test_a_name_that_is_too_long_is_cut_and_the_cut_is_named(self) -> None:
        body = article_body(replace(FULL_ARTICLE, name="n" * 250), GOODS_OWNER, SETTINGS)
        assert body.json["articleName"] == "n" * 200
        assert body.cuts == ("articleName was cut from 250 to 200 characters",)


class TestArticleMadeFromAnOrderLine:
    def test_it_has_what_the_line_knows(self) -> None:
        assert thin_article_body(FULL_LINE, GOODS_OWNER, SETTINGS).json == {
            "goodsOwnerId": 77,
            "articleNumber": "TEE-NAVY-M",
            "articleName": "T-shirt navy – M",
            "productCode": "17",
            "unitCode": "st",
            "isStockArticle": True,
        }
