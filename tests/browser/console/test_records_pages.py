"""Orders, articles, events and dead letters in a browser: found, explained, acted on; a limited key sees its own alone.

Tests that change something make an order of their own.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.calling import MOVED, NO_CITY
from tests.browser.console.world import MOST_STATEMENTS, World, barriers


async def record(world: World, number: str) -> dict[str, Any]:
    return await world.site.explained(number, kind="order")


async def partly_sent(world: World, policy: str = "stock-based") -> dict[str, Any]:
    """One of two; the rest is in a back order that nobody has begun."""
    site = world.site
    saved = await site.client.patch("/connections/nettbutikk", json={"settings": {"shipments": {"partial_deliveries": policy}}})
    assert saved.status_code == 200, saved.text
    order = site.shop.order(line_items=[{"product_id": site.shop.product_id("SOKK-1"), "quantity": 2}])
    await site.take_in(order, connection=world.shop)
    number = str(order["id"])
    site.warehouse.model.pick(number, {str(order["line_items"][0]["id"]): 1}, 77)
    site.warehouse.model.ship(number, f"TRACK-{number}", (), 77)
    first = site.warehouse.order(number)
    assert first is not None
    made, _, _ = site.warehouse.model.put_order(first.body.model_copy(update={"order_number": f"REST-{number}"}))
    made.back_order_for = first.id
    site.tick(60)
    async with site.worker():
        await site.client.post(f"/sync/{world.shop.name}", params={"process": "shipments"})
    await site.work()
    return await record(world, number)


async def test_a_number_opens_its_record_and_a_wrong_one_says_what_to_do(console: World) -> None:
    async with console.client() as client:
        (held,) = (await console.site.client.get("/mappings?reason_code=city-missing")).json()["items"]
        answer = await client.get("/console/articles", params={"number": held["shop"]["number"]})
        assert str(answer.url).endswith(f"/console/orders/{held['id']}"), "a number is looked for among all records"
        nothing = await client.get("/console/orders", params={"number": "no such"})
        assert "A record that never came in is not here" in nothing.text
        wrong = await client.get("/console/orders", params={"transfer": "helt"})
        assert wrong.status_code == 422
        assert "transfer" in wrong.text
        assert (await client.get("/console/orders", params={"connection": "none"})).status_code == 404


async def test_lists_are_filtered_and_lead_to_each_other(console: World) -> None:
    async with console.client() as client:
        listed = await client.get("/console/orders", params={"transfer": "held", "connection": "nettbutikk"})
        assert "city-missing" in listed.text
        assert "annen-butikk</td>" not in listed.text
        (held,) = (await console.site.client.get("/mappings?reason_code=city-missing")).json()["items"]
        page = (await client.get(f"/console/orders/{held['id']}")).text
        (event,) = (await console.site.client.get("/events", params={"record": held["shop"]["id"]})).json()["items"]
        assert f'href="/console/events/{event["id"]}"' in page
        raw = (await client.get(f"/console/events/{event['id']}")).text
        assert f'href="/console/orders/{held["id"]}"' in raw
        assert "x-wc-webhook-topic" in raw
        assert "order.updated" in raw
        assert "x-wc-webhook-signature" not in raw, "what proves the sender is not kept"


async def test_what_a_write_has_changed_is_shown_field_by_field(console: World) -> None:
    site = console.site
    order = site.shop.order("SOKK-1")
    await site.take_in(order, connection=console.shop)
    site.tick(60)
    await site.take_in(site.shop.change(order["id"], shipping=MOVED), connection=console.shop)
    found = await record(console, str(order["id"]))
    async with console.person() as somebody:
        await console.opens(somebody, f"/console/orders/{found['id']}")
        timeline = somebody.page.locator("#timeline")
        assert "The shop is told when the warehouse has sent it" in await somebody.page.inner_text("#next")
        assert "Changed against the write before:" in await timeline.inner_text()
        changed = timeline.get_by_role("region", name="Changed fields").first
        assert await changed.locator("tbody tr").all_inner_texts() == ["consignee.address1\tStorgata 1\tLillegata 2"]
        assert await barriers(somebody) == []
        await console.shot(somebody, "order-changed")


async def test_an_act_says_what_it_will_do_and_one_that_is_not_possible_says_why(console: World) -> None:
    site = console.site
    order = site.shop.order("SOKK-1", shipping=NO_CITY, billing=NO_CITY)
    await site.take_in(order, connection=console.shop)
    found = await record(console, str(order["id"]))
    async with console.person() as somebody:
        page = somebody.page
        await console.opens(somebody, f"/console/orders/{found['id']}")
        assert await page.get_by_role("button", name="Release", exact=True).is_disabled()
        why = await page.inner_text("#act-release-why")
        assert why.startswith("A release cannot help: The delivery address has no city.")
        assert "then resync it: Read again and send." in why
        await page.locator("#act-resolve summary").click()
        assert "It counts as settled. Nothing is sent; its next change in the shop" in await page.inner_text("#act-resolve")
        assert "At once." in await page.inner_text("#act-resolve")
        await page.fill("#reason", "sent by hand")
        await page.locator("#act-resolve button").click()
        assert "It counts as settled." in await page.inner_text("[role=status]")
        assert "Settled by an operator: sent by hand" in await page.inner_text("#timeline")
        site.shop.change(order["id"], shipping=MOVED, billing=MOVED)
        await page.locator("#act-resync summary").click()
        await page.locator("#act-resync button").click()
        assert "It was read again, and is sent as soon as its turn comes" in await page.inner_text("[role=status]")
        await site.work()
        await console.opens(somebody, f"/console/orders/{found['id']}")
        assert "In the warehouse" in await page.inner_text("h1")
        assert somebody.errors == []


@pytest.mark.parametrize("policy", ["stock-based", "none"])
async def test_the_rest_of_an_order_is_cancelled_without_scripts_and_in_norwegian(console: World, policy: str) -> None:
    found = await partly_sent(console, policy)
    number = found["shop"]["number"]
    async with console.person(scripts=False, locale="nb-NO") as somebody:
        page = somebody.page
        await page.goto(f"{console.url}/console/orders?number=TRACK-{number}")
        assert page.url.endswith(f"/console/orders/{found['id']}"), "found by its tracking number"
        await page.locator("#act-cancel-rest summary").click()
        assert f"Ordre REST-{number}, som har resten, kanselleres på lageret" in await page.inner_text("#act-cancel-rest")
        await page.locator("#act-cancel-rest button").click()
        assert f"Resten kanselleres på lageret: ordre REST-{number}." in await page.inner_text("[role=status]")
    await console.site.work()
    assert console.site.shop.shown(int(number))["status"] == "completed"


async def test_an_order_is_closed_short(console: World) -> None:
    found = await partly_sent(console)
    async with console.client() as client:
        page = (await client.get(f"/console/orders/{found['id']}")).text
        csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
        answer = await client.post(f"/console/orders/{found['id']}/close-short", data={"csrf": csrf})
        assert "It is being closed with what was sent." in answer.text
        again = await client.post(f"/console/orders/{found['id']}/release", data={"csrf": csrf})
        assert "This was not done." in again.text
        assert "It is not held" in again.text
        forged = await client.post(f"/console/orders/{found['id']}/close-short", data={"csrf": "x"})
        assert "form is too old, or is not from a page of this session" in forged.text
    await console.site.work()
    assert console.site.shop.shown(int(found["shop"]["number"]))["status"] == "completed"


async def test_what_a_list_shows_is_released_after_its_count(console: World) -> None:
    site = console.site
    numbers = []
    for _ in range(2):
        order = site.shop.order("SOKK-1")
        await site.take_in(order, connection=console.shop)
        site.warehouse.model.set_order_status(str(order["id"]), 400, 77)
        await site.take_in(site.shop.change(order["id"], status="cancelled"), connection=console.shop)
        site.warehouse.model.set_order_status(str(order["id"]), 300, 77)
        numbers.append(str(order["id"]))
    async with console.person() as somebody:
        page = somebody.page
        await console.opens(somebody, "/console/orders?reason_code=too-late-to-cancel")
        await page.get_by_role("link", name="Release them").click()
        assert await page.inner_text("#count") == "2 records fit the filters."
        await page.get_by_role("button", name="Release these 2").click()
        assert "2 of 2 records are released." in await page.inner_text("[role=status]")
    await site.work()
    assert [(await record(console, each))["label"] for each in numbers] == ["taken back from the warehouse"] * 2
    async with console.client() as client:
        everything = await client.get("/console/orders/bulk?act=release")
        assert (everything.status_code, "filter the list first" in everything.text) == (422, True)


async def test_what_a_list_shows_is_read_again_after_its_count(console: World) -> None:
    async with console.person() as somebody:
        await console.opens(somebody, "/console/orders?reason_code=city-missing")
        await somebody.page.get_by_role("link", name="Read them again").click()
        await somebody.page.get_by_role("button", name="Read these").click()
        assert "records were read again. What has changed is sent." in await somebody.page.inner_text("[role=status]")
    await console.site.work()


async def test_dead_letters_are_tried_again_one_by_one_and_by_filter(console: World) -> None:
    site = console.site
    site.warehouse.fail("status", status=400, method="PUT", path="/demo/api/v1/orders")
    for _ in range(3):
        await site.take_in(site.shop.order("GENSER-1"), connection=console.other)
    site.mend()
    letters = (await site.client.get("/dead-letters", params={"connection": "annen-butikk"})).json()["items"]
    async with console.person() as somebody:
        page = somebody.page
        await console.opens(somebody, f"/console/dead-letters/{letters[0]['id']}")
        assert "The WMS refused the order" in await somebody.text()
        await page.locator("#replay summary").click()
        await page.locator("#replay button").click()
        assert page.url.endswith(f"/console/orders/{letters[0]['mapping_id']}")
        assert "It is tried again as soon as its turn comes" in await page.inner_text("[role=status]")
        await console.opens(somebody, "/console/dead-letters?connection=annen-butikk&reason_code=refused")
        await page.get_by_role("link", name="Try again all that these filters show").click()
        assert await page.inner_text("#count") == "2 dead letters fit the filters."
        assert len((await site.client.get("/dead-letters", params={"connection": "annen-butikk"})).json()["items"]) == 2
        await page.get_by_role("button", name="Try these 2 again").click()
        assert "2 dead letters are tried again" in await page.inner_text("[role=status]")
        assert "Nothing fits these filters." in await somebody.text()
        assert somebody.errors == []
    site.tick(3600)
    await site.work(sweep=True)


async def test_an_event_is_looked_at_again(console: World) -> None:
    (event, *_) = (await console.site.client.get("/events?state=done")).json()["items"]
    async with console.person() as somebody:
        await console.opens(somebody, f"/console/events/{event['id']}")
        await somebody.page.locator("#replay summary").click()
        await somebody.page.locator("#replay button").click()
        assert "It is looked at again." in await somebody.page.inner_text("[role=status]")
        assert "it is waiting already" in (await somebody.page.inner_text("#replay-why")).lower()
    await console.site.send(console.shop, console.other)


async def test_a_limited_key_sees_its_own_and_what_names_customers_not_at_all(console: World) -> None:
    site = console.site
    (theirs,) = (await site.client.get("/mappings", params={"connection": "annen-butikk", "kind": "order", "limit": 1})).json()[
        "items"
    ]
    (others, *_) = (await site.client.get("/mappings", params={"connection": "nettbutikk", "kind": "order"})).json()["items"]
    (event, *_) = (await site.client.get("/events", params={"connection": "nettbutikk"})).json()["items"]
    (letter, *_) = (await site.client.get("/dead-letters", params={"connection": "nettbutikk"})).json()["items"]
    async with console.client(console.limited) as client:
        listed = (await client.get("/console/orders")).text
        assert f"/console/orders/{theirs['id']}" in listed
        assert "nettbutikk" not in listed
        page = (await client.get(f"/console/orders/{theirs['id']}")).text
        assert "Kari Nordmann" not in page
        assert "Your key may only read." in page
        for path in (
            f"/console/orders/{others['id']}",
            f"/console/articles/{others['id']}",
            f"/console/events/{event['id']}",
            f"/console/dead-letters/{letter['id']}",
            "/console/orders?connection=nettbutikk",
            "/console/orders/99999999999999999999",
            "/console/orders/x",
        ):
            assert (await client.get(path)).status_code == 404, path
        assert (await client.get(f"/console/orders/{theirs['id']}/content")).status_code == 403
        assert (await client.get("/console/dead-letters/replay")).status_code == 403
        csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
        assert (await client.post(f"/console/orders/{theirs['id']}/resync", data={"csrf": csrf})).status_code == 403


async def test_a_record_with_all_that_can_happen_costs_few_statements(console: World) -> None:
    found = await partly_sent(console)
    paths = [f"/console/orders/{found['id']}", f"/console/orders?number=TRACK-{found['shop']['number']}&connection=nettbutikk"]
    async with console.client() as client:
        for path in paths:
            await client.get(path)
            console.site.gateway._connections.forget(console.shop.id)
            with console.statements() as seen:
                assert (await client.get(path, follow_redirects=False)).status_code in (200, 303)
            assert len(seen) <= MOST_STATEMENTS, seen
