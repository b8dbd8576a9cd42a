"""Writing: what a PATCH of an order, a line or a product takes, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from app.sandbox.kit.faults import Fault
from tests.sandbox.nettbutikk24.calling import Site, part
from tests.sandbox.nettbutikk24.conftest import Build

LINE = "orders/1001/lines/5001"


async def statuses(site: Site, path: str, *bodies: Any) -> list[int]:
    return [(await site.patch(path, body)).status_code for body in bodies]


# ---- orders


async def test_an_order_is_sent(site: Site) -> None:
    site.orders(1)
    site.clock.seconds += 60
    body = {"status": "Sendt", "tracking_number": "TR1, TR2", "rest": "1", "sent_date": "2026-11-21"}
    answer = await site.patch("orders/1001", body)
    assert (answer.status_code, answer.content) == (200, b"")
    (row,) = await site.rows("orders/1001")
    assert part(row, *body) == body
    assert row["modified_on"] == "2026-11-21 09:13:00"


@pytest.mark.parametrize(
    "body",
    [
        {}, [], None, "Sendt", {"state": "Sendt"}, {"status": "sendt"}, {"status": "sent"}, {"status": None}, {"status": 3},
        {"tracking_number": 7}, {"tracking_number": "x" * 256}, {"rest": "yes"}, {"rest": True}, {"rest": None},
        {"sent_date": "21.11.2026"}, {"sent_date": "20261121"}, {"deleted": "1"}, {"status": "Sendt", "blocked": "1"},
    ],
)  # fmt: skip
async def test_what_an_order_refuses(site: Site, body: Any) -> None:
    site.orders(1)
    answer = await site.http.request("PATCH", "/api/v1/orders/1001", json=body)
    assert (answer.status_code, answer.content) == (400, b"")
    assert part(site.shop.order("1001"), "status", "tracking_number", "rest", "sent_date") == {
        "status": "Mottatt", "tracking_number": None, "rest": "0", "sent_date": None,
    }  # fmt: skip


async def test_an_order_that_is_not_there(site: Site) -> None:
    answer = await site.patch("orders/1001", {"status": "Sendt"})
    assert (answer.status_code, answer.content) == (404, b"")


async def test_each_member_is_taken_refused_or_ignored(open_site: Build) -> None:
    site = open_site(order_takes=("status",), order_ignores=("rest",))
    site.orders(1)
    assert await statuses(site, "orders/1001", {"tracking_number": "TR1"}, {"sent_date": "2026-11-21"}) == [400, 400]
    assert await statuses(site, "orders/1001", {"rest": "1", "status": "Sendt med rest"}, {"rest": "1"}) == [200, 200]
    assert part(site.shop.order("1001"), "status", "rest") == {"status": "Sendt med rest", "rest": "0"}


async def test_the_shop_has_its_own_words(open_site: Build) -> None:
    site = open_site(statuses=("Ny", "Levert"))
    site.orders(1)
    assert site.shop.order("1001")["status"] == "Ny"
    assert await statuses(site, "orders/1001", {"status": "Sendt"}, {"status": "Levert"}) == [400, 200]
    site.shop.change(unknown_status="taken")
    assert await statuses(site, "orders/1001", {"status": "Hva som helst"}) == [200]
    assert site.shop.order("1001")["status"] == "Hva som helst"


async def test_rest_as_text_or_number(open_site: Build) -> None:
    for taken, answered in (("either", [200, 200]), ("text", [200, 400]), ("number", [400, 200])):
        site = open_site(rest_taken=taken)
        site.orders(1)
        assert await statuses(site, "orders/1001", {"rest": "1"}, {"rest": 1}) == answered


async def test_a_tracking_number_that_is_too_long(open_site: Build) -> None:
    site = open_site(tracking_length=5)
    site.orders(1)
    assert await statuses(site, "orders/1001", {"tracking_number": "12345"}, {"tracking_number": "123456"}) == [200, 400]
    assert await statuses(site, "orders/1001", {"tracking_number": None}) == [200]
    assert site.shop.order("1001")["tracking_number"] is None


# ---- lines


async def test_a_line_is_sent(site: Site) -> None:
    site.orders(1)
    site.clock.seconds += 60
    body = {"sent": "1", "sent_date": "2026-11-21", "quantity_sent": "1", "tracking_number": "TR1", "extra_field": "Rød"}
    answer = await site.patch(LINE, body)
    assert (answer.status_code, answer.content) == (200, b"")
    (row,) = await site.rows(LINE)
    assert part(row, *body) == body
    assert part(site.shop.order("1001"), "status", "modified_on") == {"status": "Mottatt", "modified_on": "2026-11-21 09:13:00"}


@pytest.mark.parametrize(
    "body",
    [
        {"sent": 1}, {"sent": True}, {"sent": "2"}, {"sent": None}, {"quantity_sent": 1}, {"quantity_sent": "-1"},
        {"quantity_sent": "one"}, {"quantity_sent": "1,5"}, {"sent_date": "2026-11-31"}, {"extra_field": 1}, {"quantity": "1"},
        {"status": "Sendt"}, {},
    ],
)  # fmt: skip
async def test_what_a_line_refuses(site: Site, body: Any) -> None:
    site.orders(1)
    answer = await site.patch(LINE, body)
    assert (answer.status_code, answer.content) == (400, b"")


async def test_a_line_that_is_not_there(site: Site) -> None:
    site.orders(2)
    for path in ("orders/1001/lines/5009", "orders/1001/lines/5002", "orders/1009/lines/5001"):
        assert await statuses(site, path, {"sent": "1"}) == [404]


async def test_a_shop_that_takes_no_quantity(open_site: Build) -> None:
    site = open_site(line_takes=("sent", "sent_date"), line_ignores=("tracking_number",), sent_taken="number")
    site.orders(1)
    assert await statuses(site, LINE, {"quantity_sent": "1"}, {"sent": "1"}, {"sent": 1, "tracking_number": "TR1"}) == [
        400,
        400,
        200,
    ]
    (row,) = await site.rows(LINE)
    assert part(row, "sent", "quantity_sent", "tracking_number") == {"sent": "1", "quantity_sent": "0", "tracking_number": None}


async def test_what_a_sent_line_does(open_site: Build) -> None:
    site = open_site(sent_fills_quantity=True, line_touches_order=False)
    site.orders(1)
    site.clock.seconds += 60
    assert await statuses(site, LINE, {"sent": "1"}) == [200]
    assert (await site.rows(LINE))[0]["quantity_sent"] == "1"
    assert site.shop.order("1001")["modified_on"] == "2026-11-21 09:12:00"


# ---- stock


async def test_stock_of_one_variant(site: Site) -> None:
    variants = [{"article_no": f"UJ-1-{size}", "options": {"Størrelse": size}} for size in ("S", "M")]
    site.shop.add_product("UJ-1", variants=variants)
    site.clock.seconds += 60
    assert (await site.patch("products/501002", {"stock": 7}, flat="1")).status_code == 200
    assert [row["stock"] for row in site.shop.variants(501)] == ["0", "7"]
    assert [row["modified_on"] for row in site.shop.variants(501)] == ["2026-11-21 09:12:00", "2026-11-21 09:13:00"]
    assert await site.keys(f"products/100/0/{int(site.clock.seconds)}", "article_no", flat="1") == ["UJ-1-M"]
    assert (await site.patch("products/501", {"stock": 7}, flat="1")).status_code == 404
    answer = await site.patch("products/501", {"stock": 7}, flat="0")
    assert (answer.status_code, answer.content) == (400, b"")


async def test_stock_that_changes_no_time(open_site: Build) -> None:
    site = open_site(stock_touches_product=False)
    site.shop.add_product("A")
    site.clock.seconds += 60
    assert (await site.patch("products/501001", {"stock": 7}, flat="1")).status_code == 200
    assert part(site.shop.variant("A"), "stock", "modified_on") == {"stock": "7", "modified_on": "2026-11-21 09:12:00"}


@pytest.mark.parametrize(
    "body",
    [{"stock": "7"}, {"stock": 7.5}, {"stock": -1}, {"stock": None}, {"stock": True}, {"price": "1.00"}, {"stock": 1, "x": 1}],
)
async def test_what_a_product_refuses(site: Site, body: Any) -> None:
    site.shop.add_product("A", stock=3)
    answer = await site.patch("products/501001", body, flat="1")
    assert (answer.status_code, answer.content) == (400, b"")
    assert site.shop.stock("A") == 3


async def test_stock_as_text(open_site: Build) -> None:
    site = open_site(stock_taken="either", strict=False)
    site.shop.add_product("A")
    assert (await site.patch("products/501001", {"stock": "-2"}, flat="1")).status_code == 200
    assert site.shop.stock("A") == -2


async def test_rows_that_tell_no_variant_cannot_be_written(open_site: Build) -> None:
    site = open_site(flat_ids="product")
    variants = [{"options": {"Størrelse": size}} for size in ("S", "M")]
    site.shop.add_product("UJ-1", variants=variants)
    assert (await site.patch("products/501", {"stock": 7}, flat="1")).status_code == 400


# ---- how it is asked and answered


async def test_a_body_says_that_it_is_json(open_site: Build) -> None:
    for strict, answered in ((True, 400), (False, 200)):
        site = open_site(strict=strict)
        site.orders(1)
        answer = await site.http.patch("/api/v1/orders/1001", content=b'{"status": "Sendt"}')
        assert answer.status_code == answered
        latin = '{"extra_field": "Rød"}'.encode("iso-8859-1")
        answer = await site.http.patch(f"/api/v1/{LINE}", content=latin, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400


async def test_what_a_patch_answers(open_site: Build) -> None:
    site = open_site(patch_answer="record")
    site.orders(1)
    assert (await site.patch("orders/1001", {"status": "Sendt"})).json()["data"] == [site.shop.order("1001")]
    assert (await site.patch(LINE, {"sent": "1"})).json()["data"] == site.shop.order("1001")["order_lines"]
    assert (await site.patch("products/501001", {"stock": 1}, flat="1")).json()["data"] == [site.shop.variant("KOPP-1")]
    site.shop.change(patch_answer="no-content")
    answer = await site.patch("orders/1001", {"status": "Mottatt"})
    assert (answer.status_code, answer.content) == (204, b"")


async def test_faults(site: Site) -> None:
    site.orders(1)
    faults = site.shop.faults.active
    faults.append(Fault("status", status=503, retry_after="7", times=1))
    answer = await site.get("orders")
    assert (answer.status_code, answer.content, answer.headers["Retry-After"]) == (503, b"", "7")
    faults.append(Fault("status", status=500, text="<h1>Feil</h1>", method="PATCH", after_write=True, times=1))
    answer = await site.patch("orders/1001", {"status": "Sendt"})
    assert (answer.status_code, answer.text, site.shop.order("1001")["status"]) == (500, "<h1>Feil</h1>", "Sendt")
    faults.append(Fault("messages", text="<br />Notice: ", path="/api/v1/orders", times=1))
    assert (await site.get("orders")).text.startswith('<br />Notice: {"data":[')
    faults.append(Fault("html", times=1))
    assert (await site.get("orders")).text.startswith("<html>")
    assert (await site.get("orders")).status_code == 200
    assert [call.fault for call in site.shop.journal.calls] == ["status", "status", "messages", "html", None]
