"""What a visitor changes on the pages is kept as theirs, with the key that allows the visit."""

from __future__ import annotations

from typing import Any

from tests.api.calling import Site
from tests.api.onboarding.conftest import NewPerson
from tests.api.onboarding.samtykke import Person, Samtykke
from tests.api.onboarding.test_connecting import connected, typed


async def entries(site: Site) -> list[dict[str, Any]]:
    """Oldest first."""
    return (await site.client.get("/audit")).json()["items"][::-1]


async def test_a_visitor_who_connects_is_named_with_the_key_of_the_visit(site: Site, samtykke: Samtykke, person: Person) -> None:
    await connected(person, site, samtykke)
    (made,) = await entries(site)
    assert (made["way"], made["route"], made["connection"]) == ("page", "GET /oauth/samtykke/callback", "nettbutikk")
    assert made["key"]["name"] == "test"
    assert made["actor"].startswith("visit ")
    assert made["address"] == "127.0.0.1"
    found = {change["path"]: change for change in made["changes"]}
    assert found["name"]["new"] == "nettbutikk"
    assert found["status"] == {"path": "status", "old": None, "new": "draft", "is_secret": False}
    assert found["warehouse.password"]["is_secret"]
    assert found["consent"] == {"path": "consent", "old": None, "new": None, "is_secret": True}

    await person.send(action="preview", processes=["orders"], order_number_prefix="S-")
    assert len(await entries(site)) == 1, "a preview saves nothing"
    more = {"sent_status": "4", "plugins": "gift wrap"}
    await person.send(action="activate", processes=["orders"], order_number_prefix="S-", **more)
    _, saved, *_, activated = await entries(site)
    assert {row["route"] for row in (saved, activated)} == {"POST /oauth/samtykke/settings"}
    assert {row["actor"] for row in (saved, activated)} == {made["actor"]}
    prefix = next(change for change in saved["changes"] if change["path"] == "settings.order_number_prefix")
    assert (prefix["old"], prefix["new"]) == ("", "S-")
    status = next(change for change in activated["changes"] if change["path"] == "status")
    assert (status["old"], status["new"]) == ("draft", "active")


async def test_a_link_is_kept_when_it_is_made_and_when_it_is_used(site: Site, samtykke: Samtykke, new_person: NewPerson) -> None:
    link = (await site.client.post("/integrations/samtykke/links", json={})).json()["url"]
    guest = await new_person()
    await guest.open(link.removeprefix("http://gateway.test"))
    await guest.send(**typed(site))
    await guest.comes_back(code=samtykke.consent.allows("c1"), state=guest.sent_to["state"])
    offered, made = await entries(site)
    assert offered["route"] == "POST /integrations/{integration}/links"
    assert [change["path"] for change in offered["changes"]] == ["link.expires_at"]
    assert made["actor"] in offered["subject"].replace("link", "visit"), "the visit is the link's"
    assert link.rpartition("=")[2] not in str(await entries(site))
