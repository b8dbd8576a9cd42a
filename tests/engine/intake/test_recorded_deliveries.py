"""Every delivery that a real shop was recorded to send, as it was signed: how it is answered, and where its record ends.

The recorded shop is not there any more. What has to be read from it is gone, as its stand-in says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.storage.tables import inbox
from tests.harness import Harness, open_harness
from tests.integrations.woocommerce.recordings import Delivery, deliveries

SECRET = "whsec-fjellbutikken-3f9a1c7e52"
COUPON_SECRETS = {
    "143-coupon.updated.json": "enkel-hemmelighet",
    "144-coupon.updated.json": "pass&ord <med> \"tegn\" 'æøå'",
    "147-coupon.updated.json": "back\\slash",
}
PINGS = [f"00{number}-ping.json" for number in range(1, 9)]
RECORDED = [each for each in deliveries() if each.topic and each.file not in COUPON_SECRETS]


@dataclass(frozen=True)
class InWarehouse:
    """An order as it must be in the WMS. Lines: row number, article number, quantity, price per piece, price of the line."""

    name: str
    street: str
    post_code: str
    city: str
    country: str
    lines: tuple[tuple[str, str, float, float, float], ...]
    way: tuple[str, str] = ("flat_rate", "Posten – Pakke i postkassen")
    sales_code: str | None = None
    remark: str | None = None


JACKET = ("FB-JKT-001", 1.0, 1039.2, 1039.2)
COFFEE = ("FB-KAF-250", 1.0, 78.173913, 78.17)
ORDER_32 = InWarehouse("Bjørn Ødegård", "Kirkegata 7", "9008", "Tromsø", "NO", (("1", *JACKET),))
ORDER_34 = InWarehouse(
    "Ola Berg",
    "Fjordveien 100",
    "5003",
    "Bergen",
    "NO",
    (("11", "FB-TLT-2P", 2.0, 3992.0, 7984.0),),
    ("free_shipping", "Fri frakt"),
)
ORDER_37 = InWarehouse("Nils Aas", "Havnegata 2", "8006", "Bodø", "NO", (("19", "FB-GEN-002", 2.0, 639.2, 1278.4),))
ORDER_38 = InWarehouse(
    "Inger Strøm",
    "Elvegata 5",
    "4614",
    "Kristiansand S",
    "NO",
    (("22", "FB-KAF-250", 3.0, 78.173913, 234.52), ("23", "FB/PRI Ø-7", 1.0, 839.6, 839.6)),
)
ORDER_41 = InWarehouse("Tor Vik", "Bakken 1", "6002", "Ålesund", "NO", (("29", *JACKET),))
ORDER_44 = InWarehouse(
    "Eva Moen",
    "Vei 500-3",
    "9170",
    "Longyearbyen",
    "SJ",
    (("34", "FB-GEN-002", 3.0, 605.8666666666667, 1817.6),),
    ("flat_rate", "Posten"),
)
ORDER_54 = InWarehouse(
    "Kjær & Sønn ANS",
    "Nygata 22",
    "2609",
    "Lillehammer",
    "NO",
    (
        ("65", "FB-SOK-40-GR", 2.0, 140.4, 280.8),
        ("66", "FB-JKT-001", 1.0, 935.28, 935.28),
        ("67", "FB-KAF-250", 2.0, 70.3565215, 140.71),
    ),
    sales_code="Silje Kjær",
    remark="Legg pakken i boden – kode 4711 & takk!",
)
ORDER_72 = InWarehouse("Spor en", "Gata 1", "0150", "Oslo", "NO", (("93", *COFFEE), ("94", *JACKET)))
ORDER_73 = InWarehouse("Spor to", "Gata 1", "0150", "Oslo", "NO", (("98", *COFFEE), ("99", *JACKET)))

ONE_BY_ONE: dict[str, tuple[int, InWarehouse] | str] = {
    "32": (300, ORDER_32),  # sent when it was paid; completed in the shop since, which takes nothing back
    "33": "not-wanted",  # completed before it was announced
    "34": (300, ORDER_34),  # completed by hand
    "35": "not-wanted",  # on hold, without a SKU when it was paid, then completed
    "36": "street-missing",  # a gift card, bought without any address
    "37": (1000, ORDER_37),  # cancelled
    "38": (300, ORDER_38),  # refunded in part
    "41": (1000, ORDER_41),  # refunded in full
    "44": (300, ORDER_44),  # Svalbard
    "48": "not-wanted",
    "49": "not-wanted",  # thrown away, and gone when it was read
    "54": (300, ORDER_54),  # from the checkout: `updated` before `created`, entities in its addresses
    "72": (300, ORDER_72),
    "73": (300, ORDER_73),
}
ALL_AT_ONCE: dict[str, tuple[int, InWarehouse] | str] = {
    **ONE_BY_ONE,
    # What had been completed, cancelled or refunded by the time the events were looked at was never sent.
    "32": "not-wanted",
    "34": "not-wanted",
    "37": "not-wanted",
    "41": "not-wanted",
    "72": "not-wanted",
}

ARTICLES = {
    "FB-JKT-001": ("Turjakke Dovre – rød", "14"),
    "FB-GEN-002": ("Ullgenser Blåfjell", "15"),
    "FB-GAVE-500": ("Gavekort 500 kr", "16"),
    "FB-KAF-250": ('Kaffe «Fjellrøst» 250 g "mørkbrent"', "18"),
    "FB/PRI Ø-7": ("Primus & gass  'Ø-serie'", "19"),
    "FB-TLT-2P": ("Telt Jotunheimen 2P", "20"),
    "FB-SM-010": ("Skismøring blå ekstra – ny oppskrift", "21"),
    "FB-SOK": ("Ullsokker Røros", "23"),
    "FB-SOK-36-GR": ("Ullsokker Røros - 36-39, Grå", "24"),
    "FB-SOK-36-BL": ("Ullsokker Røros - 36-39, Blå", "25"),
    "FB-SOK-40-GR": ("Ullsokker Røros - 40-43, Grå", "26"),
    "FB-SOK-40-BL": ("Ullsokker Røros - 40-43, Blå", "27"),
}
NO_ARTICLES = {"17": "article-without-number", "22": "not-wanted"}


@pytest.fixture
async def harness(database_url: str, tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(database_url, tmp_path) as opened:
        await opened.connect(webhook_secret=SECRET)
        yield opened


@pytest.fixture
async def sqlite_harness(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Harness]:
    async with open_harness(sqlite_database, tmp_path) as opened:
        await opened.connect(webhook_secret=SECRET)
        yield opened


async def play(harness: Harness, delivery: Delivery, name: str = "shop") -> int:
    """The delivery exactly as it was recorded; the status of the answer."""
    address = f"/webhooks/{harness.connections[name].webhook_id}"
    return (await harness.client.post(address, content=delivery.body, headers=delivery.headers)).status_code


def in_warehouse(harness: Harness, number: str) -> tuple[int, InWarehouse] | None:
    found = harness.warehouse.order(number)
    if found is None:
        return None
    body: Any = found.body
    assert body.goods_owner_order_id == number
    assert {line.prices.currency_code for line in body.order_lines} == {"NOK"}
    lines = tuple(
        (each.row_number, each.article_number, each.number_of_items, each.prices.line_price, each.prices.customer_line_price)
        for each in body.order_lines
    )
    to = body.consignee
    way = (body.way_of_delivery.code, body.way_of_delivery.name)
    shown = InWarehouse(
        to.name, to.address1, to.post_code, to.city, to.country_code, lines, way, body.sales_code, body.order_remark
    )
    return found.status, shown


async def check_ends(harness: Harness, expected: dict[str, tuple[int, InWarehouse] | str]) -> None:
    for number, end in expected.items():
        there = in_warehouse(harness, number)
        if isinstance(end, str):
            assert (number, there, (await harness.stored.mapping(number)).reason_code) == (number, None, end)
        else:
            assert (number, there) == (number, end)
            mapping = await harness.stored.mapping(number)
            assert mapping.wms_id is not None
            assert (number, mapping.wanted) == (number, "absent" if end[0] == 1000 else "present")
    assert {number for _, number in harness.warehouse.model.orders} == {
        key for key, end in expected.items() if not isinstance(end, str)
    }


async def check_articles(harness: Harness) -> None:
    shown = {
        number: (article.body.article_name, article.body.product_code)
        for (_, number), article in harness.warehouse.model.articles.items()
    }
    assert shown == ARTICLES
    assert {article.body.is_stock_article for article in harness.warehouse.model.articles.values()} == {True}
    for source_id, reason in NO_ARTICLES.items():
        assert (source_id, (await harness.stored.mapping(source_id, "article")).reason_code) == (source_id, reason)


async def test_recorded_deliveries_one_after_the_other_leave_the_warehouse_as_it_should_be(harness: Harness) -> None:
    for delivery in RECORDED:
        assert (delivery.file, await play(harness, delivery)) == (delivery.file, 200)
        await harness.work()
    await check_ends(harness, ONE_BY_ONE)
    await check_articles(harness)
    assert await harness.stored.events() == {"done": 29, "held": 1, "ignored": 52, "merged": 2}
    assert sum((29, 1, 52, 2)) == len(RECORDED) == 84


async def test_recorded_deliveries_all_at_once_end_in_the_newest_state(harness: Harness) -> None:
    for delivery in RECORDED:
        assert (delivery.file, await play(harness, delivery)) == (delivery.file, 200)
    await harness.work()
    await check_ends(harness, ALL_AT_ONCE)
    await check_articles(harness)
    assert await harness.stored.all_ended()
    assert sum((await harness.stored.events()).values()) == 84
    # One write for each order and article, however often it was announced.
    assert len(harness.warehouse.writes()) == 4
    assert len(harness.warehouse.writes(path="/articles")) == len(ARTICLES)
    assert harness.warehouse.writes("DELETE") == []


async def test_recorded_deliveries_played_twice_write_nothing_more(sqlite_harness: Harness) -> None:
    for delivery in RECORDED:
        await play(sqlite_harness, delivery)
        await sqlite_harness.work()
    before = len(sqlite_harness.warehouse.calls())
    for delivery in RECORDED:
        assert (delivery.file, await play(sqlite_harness, delivery)) == (delivery.file, 200)
        await sqlite_harness.work()
    assert [call.method for call in sqlite_harness.warehouse.calls()[before:] if call.method != "GET"] == []
    await check_ends(sqlite_harness, ONE_BY_ONE)
    assert await sqlite_harness.stored.all_ended()


async def test_recorded_deliveries_in_the_wrong_order_end_in_the_newest_state(sqlite_harness: Harness) -> None:
    for delivery in reversed(RECORDED):
        assert (delivery.file, await play(sqlite_harness, delivery)) == (delivery.file, 200)
        await sqlite_harness.work()
    await check_ends(sqlite_harness, ALL_AT_ONCE)
    await check_articles(sqlite_harness)
    assert await sqlite_harness.stored.all_ended()


async def test_every_recorded_ping_is_answered_and_not_kept(sqlite_harness: Harness) -> None:
    pings = [each for each in deliveries() if each.topic is None]
    assert [each.file for each in pings] == PINGS
    for ping in pings:
        assert (ping.file, await play(sqlite_harness, ping)) == (ping.file, 200)
    assert await sqlite_harness.stored.events() == {}


async def test_recorded_deliveries_signed_with_secrets_of_a_special_kind_are_taken(sqlite_harness: Harness) -> None:
    coupons = {each.file: each for each in deliveries() if each.file in COUPON_SECRETS}
    assert coupons.keys() == COUPON_SECRETS.keys()
    for index, (file, secret) in enumerate(COUPON_SECRETS.items()):
        name = f"coupons-{index}"
        await sqlite_harness.connect(
            name, webhook_secret=secret, order_number_prefix=f"C{index}-", processes={"articles": False, "orders": True}
        )
        assert (file, await play(sqlite_harness, coupons[file], name)) == (file, 200)
    await sqlite_harness.work(sweep=True)
    kept = await sqlite_harness.stored.rows(select(inbox.c.topic, inbox.c.state, inbox.c.reason_code))
    assert {tuple(row) for row in kept} == {("coupon.updated", "ignored", "other-topic")}


async def test_a_recorded_delivery_with_another_secret_is_refused_and_not_kept(sqlite_harness: Harness) -> None:
    await sqlite_harness.connect("other", goods_owner_id=78, webhook_secret="another")
    sqlite_harness.gateway.settings.wrong_tries = 1000
    for delivery in RECORDED:
        assert (delivery.file, await play(sqlite_harness, delivery, "other")) == (delivery.file, 401)
    assert await sqlite_harness.stored.events() == {}


async def test_a_recorded_delivery_whose_body_was_changed_on_the_way_is_refused(sqlite_harness: Harness) -> None:
    for delivery in RECORDED[:5]:
        changed = Delivery(delivery.file, delivery.topic, delivery.headers, delivery.body + b" ", delivery.secret)
        assert (delivery.file, await play(sqlite_harness, changed)) == (delivery.file, 401)
    assert await sqlite_harness.stored.events() == {}
