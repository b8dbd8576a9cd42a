"""Tracking numbers in the shop's plugin. Advanced Shipment Tracking as recorded; Shipment Tracking as documented."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import LoginRefused, Malformed, NoSuchRecord, Refused
from app.integrations.protocol import Tracking, TrackingEntry
from app.integrations.woocommerce.settings import TrackingVia
from tests.integrations.woocommerce.fake_shop import FakeShop, recorded, scripted

BELOW = "/wc-shipment-tracking/v3/orders"
AST = {"tracking": "advanced-shipment-tracking"}
ST = {"tracking": "shipment-tracking"}
AST_CARRIERS = {f"GET {BELOW}/{order}/shipment-trackings/providers": recorded("226") for order in (72, 73)}
ST_CARRIERS = {
    "GET /wc-shipment-tracking/v3/shipment-trackings/providers": (
        200,
        {"Norway": {"Posten Norge": "https://sporing.posten.no/?q=%1$s"}, "Global": {"Aramex": "https://aramex.example/%1$s"}},
    )
}
MADE = {"tracking_id": "abc", "tracking_provider": "Posten Norge", "tracking_link": "x", "tracking_number": "1"}


def advanced(number: str, order: int) -> FakeShop:
    return scripted({**AST_CARRIERS, f"POST {BELOW}/{order}/shipment-trackings": recorded(number)}, AST)


def sent(shop: FakeShop) -> Any:
    return next(each.body for each in shop.asked if each.method == "POST")


class TestWhere:
    @pytest.mark.parametrize(
        ("facts", "setting", "via"),
        [
            (AST, "auto", TrackingVia.ADVANCED_SHIPMENT_TRACKING),
            (ST, "auto", TrackingVia.SHIPMENT_TRACKING),
            ({"tracking": "note"}, "auto", TrackingVia.NOTE),
            ({}, "auto", TrackingVia.NOTE),
            ({"tracking": "something-new"}, "auto", TrackingVia.NOTE),
            (AST, "note", TrackingVia.NOTE),
            ({}, "shipment-tracking", TrackingVia.SHIPMENT_TRACKING),
        ],
    )
    def test_as_set_or_as_found(self, facts: dict[str, str], setting: str, via: TrackingVia) -> None:
        client = scripted({}, facts).client(shipments={"tracking_via": setting})
        assert client.tracking_via is via

    async def test_without_a_plugin_there_are_no_entries(self) -> None:
        shop = scripted({})
        assert await shop.client().tracking_entries("72") == ()
        with pytest.raises(ValueError, match="add_note"):
            await shop.client().add_tracking("72", Tracking("1"))
        assert shop.asked == []


class TestAdvancedShipmentTracking:
    async def test_a_known_carrier_goes_by_its_name(self) -> None:
        shop = advanced("228", 72)
        tracking = Tracking("370000000000111222", "", "Posten Norge")
        assert await shop.client().add_tracking("72", tracking) == "2c4b5c0a97d1038b1cfdc28b339c7573"
        assert sent(shop) == {"tracking_number": "370000000000111222", "tracking_provider": "Posten Norge"}

    async def test_a_carrier_it_does_not_know_goes_with_its_link(self) -> None:
        """It comes back nameless, and is an entry all the same."""
        shop = advanced("232", 73)
        tracking = Tracking("SYK-77", "https://bud.example/spor?nr=%number%", "Sykkelbudet Ås")
        assert await shop.client().add_tracking("73", tracking) == "bfb64112f7916b792a5b987acb32692a"
        assert sent(shop) == {
            "tracking_number": "SYK-77",
            "custom_tracking_provider": "Sykkelbudet Ås",
            "custom_tracking_link": "https://bud.example/spor?nr=%number%",
        }

    async def test_the_carriers_name_is_written_as_the_plugin_has_it(self) -> None:
        for given, settings in (("BRING", {}), ("PN", {"providers": {"PN": "bring"}}), ("", {"provider": "Bring"})):
            shop = advanced("230", 73)
            await shop.client(shipments=settings).add_tracking("73", Tracking("1", "https://x.example/1", given))
            assert sent(shop) == {"tracking_number": "1", "tracking_provider": "Bring"}

    async def test_carriers_are_asked_for_once(self) -> None:
        shop = advanced("230", 73)
        client = shop.client()
        for number in ("1", "2", "3"):
            await client.add_tracking("73", Tracking(number, "", "Bring"))
        assert len([each for each in shop.asked if each.method == "GET"]) == 1

    async def test_numbers_alone_go_without_a_link(self) -> None:
        shop = advanced("232", 73)
        tracking = Tracking("SYK-77", "https://bud.example/77", "Sykkelbudet")
        await shop.client(shipments={"tracking": "numbers"}).add_tracking("73", tracking)
        assert sent(shop) == {"tracking_number": "SYK-77", "custom_tracking_provider": "Sykkelbudet"}

    async def test_the_entries_as_recorded(self) -> None:
        shop = scripted({f"GET {BELOW}/73/shipment-trackings": recorded("241")}, AST)
        found = await shop.client().tracking_entries("73")
        assert found[0] == TrackingEntry(
            "079ab87a6147860a4d7fc458c4a6cfcc",
            "370000000000999888",
            "Posten Norge",
            "https://sporing.posten.no/sporing/370000000000999888",
        )
        assert [each.number for each in found[1:3]] == ["WC3-1", "AST-1"]

    @pytest.mark.parametrize(("number", "error"), [("236", Refused), ("237", NoSuchRecord), ("250", LoginRefused)])
    async def test_failures_as_recorded(self, number: str, error: type[Exception]) -> None:
        with pytest.raises(error):
            await advanced(number, 73).client().add_tracking("73", Tracking("1"))

    async def test_an_answer_without_an_id_is_unknown(self) -> None:
        shop = scripted({f"POST {BELOW}/73/shipment-trackings": (201, {"message": "ok"})}, AST)
        with pytest.raises(Malformed):
            await shop.client().add_tracking("73", Tracking("1"))


class TestShipmentTracking:
    async def add(self, tracking: Tracking, **settings: Any) -> Any:
        shop = scripted({**ST_CARRIERS, f"POST {BELOW}/72/shipment-trackings": (201, MADE)}, ST)
        assert await shop.client(shipments=settings).add_tracking("72", tracking) == "abc"
        return sent(shop)

    async def test_a_carrier_of_its_list(self) -> None:
        body = await self.add(Tracking("1", "https://x.example", "posten norge"))
        assert body == {"tracking_number": "1", "tracking_provider": "Posten Norge"}

    async def test_another_goes_as_a_custom_one_with_every_percent_sign_kept(self) -> None:
        """It fills the number in where `%1$s` stands, as `sprintf` does."""
        body = await self.add(Tracking("1", "https://bud.example/sp%C3%B8r/1", "Budet"))
        assert body == {
            "tracking_number": "1",
            "custom_tracking_provider": "Budet",
            "custom_tracking_link": "https://bud.example/sp%%C3%%B8r/1",
        }

    async def test_it_knows_no_status_to_set(self) -> None:
        body = await self.add(Tracking("1", "", "Aramex"))
        assert body == {"tracking_number": "1", "tracking_provider": "Aramex"}
