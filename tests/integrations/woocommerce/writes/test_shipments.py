"""What is told of a shipment: the order as it stands, its status, its notes; and how one's own notes are found again."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from app.errors import Malformed, NoSuchRecord, Refused, Unavailable
from app.integrations.protocol import (
    OrderNote,
    RefundSeen,
    ReportsShipments,
    ShopOrderLine,
    StatusSet,
    Tracking,
    TrackingEntry,
    find_note,
    find_tracking,
)
from tests.integrations.woocommerce.fake_shop import recorded, scripted
from tests.integrations.woocommerce.recordings import rest

POSTEN = Tracking("370000000000111222", "https://sporing.posten.no/sporing/370000000000111222")


class TestTheOrderAsItStands:
    def test_the_client_reports_shipments(self) -> None:
        assert isinstance(scripted({}).client(), ReportsShipments)

    async def test_with_tracking_as_recorded(self) -> None:
        found = await scripted({"GET orders/72": recorded("229")}).client().order_state("72")
        assert found is not None
        assert (found.source_id, found.number, found.status, found.currency) == ("72", "72", "completed", "NOK")
        assert found.modified_at == datetime(2026, 11, 21, 16, 28, 41, tzinfo=UTC)
        assert found.total == Decimal("1467.90")
        assert found.tracking == (TrackingEntry("2c4b5c0a97d1038b1cfdc28b339c7573", "370000000000111222", "posten-norge", ""),)
        assert found.lines == (
            ShopOrderLine("93", "FB-KAF-250", 1, Decimal("78.17"), {"2": Decimal("11.73")}),
            ShopOrderLine("94", "FB-JKT-001", 1, Decimal("1039.20"), {"1": Decimal("259.80")}),
        )
        assert found.refunds == ()

    async def test_with_refunds_as_recorded(self) -> None:
        found = await scripted({"GET orders/38": recorded("100")}).client().order_state("38")
        assert found is not None
        assert found.refunds == (
            RefundSeen("40", "Kompensasjon", Decimal("50.00")),
            RefundSeen("39", "Skadet pose", Decimal("89.90")),
        )

    async def test_in_the_trash(self) -> None:
        found = await scripted({"GET orders/32": recorded("074")}).client().order_state("32")
        assert found is not None
        assert found.status == "trash"

    async def test_gone_only_by_the_shops_own_word(self) -> None:
        assert await scripted({"GET orders/1": recorded("112")}).client().order_state("1") is None
        with pytest.raises(Refused):
            await scripted({}).client().order_state("1")


class TestTheStatus:
    async def test_is_written_after_a_look(self) -> None:
        before = (200, {"id": 54, "status": "processing", "date_modified_gmt": "2026-11-21T16:26:51"})
        shop = scripted({"GET orders/54": before, "PUT orders/54": recorded("166")})
        found = await shop.client().set_status("54", "completed")
        assert found == StatusSet("completed", True, datetime(2026, 11, 21, 16, 27, 28, tzinfo=UTC))
        assert shop.calls == ["GET orders/54", "PUT orders/54"]
        assert shop.asked[1].body == rest("166")["request"]["body"]

    async def test_the_first_tracking_number_goes_with_it_and_must_be_in_the_answer(self) -> None:
        seen = {"id": 54, "status": "processing", "date_modified_gmt": None, "meta_data": []}
        shop = scripted({"GET orders/54": (200, seen), "PUT orders/54": (200, {**seen, "status": "completed"})})
        client = shop.client(shipments={"tracking_meta_key": "ongoing_tracking_number"})
        with pytest.raises(Malformed, match="ongoing_tracking_number"):
            await client.keep_tracking("54", "70300001", completes=True)
        number = {"key": "ongoing_tracking_number", "value": "70300001"}
        assert shop.asked[1].body == {"status": "completed", "meta_data": [number]}

    async def test_the_legacy_api_takes_the_number_in_a_table(self) -> None:
        shown = {"order": {"id": 54, "status": "processing", "order_meta": {}}}
        after = {"order": {"id": 54, "status": "completed", "order_meta": {"spor": "70300001"}}}
        answers = {"GET orders/54": (200, shown), "PUT orders/54": (200, after)}
        shop = scripted(answers, {"rest": "wc-api/v3"}, base="/wc-api/v3/")
        client = shop.client(shipments={"tracking_meta_key": "spor"})
        assert (await client.keep_tracking("54", "70300001", completes=True)).written
        assert shop.asked[1].body == {"order": {"status": "completed", "order_meta": {"spor": "70300001"}}}

    async def test_that_is_there_already_is_not_written(self) -> None:
        """It would move the order's time and come back as an announcement (observed)."""
        shop = scripted({"GET orders/54": (200, {"id": 54, "status": "completed", "date_modified_gmt": None})})
        assert await shop.client().complete("54") == StatusSet("completed", False)
        assert shop.calls == ["GET orders/54"]

    @pytest.mark.parametrize("status", ["cancelled", "refunded", "failed", "trash"])
    async def test_of_an_order_that_is_over_is_left_alone(self, status: str) -> None:
        shop = scripted({"GET orders/54": (200, {"id": 54, "status": status})})
        assert await shop.client().complete("54") == StatusSet(status, False)
        assert shop.calls == ["GET orders/54"]

    async def test_never_brings_back_an_order_from_the_trash(self) -> None:
        """Whatever the settings say of cancelled orders."""
        shop = scripted({"GET orders/54": (200, {"id": 54, "status": "trash"})})
        await shop.client(cancelled_statuses=["cancelled"]).complete("54")
        assert shop.calls == ["GET orders/54"]

    async def test_of_a_plugin_is_ended_as_any_other(self) -> None:
        shop = scripted({
            "GET orders/54": (200, {"id": 54, "status": "plukk-startet"}),
            "PUT orders/54": (200, {"id": 54, "status": "levert-lager"}),
        })  # fmt: skip
        found = await shop.client(shipments={"completed_status": "levert-lager"}).complete("54")
        assert (found.status, found.written) == ("levert-lager", True)

    async def test_that_the_shop_does_not_know_is_a_final_no(self) -> None:
        shop = scripted({"GET orders/54": (200, {"id": 54, "status": "processing"}), "PUT orders/54": recorded("169")})
        with pytest.raises(Refused, match="status is not one of"):
            await shop.client().set_status("54", "shipped")

    async def test_of_an_order_that_went_between_look_and_write(self) -> None:
        """The shop answers a PUT to an unknown order with 400 (recorded: 173)."""
        shop = scripted({"GET orders/54": (200, {"id": 54, "status": "processing"}), "PUT orders/54": recorded("173")})
        with pytest.raises(NoSuchRecord):
            await shop.client().set_status("54", "completed")

    async def test_that_was_not_taken_is_unknown(self) -> None:
        same = (200, {"id": 54, "status": "processing"})
        with pytest.raises(Malformed):
            await scripted({"GET orders/54": same, "PUT orders/54": same}).client().set_status("54", "completed")

    async def test_with_an_unknown_outcome_says_so(self) -> None:
        shop = scripted({
            "GET orders/54": (200, {"id": 54, "status": "processing"}), "PUT orders/54": httpx.ReadTimeout("slow"),
        })  # fmt: skip
        with pytest.raises(Unavailable) as caught:
            await shop.client().set_status("54", "completed")
        assert caught.value.sent


class TestNotes:
    async def test_to_the_customer_as_recorded(self) -> None:
        shop = scripted({"POST orders/33/notes": recorded("161")})
        made = await shop.client().add_note("33", "Pakken er på vei – spor den på sporing.posten.no", to_customer=True)
        assert made == "121"
        assert shop.asked[0].body == rest("161")["request"]["body"]

    async def test_private_ones_say_so(self) -> None:
        shop = scripted({"POST orders/33/notes": recorded("160")})
        assert await shop.client().add_note("33", "Sendt: Posten 370000000000654321", to_customer=False) == "120"
        assert shop.asked[0].body == {"note": "Sendt: Posten 370000000000654321", "customer_note": False}

    async def test_without_text_are_not_sent(self) -> None:
        shop = scripted({})
        with pytest.raises(ValueError, match="needs text"):
            await shop.client().add_note("33", "  ", to_customer=False)
        assert shop.asked == []

    async def test_on_an_unknown_order(self) -> None:
        with pytest.raises(NoSuchRecord):
            await scripted({"POST orders/9/notes": recorded("163")}).client().add_note("9", "x", to_customer=False)

    async def test_without_an_id_have_an_unknown_outcome(self) -> None:
        with pytest.raises(Malformed, match="under which id"):
            await scripted({"POST orders/33/notes": (201, {})}).client().add_note("33", "x", to_customer=False)

    async def test_are_read_as_recorded(self) -> None:
        found = await scripted({"GET orders/33/notes": recorded("164")}).client().notes("33")
        assert len(found) == 10
        assert found[1] == OrderNote(
            "121",
            "Pakken er på vei – spor den på sporing.posten.no",
            to_customer=True,
            created_at=datetime(2026, 11, 21, 16, 27, 28, tzinfo=UTC),
        )


class TestWhatWasWrittenIsFoundAgain:
    NOTES = (
        OrderNote("1", "Sendt: Posten 123", to_customer=False),
        OrderNote("2", "Kjær &amp; Sønn:  sendt\r\n123", to_customer=True),
        OrderNote("3", "Sendt: Posten 123", to_customer=True),
    )

    def test_a_note_by_its_text(self) -> None:
        assert find_note(self.NOTES, "Sendt: Posten 123") == self.NOTES[0]
        assert find_note(self.NOTES, "Sendt: Posten 1234") is None

    def test_a_note_as_the_shop_may_have_changed_it(self) -> None:
        assert find_note(self.NOTES, "Kjær & Sønn: sendt 12\\3") == self.NOTES[1]

    def test_none_that_is_known_to_be_an_earlier_one(self) -> None:
        assert find_note(self.NOTES, "Sendt: Posten 123", known={"1"}) == self.NOTES[2]
        assert find_note(self.NOTES, "Sendt: Posten 123", known={"1", "3"}) is None

    def test_a_tracking_number_whoever_entered_it(self) -> None:
        entries = (TrackingEntry("a", "CT 123 456 789 NO"), TrackingEntry("b", "370000"))
        assert find_tracking(entries, "ct123456789no") == entries[0]
        assert find_tracking(entries, "37000") is None


class TestTheNoteThatGivesTracking:
    def text(self, *tracking: Tracking, **shipments: str) -> str:
        return scripted({}).client(shipments=shipments).tracking_note("WEB-72", tracking)

    def test_has_number_and_link(self) -> None:
        assert self.text(POSTEN) == (
            "Ordre WEB-72 er sendt. Sporing: 370000000000111222 (https://sporing.posten.no/sporing/370000000000111222)"
        )

    def test_has_one_of_them_if_that_is_set(self) -> None:
        assert self.text(POSTEN, tracking="numbers", note_text="{tracking}") == "370000000000111222"
        assert self.text(POSTEN, tracking="links", note_text="{tracking}") == POSTEN.link
        assert self.text(Tracking("77"), tracking="links", note_text="{tracking}") == "77"

    def test_has_all_parcels_each_once(self) -> None:
        assert self.text(Tracking("1"), Tracking("2"), Tracking("1"), note_text="Sendt: {tracking}") == "Sendt: 1, 2"

    def test_is_none_when_there_is_nothing_to_tell(self) -> None:
        assert self.text() == ""
        assert self.text(POSTEN, tracking="none") == ""

    def test_may_have_braces_of_its_own(self) -> None:
        assert self.text(Tracking("1"), note_text="{{x}} {tracking} {order}") == "{x} 1 WEB-72"
