"""The carrier of an order, its pick-up point and its lines' VAT, from what a system gives."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from app.domain import ByWeight, Transporter
from app.integrations.kit.carriers import PickUpPoint, line_extras, read_pick_up_point, with_carrier, with_pick_up_point
from app.integrations.protocol import ConnectionSettings
from app.integrations.protocol.carriers import PickUpPoints
from tests.warehouse.records import FULL_ORDER

ORDER = replace(FULL_ORDER, transporter=None)


def rule(code: str, **more: Any) -> dict[str, Any]:
    return {"transporter_code": code, "transporter_service_code": "S", **more}


def settings(*rules: dict[str, Any], **table: str) -> ConnectionSettings:
    transporters = {
        method.replace("__", ":"): {"transporter_code": code, "transporter_service_code": "S"} for method, code in table.items()
    }
    return ConnectionSettings.model_validate({"transporter_rules": list(rules), "transporters": transporters})


def to(country: str) -> Any:
    return replace(ORDER, consignee=replace(ORDER.consignee, country_code=country))


class TestCarriers:
    @pytest.mark.parametrize(
        ("pattern", "method", "fits"),
        [
            ("*", "", True),
            ("*", "anything", True),
            ("flat_rate", "flat_rate", True),
            ("FLAT_rate ", "flat_Rate", True),
            ("flat_rate", "flat_rate:3", False),
            ("flat_rate:*", "flat_rate:3", True),
            ("*hjem*", "Pakke levert Hjem (Bring)", True),
            ("a.c", "abc", False),
            ("[abc]", "a", False),
            ("Pakke (0-35 kg)*", "Pakke (0-35 kg), til hentested", True),
            ("*ab*ab", "ab", False),
            ("a*ba*a", "abaa", True),
            ("**a**", "bab", True),
            ("*a" * 50 + "*b", "a" * 5000, False),  # said at once, whatever the pattern
        ],
    )
    def test_a_method_fits_a_pattern_with_stars(self, pattern: str, method: str, fits: bool) -> None:
        found = with_carrier(to("NO"), [method], settings(rule("R", method=pattern))).transporter
        assert (found == Transporter("R", "S")) is fits

    def test_the_first_rule_that_fits_goes_before_the_table(self) -> None:
        given = settings(rule("SWEDEN", countries=["SE"]), rule("ALL", method="express*"), flat_rate="TABLE", express="TABLE")
        chosen = {
            (country, method): with_carrier(to(country), [method], given).transporter
            for country in ("NO", "SE")
            for method in ("flat_rate", "express", "other")
        }
        assert chosen == {
            ("NO", "flat_rate"): Transporter("TABLE", "S"),
            ("NO", "express"): Transporter("ALL", "S"),
            ("NO", "other"): None,
            ("SE", "flat_rate"): Transporter("SWEDEN", "S"),
            ("SE", "express"): Transporter("SWEDEN", "S"),
            ("SE", "other"): Transporter("SWEDEN", "S"),
        }

    def test_the_most_exact_name_of_a_method_is_looked_up_first(self) -> None:
        given = settings(flat_rate="GENERAL", flat_rate__3="OWN")
        assert with_carrier(ORDER, ["flat_rate:3", "flat_rate"], given).transporter == Transporter("OWN", "S")
        assert with_carrier(ORDER, ["flat_rate:4", "flat_rate"], given).transporter == Transporter("GENERAL", "S")

    def test_rules_with_a_weight_wait_until_it_is_known(self) -> None:
        given = settings(rule("LIGHT", up_to_kg=2), rule("HEAVY", over_kg=2), rule("ELSE"), rule("NEVER"))
        order = with_carrier(to("NO"), ["post"], given)
        assert order.transporter == Transporter("ELSE", "S")
        assert order.by_weight == (
            ByWeight(Transporter("LIGHT", "S"), up_to_kg=Decimal(2)),
            ByWeight(Transporter("HEAVY", "S"), over_kg=Decimal(2)),
        )

    def test_what_nobody_carries_fits_no_rule_but_may_stand_in_the_table(self) -> None:
        given = settings(rule("ALL"), local_pickup="DESK")
        assert with_carrier(replace(ORDER, is_carried=False), ["local_pickup"], given).transporter == Transporter("DESK", "S")
        assert with_carrier(replace(ORDER, is_carried=False), ["other"], given).transporter is None

    @pytest.mark.parametrize(
        "wrong",
        [
            rule("R", countries=["no"]),
            rule("R", countries=["NOR"]),
            rule("R", over_kg=5, up_to_kg=5),
            rule("R", return_transporter_code="X"),
            rule(""),
        ],
    )
    def test_a_rule_that_cannot_be_is_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            settings(wrong)


HELTHJEM = (
    '<p class="hcnsg-order-nearby-point"><strong>Kiwi &amp; Co</strong><br/>Storgata 1, OSLO<br/>'
    '<span class="opening-hours">MONDAY: 08 - 22</span></p>'
)
KLARNA = {"selected_shipping_option": {"delivery_details": {"pickup_location": {"id": "152347", "name": "Kiwi", "address": {}}}}}


class TestPickUpPoints:
    @pytest.mark.parametrize(
        ("value", "point"),
        [
            ("152347", PickUpPoint("152347")),
            (152347, PickUpPoint("152347")),
            (json.dumps({"id": "152347", "name": "Kiwi", "address": {"street": "Storgata 1"}}), PickUpPoint("152347", "Kiwi")),
            ({"servicePointId": "1234567", "name": "Coop Extra"}, PickUpPoint("1234567", "Coop Extra")),
            ({"agent_no": 4711, "company": "Nærbutikken"}, PickUpPoint("4711", "Nærbutikken")),
            (KLARNA, PickUpPoint("152347", "Kiwi")),
            (HELTHJEM, PickUpPoint("", "Kiwi & Co, Storgata 1, OSLO")),
            ("Rema 1000, Storgata 2", PickUpPoint("", "Rema 1000, Storgata 2")),
            ("{not json", PickUpPoint("", "{not json")),
            ("<" * 500_000, PickUpPoint("", "<" * 2000)),
            ('{"a":' * 50_000, PickUpPoint("", ('{"a":' * 50_000)[:2000])),
            ({"name": "Kiwi"}, PickUpPoint("", "Kiwi")),
            ({"opening": "08"}, None),
            ("", None),
            (None, None),
            ([], None),
            ("0", None),
        ],
    )
    def test_it_is_read_however_a_checkout_writes_it(self, value: Any, point: PickUpPoint | None) -> None:
        assert read_pick_up_point(value) == point

    @pytest.mark.parametrize(
        ("where", "point", "told"),
        [
            (PickUpPoints.CODE, PickUpPoint("15", "Kiwi"), ("15", "")),
            (PickUpPoints.CODE, PickUpPoint("", "Kiwi"), ("", "Kiwi")),
            (PickUpPoints.INSTRUCTION, PickUpPoint("15", "Kiwi"), ("", "Kiwi (15)")),
            (PickUpPoints.BOTH, PickUpPoint("15", "Kiwi"), ("15", "Kiwi (15)")),
            (PickUpPoints.NONE, PickUpPoint("15", "Kiwi"), ("", "")),
            (PickUpPoints.BOTH, None, ("", "")),
        ],
    )
    def test_it_goes_where_the_connection_wants_it(
        self, where: PickUpPoints, point: PickUpPoint | None, told: tuple[str, str]
    ) -> None:
        order = with_pick_up_point(ORDER, point, where)
        assert (order.service_point, order.delivery_instruction) == told


class TestVat:
    @pytest.mark.parametrize(
        ("rate", "extra"),
        [
            (Decimal("25.00"), {"vat.code": "1", "vat.percent": "25"}),
            (Decimal(15), {"vat.code": "F", "vat.percent": "15"}),
            (Decimal(0), {"vat.code": "0", "vat.percent": "0"}),
            (Decimal(12), {}),
            (None, {}),
        ],
    )
    def test_a_rate_gets_the_warehouse_s_code(self, rate: Decimal | None, extra: dict[str, str]) -> None:
        assert line_extras(rate, {"25,0 %": "1", "15": "F", "0": "0"}, {}) == extra

    def test_what_is_mapped_goes_before_it(self) -> None:
        assert line_extras(Decimal(25), {"25": "1"}, {"vat.code": "X"})["vat.code"] == "X"

    @pytest.mark.parametrize("codes", [{"high": "1"}, {"101": "1"}, {"25": " "}])
    def test_what_is_no_rate_is_refused(self, codes: dict[str, str]) -> None:
        with pytest.raises(ValidationError):
            ConnectionSettings(vat_codes=codes)
