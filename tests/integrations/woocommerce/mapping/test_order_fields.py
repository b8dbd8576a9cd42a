"""The order table, line by line, with recorded orders. Expected values are written out from the requirement."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.domain import Address, Coded, Notification, Order, OrderLine, ShopState, Transporter
from app.integrations.protocol import TransporterChoice
from app.integrations.woocommerce.mapping.fields import map_order
from tests.integrations.woocommerce.mapping.order_steps import DEFAULTS, codes, mapped, recorded
from tests.integrations.woocommerce.recordings import delivery, order


def test_a_registered_customer_with_a_company_and_another_delivery_address() -> None:
    """Order 33 (bedrift): two variations, a coupon, a customer note, an account with its own e-mail address."""
    body = recorded("097", _gateway_customer={"email": "innkjop@fjellsport.example"})
    assert mapped(body, order_number_prefix="FB-", send_customer_number=True) == Order(
        source_id="33",
        source_number="33",
        number="FB-33",
        state=ShopState.COMPLETED,
        status="completed",
        modified_at=datetime(2026, 11, 21, 16, 11, 9, tzinfo=UTC),
        created_at=datetime(2026, 11, 21, 16, 11, 5, tzinfo=UTC),
        delivery_date=datetime(2026, 11, 21, 16, 11, 5, tzinfo=UTC),
        currency="NOK",
        consignee=Address(
            name="Fjellsport Øst AS, lager",
            address1="Lagerveien 9",
            address2="Port B",
            post_code="2321",
            city="Hamar",
            country_code="NO",
            email=Notification("innkjop@fjellsport.example", False),
            mobile=Notification("+47 400 00 001", False),
        ),
        invoice_address=Address(
            name="Fjellsport Øst AS",
            address1="Brugata 3",
            address2="",
            post_code="2317",
            city="Hamar",
            country_code="NO",
            email=Notification("kari@fjellsport.example", False),
            mobile=Notification("+47 400 00 001", False),
        ),
        lines=(
            OrderLine(
                "4", "FB-SOK-36-GR", "Ullsokker Røros - 36-39, Grå", Decimal(3), Decimal("128.88"), Decimal("386.64"), "NOK", "24"
            ),
            OrderLine(
                "5", "FB-SOK-40-BL", "Ullsokker Røros - 40-43, Blå", Decimal(2), Decimal("136.08"), Decimal("272.16"), "NOK", "27"
            ),
            OrderLine(
                "6",
                "FB-KAF-250",
                'Kaffe «Fjellrøst» 250 g "mørkbrent"',
                Decimal(4),
                Decimal("70.35652175"),
                Decimal("281.43"),
                "NOK",
                "18",
            ),
        ),
        way_of_delivery=Coded("flat_rate", "Posten – Pakke i postkassen"),
        way_of_delivery_text="Posten – Pakke i postkassen",
        transporter=None,
        remark="Leveres etter 1. desember.",
        sales_code="Kari Nordmann-Ås",
        email=Notification("innkjop@fjellsport.example", True),
        sms=Notification("+47 400 00 001", True),
        telephone=Notification("+47 400 00 001", False),
        customer_number="2",
    )


def test_a_guest() -> None:
    """Order 32 (gjest)."""
    found = mapped(recorded("096"))
    assert found.problems == ()
    assert found.number == "32"
    assert found.consignee.name == "Bjørn Ødegård"
    assert found.sales_code == ""
    assert found.customer_number is None
    assert found.email == Notification("bjorn@example.com", True)
    assert found.consignee.email == Notification("bjorn@example.com", False)
    assert found.telephone == Notification("90000001", False)
    assert found.remark == ""


def test_a_customers_own_checkout_is_decoded_and_its_note_kept_as_typed() -> None:
    """Order 54 (kasse): the shop stores the address encoded (`Kjær &amp; Sønn ANS`), the note raw."""
    found = mapped(recorded("103"))
    assert found.consignee.name == "Kjær & Sønn ANS"
    assert found.invoice_address is not None
    assert found.invoice_address.name == "Kjær & Sønn ANS"
    assert found.sales_code == "Silje Kjær"
    assert found.remark == "Legg pakken i boden – kode 4711 & takk!"
    assert [line.article_number for line in found.lines] == ["FB-SOK-40-GR", "FB-JKT-001", "FB-KAF-250"]
    assert (found.state, found.problems) == (ShopState.WANTED, ())


def test_a_note_keeps_tags_line_ends_and_emoji() -> None:
    note = "Ring <b>først</b>\r\nTakk & hei 🎿"
    assert mapped(recorded("096", customer_note=note)).remark == note


def test_svalbard_is_its_own_country() -> None:
    """Order 44: country SJ, no zone, a line price with as many decimals as it takes."""
    found = mapped(recorded("105"))
    assert found.problems == ()
    assert found.consignee == Address(
        name="Eva Moen",
        address1="Vei 500-3",
        address2="",
        post_code="9170",
        city="Longyearbyen",
        country_code="SJ",
        email=Notification("eva@example.com", False),
        mobile=Notification("79000000", False),
    )
    assert found.lines == (
        OrderLine(
            "34", "FB-GEN-002", "Ullgenser Blåfjell", Decimal(3), Decimal("605.8666666666667"), Decimal("1817.60"), "NOK", "15"
        ),
    )
    assert found.way_of_delivery == Coded("flat_rate", "Posten")


def test_free_shipping() -> None:
    """Order 34 (frifrakt)."""
    found = mapped(delivery("038").content)
    assert found.way_of_delivery == Coded("free_shipping", "Fri frakt")
    assert found.state is ShopState.WANTED


ALL_PARTS = {"required_address_parts": ["name", "street", "post-code", "city", "country"]}


class TestAddress:
    def test_without_a_shipping_address_the_billing_address_is_used(self) -> None:
        """Order 35 (hent): local pickup, all of `shipping` empty."""
        found = mapped(delivery("140").content, article_number_fallback="WC-{id}")
        assert found.consignee.name == "Åse Lunde"
        assert (found.consignee.address1, found.consignee.post_code, found.consignee.city) == ("Storgata 1", "9008", "Tromsø")
        assert found.sms is None
        assert found.consignee.mobile is None
        assert found.email == Notification("aase@example.com", True)
        assert found.problems == ()

    def test_a_country_and_a_phone_alone_are_no_shipping_address(self) -> None:
        shipping = dict.fromkeys(("first_name", "last_name", "company", "address_1", "address_2", "city", "postcode"), "")
        found = mapped(recorded("096", shipping=shipping | {"country": "NO", "phone": "1"}))
        assert found.consignee.address1 == "Kirkegata 7"

    @pytest.mark.parametrize(
        "filled_in", [{"first_name": "Kari", "last_name": "Moe"}, {"company": "Moe AS"}, {"first_name": "Kari", "state": "NO-03"}]
    )
    def test_a_name_or_a_company_is_no_shipping_address_either(self, filled_in: dict[str, str]) -> None:
        shipping = dict.fromkeys(("first_name", "last_name", "company", "address_1", "address_2", "city", "postcode"), "")
        found = mapped(recorded("096", shipping=shipping | {"country": "NO"} | filled_in))
        assert found.consignee.address1 == "Kirkegata 7"
        assert found.problems == ()

    @pytest.mark.parametrize("method", ["local_pickup", "pickup_location"])
    def test_an_order_that_is_picked_up_needs_no_address(self, method: str) -> None:
        order = recorded("096", shipping={}, billing={"first_name": "Kari", "email": "kari@example.com"})
        found = mapped({**order, "shipping_lines": [{"method_id": method, "method_title": "Hent selv"}]})
        assert (found.is_carried, found.problems, found.consignee.name) == (False, (), "Kari")

    def test_nor_does_one_of_virtual_goods_only(self) -> None:
        order = recorded("096", shipping={}, billing={"first_name": "Kari", "country": "NO"}, shipping_lines=[])
        lines = [{"id": 1, "product_id": 7, "sku": "KORT", "name": "Gavekort", "quantity": 1}]
        products = {"7": {"id": 7, "virtual": True}}
        assert mapped({**order, "line_items": lines, "_gateway_products": products}).problems == ()
        products["7"]["virtual"] = False
        assert codes(mapped({**order, "line_items": lines, "_gateway_products": products}))[:1] == ["street-missing"]

    def test_the_setting_says_which_parts_are_a_must(self) -> None:
        shipping = recorded("096")["shipping"] | {"city": "", "first_name": "", "last_name": "", "address_1": ""}
        warehouse = {"required_address_parts": ["street", "country"]}
        assert codes(mapped(recorded("096", shipping=shipping), warehouse=warehouse)) == ["street-missing"]

    def test_nothing_is_listed_twice(self) -> None:
        found = mapped(recorded("096", shipping={}, billing={"first_name": "Kari", "address_1": "Gata 1", "country": "XX"}))
        assert codes(found) == ["city-missing", "country-unknown"]

    def test_only_the_virtual_goods_buyer_without_an_address_is_held_for_all_that_is_missing(self) -> None:
        """Order 36 (virtuell): name and country, nothing else."""
        found = mapped(delivery("043").content)
        assert codes(found) == ["street-missing", "city-missing"]
        assert [problem.field for problem in found.problems] == ["billing.address_1", "billing.city"]
        assert found.way_of_delivery is None
        assert found.way_of_delivery_text == ""

    @pytest.mark.parametrize(
        ("field", "code"),
        [
            ("address_1", "street-missing"),
            ("city", "city-missing"),
            ("postcode", "post-code-missing"),
            ("country", "country-missing"),
        ],
    )
    def test_each_part_is_asked_for(self, field: str, code: str) -> None:
        shipping = recorded("096")["shipping"] | {field: " \u200b"}
        assert codes(mapped(recorded("096", shipping=shipping), warehouse=ALL_PARTS)) == [code]

    def test_a_name_and_a_post_code_are_asked_for_where_the_setting_names_them(self) -> None:
        shipping = recorded("096")["shipping"] | {"first_name": "", "last_name": "", "postcode": ""}
        assert codes(mapped(recorded("096", shipping=shipping))) == []
        found = mapped(recorded("096", shipping=shipping), warehouse=ALL_PARTS)
        assert codes(found) == ["name-missing", "post-code-missing"]

    def test_a_shipping_address_of_marks_that_nobody_sees_is_none(self) -> None:
        shipping = dict.fromkeys(("first_name", "last_name", "company", "address_1", "address_2", "city", "postcode"), "\u200b")
        assert mapped(recorded("096", shipping=shipping | {"country": "NO"})).consignee.address1 == "Kirkegata 7"

    def test_a_countrys_code_may_have_come_with_marks(self) -> None:
        shipping = recorded("096")["shipping"] | {"country": "\u202ase\u202c\u00a0"}
        assert mapped(recorded("096", shipping=shipping)).consignee.country_code == "SE"

    @pytest.mark.parametrize("country", ["HK", "AE"])
    def test_no_post_code_is_asked_of_countries_that_have_none(self, country: str) -> None:
        shipping = recorded("096")["shipping"] | {"postcode": "", "country": country}
        assert codes(mapped(recorded("096", shipping=shipping), warehouse=ALL_PARTS)) == []

    @pytest.mark.parametrize("country", ["AQ", "GA", "GN", "IE", "NA", "SS", "TF", "TT", "WS"])
    def test_nor_where_mail_is_delivered_without_them(self, country: str) -> None:
        shipping = recorded("096")["shipping"] | {"postcode": "", "country": country}
        assert codes(mapped(recorded("096", shipping=shipping), warehouse=ALL_PARTS)) == []

    @pytest.mark.parametrize(("country", "expected"), [("LA", []), ("HK", ["post-code-missing"]), ("IE", ["post-code-missing"])])
    def test_the_setting_alone_says_where(self, country: str, expected: list[str]) -> None:
        shipping = recorded("096")["shipping"] | {"postcode": "", "country": country}
        found = mapped(recorded("096", shipping=shipping), warehouse=ALL_PARTS | {"countries_without_post_code": ["LA"]})
        assert codes(found) == expected

    @pytest.mark.parametrize("country", ["XX", "Norge", "NOR", "XK"])
    def test_a_country_that_is_not_understood_holds_the_order(self, country: str) -> None:
        shipping = recorded("096")["shipping"] | {"country": country}
        found = mapped(recorded("096", shipping=shipping), default_country="NO")
        assert codes(found) == ["country-unknown"]

    def test_a_country_that_is_not_understood_in_the_invoice_address_holds_it_too(self) -> None:
        billing = recorded("096")["billing"] | {"country": "XX"}
        assert codes(mapped(recorded("096", billing=billing))) == ["country-unknown"]

    def test_an_address_without_a_country_uses_the_connections(self) -> None:
        shipping = recorded("096")["shipping"] | {"country": ""}
        assert mapped(recorded("096", shipping=shipping), default_country="DK").consignee.country_code == "DK"

    def test_lower_case_codes_are_understood(self) -> None:
        shipping = recorded("096")["shipping"] | {"country": "se"}
        assert mapped(recorded("096", shipping=shipping)).consignee.country_code == "SE"

    def test_no_billing_address_means_no_invoice_address(self) -> None:
        assert mapped(recorded("096", billing={"email": "x@example.com"})).invoice_address is None


class TestNotifications:
    @pytest.mark.parametrize(("setting", "flag"), [(True, True), (False, False), ("not-sent", None)])
    def test_sms_and_e_mail_are_settings(self, setting: bool | str, flag: bool | None) -> None:
        found = mapped(recorded("096"), notify_by_sms=setting, notify_by_email=setting)
        assert found.sms == Notification("90000001", flag)
        assert found.email == Notification("bjorn@example.com", flag)
        assert found.telephone == Notification("90000001", False)
        assert found.consignee.mobile == Notification("90000001", False)

    def test_a_customer_without_an_e_mail_address_leaves_the_billing_one(self) -> None:
        assert mapped(recorded("097", _gateway_customer={"email": ""})).email == Notification("kari@fjellsport.example", True)


class TestState:
    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("processing", ShopState.WANTED),
            ("completed", ShopState.COMPLETED),
            ("cancelled", ShopState.CANCELLED),
            ("refunded", ShopState.CANCELLED),
            ("failed", ShopState.CANCELLED),
            ("trash", ShopState.CANCELLED),
            ("pending", ShopState.WAITING),
            ("on-hold", ShopState.WAITING),
            ("checkout-draft", ShopState.WAITING),
            ("auto-draft", ShopState.WAITING),
            ("klar-til-henting", ShopState.WAITING),
        ],
    )
    def test_by_default(self, status: str, state: ShopState) -> None:
        assert mapped(recorded("096", status=status)).state is state

    def test_the_statuses_are_settings(self) -> None:
        assert mapped(recorded("096", status="on-hold"), order_statuses=["on-hold"]).state is ShopState.WANTED
        assert mapped(recorded("096", status="failed"), cancelled_statuses=["trash"]).state is ShopState.WAITING

    def test_a_partly_refunded_order_is_still_wanted_a_wholly_refunded_one_is_not(self) -> None:
        assert mapped(recorded("100")).state is ShopState.WANTED
        assert mapped(recorded("101")).state is ShopState.CANCELLED


class TestDelivery:
    def lines(self, *given: tuple[str, str, str]) -> dict[str, Any]:
        found = [{"method_id": method, "instance_id": instance, "method_title": title} for method, instance, title in given]
        return recorded("096", shipping_lines=found)

    def test_titles_are_joined_code_and_name_are_those_of_the_first_line(self) -> None:
        found = mapped(self.lines(("flat_rate", "1", "Posten &amp; Bring"), ("local_pickup", "3", "Hent i butikk")))
        assert found.way_of_delivery_text == "Posten & Bring, Hent i butikk"
        assert found.way_of_delivery == Coded("flat_rate", "Posten & Bring")

    def test_the_legacy_api_names_its_shipping_methods_itself(self) -> None:
        assert mapped(recorded("096", shipping_methods="Posten, Hent")).way_of_delivery_text == "Posten, Hent"

    def test_a_mapped_method_has_a_transporter_by_instance_first(self) -> None:
        body = self.lines(("flat_rate", "1", "Posten"))
        by_method = {"flat_rate": TransporterChoice(transporter_code="PN", transporter_service_code="1")}
        by_instance = {"flat_rate:1": TransporterChoice(transporter_code="BRING", transporter_service_code="2")}
        assert mapped(body, transporters=by_method).transporter == Transporter("PN", "1")
        assert mapped(body, transporters=by_method | by_instance).transporter == Transporter("BRING", "2")
        assert mapped(self.lines(("pickup", "1", "x")), transporters=by_method).transporter is None


class TestCustoms:
    def test_a_line_without_a_price_is_held_only_abroad_and_only_when_asked_for(self) -> None:
        lines = [recorded("105")["line_items"][0] | {"price": None}]
        abroad = recorded("105", line_items=lines)
        assert codes(mapped(abroad, customs_required=True)) == ["customs-price-missing"]
        assert codes(mapped(abroad)) == []
        assert codes(mapped(abroad, customs_required=True, customs_home_countries=["NO", "SJ"])) == []

    def test_a_gift_costs_0_and_is_not_held(self) -> None:
        lines = [recorded("105")["line_items"][0] | {"price": 0, "total": "0.00"}]
        assert codes(mapped(recorded("105", line_items=lines), customs_required=True)) == []

    def test_the_currency_is_always_there(self) -> None:
        assert codes(mapped(recorded("096", currency=""))) == ["currency-missing"]


def test_further_fields_are_configuration() -> None:
    """Requirement, rule 11."""
    fields = {
        "consigneeOrderNumber": "meta_data._innkjopsordre",
        "freeText1": "payment_method_title",
        "freeText2": "meta_data.ingen",
    }
    assert mapped(recorded("097"), extra_order_fields=fields).extra == {
        "consigneeOrderNumber": "PO-2026/118-B",
        "freeText1": "Oppkrav",
    }


def test_further_fields_are_decoded_like_the_others_and_a_customers_note_is_as_it_was_typed() -> None:
    fields = {"freeText1": "billing.company", "freeText2": "meta_data.port", "deliveryInstruction": "customer_note"}
    meta_data = [{"key": "port", "value": "A &amp; B&regnskap <b>3</b>"}]
    billing = recorded("097")["billing"] | {"company": "Fjell &#038; S&oslash;nn"}
    body = recorded("097", billing=billing, meta_data=meta_data, customer_note="kode &amp; <3>")
    assert mapped(body, extra_order_fields=fields).extra == {
        "freeText1": "Fjell & Sønn",
        "freeText2": "A & B&regnskap 3",
        "deliveryInstruction": "kode &amp; <3>",
    }


def test_a_webhook_and_a_later_read_of_the_same_order_map_to_the_same() -> None:
    assert map_order(order(delivery("065").content), DEFAULTS) == map_order(order(recorded("105")), DEFAULTS)
