"""Tracking by plugin, as a gateway meets it: what is kept, what is lost without a word, what fires."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.woocommerce.conftest import HTTPS_HOME
from tests.sandbox.woocommerce.recorded.recorded_shop import KEYS, Receiver, StoppedClock, client_of, open_shop

TRACKINGS = "/wp-json/wc-shipment-tracking/v3/orders/{}/shipment-trackings"
POSTEN = {"tracking_provider": "Posten Norge", "tracking_number": "370000000000111222"}


class Store:
    """A shop with one order in processing, and calls to its tracking routes."""

    def __init__(self, *plugins: str, **settings: Any) -> None:
        self.app, self.shop = open_shop(HTTPS_HOME, StoppedClock(), plugins=plugins, **settings)
        self.order = self.shop.add_order({"status": "processing", "line_items": []})["id"]
        self.http = client_of(self.app, HTTPS_HOME)
        self.http.auth = httpx.BasicAuth(*KEYS[0][:2])

    async def add(self, path: str = TRACKINGS, /, **body: Any) -> httpx.Response:
        return await self.http.post(path.format(self.order), json=body)

    async def listed(self) -> Any:
        return (await self.http.get(TRACKINGS.format(self.order))).json()

    @property
    def status(self) -> str:
        found: str = self.shop.orders[self.order]["status"]
        return found

    @property
    def kept(self) -> list[dict[str, Any]]:
        meta = self.shop.orders[self.order]["meta_data"]
        return [entry for part in meta if part["key"] == "_wc_shipment_tracking_items" for entry in part["value"]]


@pytest.fixture
def advanced() -> Store:
    return Store("advanced-shipment-tracking")


@pytest.fixture
def own() -> Store:
    return Store("shipment-tracking")


class TestAdvancedShipmentTracking:
    async def test_the_same_number_twice_makes_two_entries(self, advanced: Store) -> None:
        first, second = await advanced.add(**POSTEN), await advanced.add(**POSTEN)

        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json()["tracking_id"] != second.json()["tracking_id"]
        assert [entry["tracking_number"] for entry in await advanced.listed()] == ["370000000000111222"] * 2

    async def test_a_carrier_it_does_not_know_comes_back_without_a_name_and_without_a_link(self, advanced: Store) -> None:
        answer = await advanced.add(tracking_provider="Helthjem", tracking_number="HH-1")

        assert answer.status_code == 201
        assert (answer.json()["tracking_provider"], answer.json()["tracking_link"]) == ("", "")

    @pytest.mark.parametrize(
        ("given", "shown"),
        [
            ("2026-11-20", "2026-11-20"),
            ("20.11.2026", "2026-11-20"),
            ("i går", "2026-11-21"),
            ("", "2026-11-21"),
        ],
    )
    async def test_a_date_it_cannot_read_becomes_today(self, advanced: Store, given: str, shown: str) -> None:
        answer = await advanced.add(**POSTEN, date_shipped=given)

        assert answer.json()["date_shipped"] == shown

    @pytest.mark.parametrize(
        ("shipped", "status"), [(1, "completed"), (2, "processing"), (0, "processing"), (None, "processing")]
    )
    async def test_only_status_shipped_1_completes_the_order(self, advanced: Store, shipped: int | None, status: str) -> None:
        await advanced.add(**POSTEN, status_shipped=shipped)

        assert advanced.status == status

    async def test_replace_tracking_throws_earlier_entries_away(self, advanced: Store) -> None:
        await advanced.add(**POSTEN)
        await advanced.add(tracking_provider="Bring", tracking_number="B-1", replace_tracking=1)

        assert [entry["tracking_number"] for entry in await advanced.listed()] == ["B-1"]

    async def test_it_writes_a_private_note_and_tells_of_the_order_once(self, advanced: Store, receiver: Receiver) -> None:
        await advanced.http.post("/wp-json/wc/v3/webhooks", json={"topic": "order.updated", "delivery_url": receiver.url})
        await advanced.add(**POSTEN, status_shipped=1)
        await advanced.shop.run_queue()

        assert receiver.topics == ["ping", "order.updated"]
        assert receiver.received[1].content["status"] == "completed"
        last = advanced.shop.notes[advanced.order][-1]
        assert last["note"] == "Order was shipped with Posten Norge and tracking number is: 370000000000111222"
        assert last["customer_note"] is False

    async def test_one_entry_is_read_and_deleted_but_never_changed(self, advanced: Store) -> None:
        entry = (await advanced.add(**POSTEN)).json()
        url = f"{TRACKINGS.format(advanced.order)}/{entry['tracking_id']}"

        assert (await advanced.http.put(url, json=POSTEN)).json()["code"] == "rest_no_route"
        assert (await advanced.http.get(url)).json() == entry
        assert (await advanced.http.delete(url)).json() == entry
        gone = await advanced.http.get(url)
        assert (gone.status_code, gone.json()["code"]) == (404, "woocommerce_rest_order_shipment_tracking_invalid_id")
        assert await advanced.listed() == []

    async def test_a_key_that_only_reads_is_refused(self, advanced: Store) -> None:
        advanced.http.auth = httpx.BasicAuth(*KEYS[1][:2])

        assert (await advanced.add(**POSTEN)).status_code == 401
        assert await advanced.listed() == []

    async def test_a_field_nobody_knows_is_refused_by_a_strict_shop(self, advanced: Store) -> None:
        assert "carrier" in (await advanced.add(**POSTEN, carrier="posten")).json()["data"]["params"]


class TestWooCommercesOwnPlugin:
    async def test_carriers_are_listed_where_the_other_plugin_has_no_route(self, own: Store, advanced: Store) -> None:
        path = "/wp-json/wc-shipment-tracking/v3/shipment-trackings/providers"

        assert "PostNord Sverige AB" in (await own.http.get(path)).json()["Sweden"]
        assert (await advanced.http.get(path)).json()["code"] == "rest_no_route"

    async def test_a_carrier_of_ones_own_brings_its_link(self, own: Store) -> None:
        link = "https://sporing.posten.no/sporing/%1$s"
        answer = await own.add(tracking_number="370", custom_tracking_provider="Posten", custom_tracking_link=link)

        assert answer.status_code == 201
        assert answer.json()["tracking_provider"] == "Posten"
        assert answer.json()["tracking_link"] == "https://sporing.posten.no/sporing/370"
        assert own.kept[0]["custom_tracking_provider"] == "Posten"

    async def test_a_known_carrier_gets_its_link_and_an_unknown_one_is_lost(self, own: Store) -> None:
        known = (await own.add(tracking_provider="Bring.se", tracking_number="7")).json()
        unknown = (await own.add(tracking_provider="Posten Norge", tracking_number="8")).json()

        assert (known["tracking_provider"], known["tracking_link"]) == ("Bring.se", "https://tracking.bring.se/tracking/7")
        assert (unknown["tracking_provider"], unknown["tracking_link"]) == ("", "")

    @pytest.mark.parametrize("field", ["status_shipped", "replace_tracking"])
    async def test_it_has_neither_status_shipped_nor_replace_tracking(self, own: Store, field: str) -> None:
        assert field in (await own.add(**POSTEN, **{field: 1})).json()["data"]["params"]

        real = Store("shipment-tracking", strict=False)
        assert (await real.add(**POSTEN, **{field: 1})).status_code == 201
        assert real.status == "processing"

    async def test_it_tells_of_the_order_and_writes_no_note(self, own: Store, receiver: Receiver) -> None:
        await own.http.post("/wp-json/wc/v3/webhooks", json={"topic": "order.updated", "delivery_url": receiver.url})
        before = len(own.shop.notes[own.order])
        await own.add(**POSTEN)
        await own.shop.run_queue()

        assert receiver.topics == ["ping", "order.updated"]
        assert len(own.shop.notes[own.order]) == before

    async def test_its_older_routes_are_there_and_those_of_the_other_plugin_are_not(self, own: Store) -> None:
        assert (await own.add("/wp-json/wc/v1/orders/{}/shipment-trackings", **POSTEN)).status_code == 201
        assert (await own.add("/wp-json/wc-ast/v3/orders/{}/shipment-trackings", **POSTEN)).status_code == 404


@pytest.mark.parametrize(
    "path", [TRACKINGS, "/wp-json/wc/v3/orders/{}/shipment-trackings", "/wp-json/wc/v3/orders/{}/fulfillments"]
)
async def test_without_a_plugin_there_are_no_routes(path: str) -> None:
    bare = Store()

    answer = await bare.add(path, **POSTEN)

    assert (answer.status_code, answer.json()["code"]) == (404, "rest_no_route")
