"""Dead letters: what was refused or given up, replayed one by one or by filter, and never twice."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.storage.tables import inbox
from tests.api.calling import Site


async def refused(site: Site, times: int = 1) -> None:
    """Orders that the warehouse has refused."""
    site.warehouse.fail("status", status=400, method="PUT", path="/demo/api/v1/orders")
    for _ in range(times):
        await site.take_in(site.shop.order())


def mended(site: Site) -> None:
    """The warehouse takes orders again, and the pause after its last refusal is over."""
    site.mend()
    site.tick(61)


async def not_understood(site: Site) -> int:
    """An event in the dead letters of which no job was made; its number."""
    await site.announce(site.shop.order())
    async with site.gateway.database.begin() as db:
        dead = {"state": "dead", "reason_code": "shop-refused", "reason": "The shop said no", "settled_at": site.clock()}
        await db.execute(update(inbox).where(inbox.c.job_id.is_(None)).values(**dead))
    return int((await site.client.get("/events?state=dead")).json()["items"][0]["id"])


async def test_what_was_refused_is_listed_with_the_warehouses_words(site: Site) -> None:
    await refused(site)
    (letter,) = (await site.client.get("/dead-letters")).json()["items"]
    assert (letter["kind"], letter["connection"], letter["process"], letter["reason_code"]) == (
        "job",
        "shop",
        "orders",
        "refused",
    )
    assert "An error has occurred" in letter["reason"]


async def test_jobs_and_events_are_one_list_page_by_page(site: Site) -> None:
    number = await not_understood(site)
    await refused(site, 3)
    listed: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await site.client.get("/dead-letters", params={"limit": 1, **({"cursor": cursor} if cursor else {})})).json()
        listed += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert len(listed) == len(set(listed)) == 4
    assert listed[-1] == f"event-{number}"
    assert [each.partition("-")[0] for each in listed] == ["job", "job", "job", "event"]


async def test_a_replayed_job_gets_another_round_and_its_event_ends_with_it(site: Site) -> None:
    await refused(site)
    (letter,) = (await site.client.get("/dead-letters")).json()["items"]
    mended(site)
    answer = await site.client.post(f"/dead-letters/{letter['id']}/replay")
    assert (answer.status_code, answer.json()["replayed"]) == (200, 1)
    job = (await site.client.get("/jobs")).json()["items"][0]
    assert (job["state"], job["tries"], job["suspect"]) == ("waiting", 0, True)
    await site.work()
    assert (await site.stored.events()) == {"done": 1}
    assert (await site.explained(job["record"], kind="order"))["transfer"] == "sent"
    assert (await site.client.get("/dead-letters")).json()["items"] == []


async def test_replayed_twice_nothing_is_doubled(site: Site) -> None:
    await refused(site)
    (letter,) = (await site.client.get("/dead-letters")).json()["items"]
    mended(site)
    assert (await site.client.post(f"/dead-letters/{letter['id']}/replay")).status_code == 200
    assert (await site.client.post(f"/dead-letters/{letter['id']}/replay")).status_code == 404
    await site.work()
    assert [call.status for call in site.warehouse.writes()] == [400, 201]


async def test_what_was_refused_says_that_it_does_not_go_right_after_another_failure(site: Site) -> None:
    await refused(site)
    (letter,) = (await site.client.get("/dead-letters")).json()["items"]
    await site.client.post(f"/dead-letters/{letter['id']}/replay")
    await site.work()
    mapping = (await site.client.get(f"/mappings/{letter['mapping_id']}")).json()
    assert (mapping["job"]["state"], mapping["next"]["code"]) == ("waiting", "suspect")


async def test_replaying_its_event_replays_the_job(site: Site) -> None:
    await refused(site)
    (event,) = (await site.client.get("/events?state=dead")).json()["items"]
    mended(site)
    assert (await site.client.post(f"/events/{event['id']}/replay")).json()["state"] == "queued"
    await site.work()
    assert await site.stored.events() == {"done": 1}


async def test_a_dead_event_is_judged_again(site: Site) -> None:
    number = await not_understood(site)
    assert (await site.client.post(f"/dead-letters/event-{number}/replay")).json()["replayed"] == 1
    await site.work()
    assert await site.stored.events() == {"done": 1}


async def test_by_filter_the_dry_run_comes_first(site: Site) -> None:
    await refused(site, 2)
    await not_understood(site)
    asked = {"filter": {"connection": "shop", "process": "orders", "reason_code": "refused"}}
    trial = (await site.client.post("/dead-letters/replay", json=asked)).json()
    assert (trial["dry_run"], trial["matched"], trial["replayed"], len(trial["items"])) == (True, 2, 0, 2)
    assert len((await site.client.get("/dead-letters")).json()["items"]) == 3
    mended(site)
    done = (await site.client.post("/dead-letters/replay", json={**asked, "dry_run": False})).json()
    assert (done["matched"], done["replayed"]) == (2, 2)
    await site.work()
    assert await site.stored.events() == {"done": 2, "dead": 1}
    again = (await site.client.post("/dead-letters/replay", json={**asked, "dry_run": False})).json()
    assert (again["matched"], again["replayed"]) == (0, 0)


async def test_a_filter_may_name_a_moment(site: Site) -> None:
    await refused(site)
    (letter,) = (await site.client.get("/dead-letters")).json()["items"]
    asked = {"filter": {"before": letter["died_at"]}}
    assert (await site.client.post("/dead-letters/replay", json=asked)).json()["matched"] == 0
    assert (await site.client.get("/dead-letters", params={"before": letter["died_at"]})).json()["items"] == []


async def test_by_ids_all_of_them_must_be_there(site: Site) -> None:
    await refused(site)
    (letter,) = (await site.client.get("/dead-letters")).json()["items"]
    answer = await site.client.post("/dead-letters/replay", json={"ids": [letter["id"], "job-99999"], "dry_run": False})
    assert answer.status_code == 404
    assert (await site.client.post("/dead-letters/replay", json={"ids": [letter["id"]]})).json()["matched"] == 1


@pytest.mark.parametrize("body", [{}, {"ids": ["job-1"], "filter": {}}, {"ids": []}])
async def test_either_ids_or_a_filter(site: Site, body: dict[str, object]) -> None:
    assert (await site.client.post("/dead-letters/replay", json=body)).status_code == 422


@pytest.mark.parametrize("key", ["17", "job-", "job-x", "order-17", "job-99999999999999999999"])
async def test_what_is_no_dead_letters_id(site: Site, key: str) -> None:
    assert (await site.client.post(f"/dead-letters/{key}/replay")).status_code == 422


async def test_a_dead_record_can_be_resolved_instead(site: Site) -> None:
    await refused(site)
    (letter,) = (await site.client.get("/dead-letters")).json()["items"]
    answer = await site.client.post(f"/mappings/{letter['mapping_id']}/resolve", json={"reason": "typed in by hand"})
    assert answer.json()["transfer"] == "none"
    assert (await site.client.get("/dead-letters")).json()["items"] == []
    assert await site.stored.events() == {"ignored": 1}
