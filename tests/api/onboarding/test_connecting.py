"""A person connects a shop on the gateway's pages: key, warehouse, consent, settings, activation."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from app.engine.operations.onboarding import address_of
from app.engine.upkeep.alerting import notify
from app.engine.upkeep.retention import prune
from app.errors import ConsentEnded
from app.integrations.protocol.capabilities import Capability
from app.storage.side_tables import visits
from app.storage.tables import alerts, connections, sessions
from app.warehouse.credentials import api_address
from tests.api.calling import Site
from tests.api.onboarding.conftest import NewPerson
from tests.api.onboarding.samtykke import RIGHTS, Person, Samtykke
from tests.web.brackets import MARKED, speak, unmarked

START = "/oauth/samtykke/start"


def typed(site: Site, **other: str) -> dict[str, str]:
    warehouse = {"url": site.warehouse.url, "user": "gateway", "password": "gateway", "goods_owner": "77"}
    return {**warehouse, "name": "nettbutikk", **other}


async def with_key(person: Person, site: Site, address: str = START) -> Person:
    await person.open(address)
    return await person.send(api_key=await site.door.key("admin"))


async def rows(site: Site, table: Any) -> list[Any]:
    async with site.gateway.database.read() as db:
        return list(await db.execute(select(table)))


async def connected(person: Person, site: Site, samtykke: Samtykke, code: str = "c1", shop: str = "butikk") -> Person:
    await with_key(person, site)
    await person.send(**typed(site))
    return await person.comes_back(code=samtykke.consent.allows(code, shop), state=person.sent_to["state"])


async def test_all_the_way_to_an_active_connection(site: Site, samtykke: Samtykke, person: Person) -> None:
    samtykke.tills["butikk"] = [{"id": "9", "sku": "SOKK-1", "status": "30", "sold_at": "2026-11-20T09:00:00+00:00"}]
    await person.open(START)
    assert (person.status, [name for name in person.fields() if "key" in name]) == (200, ["api_key"])
    await person.send(api_key=await site.door.key("admin"))
    assert {"url", "user", "password", "goods_owner", "name"} <= person.fields().keys()
    assert all(f"<code>{right}</code>" in person.page for right in RIGHTS)

    await person.send(**typed(site))
    assert person.sent_to["redirect_uri"] == "http://gateway.test/oauth/samtykke/callback"
    assert await rows(site, connections) == [], "nothing is made before the consent"
    await person.comes_back(code=samtykke.consent.allows("c1"), state=person.sent_to["state"])
    assert person.status == 200
    assert "nettbutikk is connected, and not active yet" in person.page
    (row,) = await rows(site, connections)
    assert (row.name, row.status, row.goods_owner_id) == ("nettbutikk", "draft", 77)

    await person.send(action="preview", processes=["orders"], order_number_prefix="S-")
    assert "What would be sent" in person.page
    assert "S-9" in person.page
    assert (await rows(site, connections))[0].settings["order_number_prefix"] == ""

    more = {"sent_status": "4", "plugins": "gift wrap"}
    await person.send(action="activate", processes=["orders"], order_number_prefix="S-", **more)
    assert "nettbutikk is active" in person.page
    (row,) = await rows(site, connections)
    assert (row.status, row.settings["order_number_prefix"], row.settings["sent_status"]) == ("active", "S-", "4")
    assert row.settings["plugins"] == "gift wrap"
    assert {visit.sealed for visit in await rows(site, visits)} == {None}, "what was typed is gone"


def boxes(person: Person) -> dict[str, bool]:
    """The processes that the page shows, each with whether it is ticked."""
    found = re.findall(r'<input type="checkbox" id="settings.processes.([^"]*)"[^>]*?value="on"( checked)?', person.page)
    return {name: bool(checked) for name, checked in found}


async def test_the_page_has_a_box_for_each_process_that_the_system_can_and_for_no_other(
    site: Site, samtykke: Samtykke, person: Person
) -> None:
    await connected(person, site, samtykke)
    assert boxes(person) == {"orders": True, "returns": False, "purchase_orders": True, "receipts": False}
    samtykke.capabilities = samtykke.capabilities | {Capability.MARK_IMPORTED, Capability.READ_SUPPLIERS}
    await person.send(action="save", processes=["orders", "import_status"])
    callers = {"returns": False, "purchase_orders": False, "receipts": False}
    assert boxes(person) == {"suppliers": False, "orders": True, "import_status": True, **callers}
    assert "the order's status in the shop, when the order has come into the warehouse" in person.page
    processes = (await rows(site, connections))[0].settings["processes"]
    assert (processes["import_status"], processes["suppliers"], processes["orders"]) == (True, False, True)
    await person.send(action="save", processes=["suppliers", "orders"])
    assert boxes(person) == {"suppliers": True, "orders": True, "import_status": False, **callers}


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"password": "wrong"}, "password", "does not accept this user name with this password"),
        ({"goods_owner": "78000"}, "goods_owner", "no such goods owner"),
        ({"goods_owner": "seventy"}, "goods_owner", "goods_owner_id"),
        ({"url": "http://127.0.0.1:9/demo/api/v1/"}, "url", "No warehouse answers at this address"),
        ({"url": "ftp://x"}, "url", "is not a web address"),
        ({"user": ""}, "user", "This is needed."),
        ({"name": "Nett Butikk"}, "name", "lower-case letters"),
        ({"name": "woocommerce"}, "name", "belongs to another system"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    site: Site, samtykke: Samtykke, person: Person, wrong: dict[str, str], field: str, words: str
) -> None:
    await with_key(person, site)
    given = typed(site, **wrong)
    await person.send(**given)
    assert person.status == 422
    fault = re.search(rf'id="{field}-fault">(.*?)</p>', person.page, re.DOTALL)
    assert fault is not None, person.page
    assert words in fault[1]
    shown = person.fields()
    assert {name: shown[name] for name in given} == {**given, "password": ""}, "a password is never shown"


async def test_after_a_wrong_password_the_right_one_works_at_the_next_try(site: Site, samtykke: Samtykke, person: Person) -> None:
    await with_key(person, site)
    await person.send(**typed(site, password="wrong"))
    assert person.status == 422
    await person.send(password="gateway")
    assert person.sent_to["state"]


async def test_a_password_that_was_right_need_not_be_typed_again(site: Site, samtykke: Samtykke, person: Person) -> None:
    await with_key(person, site)
    await person.send(**typed(site, name="Not A Name"))
    assert person.status == 422
    await person.send(name="nettbutikk")
    assert person.sent_to["state"]


async def test_a_kept_password_goes_to_no_other_address(site: Site, samtykke: Samtykke, person: Person) -> None:
    await with_key(person, site)
    await person.send(**typed(site, name="Not A Name"))
    await person.send(name="nettbutikk", url="http://127.0.0.1:9/demo/api/v1/")
    assert re.search(r'id="password-fault">\s*This is needed', person.page)


async def test_a_customer_id_stands_for_the_address() -> None:
    assert api_address(address_of(" demo ")) == "https://api.ongoingsystems.se/demo/api/v1/"
    assert address_of("https://demo.ongoingsystems.se/demo/") == "https://demo.ongoingsystems.se/demo/"


async def test_the_password_is_kept_sealed(site: Site, samtykke: Samtykke, person: Person) -> None:
    await with_key(person, site)
    await person.send(**typed(site, password="s3cret-not-right"))
    (visit,) = await rows(site, visits)
    assert b"s3cret" not in visit.sealed


async def test_what_was_typed_is_deleted_when_the_visit_is_over(site: Site, samtykke: Samtykke, person: Person) -> None:
    await with_key(person, site)
    await person.send(**typed(site, password="wrong"))
    site.tick(2 * 3600 + 1)
    await person.send(password="gateway")
    assert "This page is too old" in person.page
    await prune(site.gateway, site.clock())
    assert await rows(site, visits) == []


# --- the key --------------------------------------------------------------------------------------------------------------


async def test_without_a_key_nothing_is_shown_and_a_wrong_one_is_refused(site: Site, samtykke: Samtykke, person: Person) -> None:
    await person.open(START)
    assert "url" not in person.fields()
    await person.send(api_key="gw_wrong")
    assert (person.status, "This key is unknown or was revoked." in person.page) == (401, True)
    await person.send(api_key=await site.door.key("sync"))
    assert (person.status, "needs the right admin" in person.page) == (403, True)


async def test_a_bearer_header_works_as_well(site: Site, samtykke: Samtykke, new_person: NewPerson) -> None:
    person = await new_person(Authorization=f"Bearer {await site.door.key('admin')}")
    await person.open(START)
    await person.send(**typed(site))
    assert person.sent_to["state"]


async def test_a_revoked_key_ends_the_visit(site: Site, samtykke: Samtykke, person: Person) -> None:
    await with_key(person, site)
    listed = (await site.client.get("/keys")).json()["items"]
    for key in listed[1:]:
        assert (await site.client.delete(f"/keys/{key['id']}")).status_code == 204
    await person.send(**typed(site))
    assert (person.status, "This page is too old" in person.page) == (400, True)
    await person.open(START)
    assert "api_key" in person.fields()


async def test_a_limited_key_makes_no_new_connection_and_reaches_no_other(
    site: Site, samtykke: Samtykke, person: Person, new_person: NewPerson
) -> None:
    await connected(person, site, samtykke)
    other = await site.door.connect("other")
    limited = await site.door.key("admin", only=[other])
    for address in (START, f"{START}?connection=nettbutikk"):
        somebody = await new_person()
        await somebody.open(address)
        await somebody.send(api_key=limited)
        assert (somebody.status, "may not connect that" in somebody.page) == (403, True)


async def test_another_site_can_send_no_form(site: Site, samtykke: Samtykke, person: Person, new_person: NewPerson) -> None:
    await with_key(person, site)
    await person.send(csrf="0" * 64, **typed(site))
    assert (person.status, "This page is too old" in person.page) == (400, True)
    stranger = await new_person()
    answer = await stranger.http.post(START, data={**person.fields(), **typed(site)})
    assert answer.status_code == 400
    assert await rows(site, connections) == []


# --- the way back ---------------------------------------------------------------------------------------------------------


async def test_a_denied_consent_says_what_to_do_and_leaves_nothing(site: Site, samtykke: Samtykke, person: Person) -> None:
    await with_key(person, site)
    await person.send(**typed(site))
    await person.comes_back(error="access_denied", state=person.sent_to["state"])
    assert (person.status, "Nothing was allowed" in person.page, "Begin again" in person.page) == (400, True, True)
    assert (await rows(site, connections), await rows(site, sessions)) == ([], [])
    await person.open(START)
    assert person.fields()["user"] == "gateway", "what was typed is still there"


async def test_missing_rights_are_refused_by_name(site: Site, samtykke: Samtykke, person: Person) -> None:
    await with_key(person, site)
    await person.send(**typed(site))
    code = samtykke.consent.allows("c1", rights=("read:orders",))
    await person.comes_back(code=code, state=person.sent_to["state"])
    assert (person.status, re.findall(r"<li><code>(.*?)</code>", person.page)) == (403, ["write:orders"])
    assert (await rows(site, connections), await rows(site, sessions)) == ([], [])


@pytest.mark.parametrize("rights", [None, ("*",)])
async def test_a_system_that_names_no_rights_is_believed(
    site: Site, samtykke: Samtykke, person: Person, rights: tuple[str, ...] | None
) -> None:
    await with_key(person, site)
    await person.send(**typed(site))
    await person.comes_back(code=samtykke.consent.allows("c1", rights=rights), state=person.sent_to["state"])
    assert "is connected, and not active yet" in person.page


async def test_a_state_is_good_once(site: Site, samtykke: Samtykke, person: Person) -> None:
    await with_key(person, site)
    await person.send(**typed(site))
    state = person.sent_to["state"]
    await person.comes_back(code=samtykke.consent.allows("c1"), state=state)
    await person.comes_back(code=samtykke.consent.allows("c2"), state=state)
    assert (person.status, "This is done already" in person.page) == (409, True)
    assert len(await rows(site, connections)) == 1
    assert "c2" in samtykke.consent.codes, "the second code was not used"


async def test_a_state_is_good_for_ten_minutes(site: Site, samtykke: Samtykke, person: Person) -> None:
    await with_key(person, site)
    await person.send(**typed(site))
    state = person.sent_to["state"]
    site.tick(601)
    await person.comes_back(code=samtykke.consent.allows("c1"), state=state)
    assert (person.status, "This step is not under way any more" in person.page) == (400, True)
    assert await rows(site, connections) == []


async def test_a_state_is_good_in_its_own_browser_only(
    site: Site, samtykke: Samtykke, person: Person, new_person: NewPerson
) -> None:
    await with_key(person, site)
    await person.send(**typed(site))
    state = person.sent_to["state"]
    stranger = await with_key(await new_person(), site)
    await stranger.comes_back(code=samtykke.consent.allows("c1"), state=state)
    assert (stranger.status, "not under way" in stranger.page) == (400, True)
    assert await rows(site, connections) == []
    await person.comes_back(code="c1", state=state)
    assert "is connected" in person.page, "the stranger has used nothing up"


@pytest.mark.parametrize("query", [{}, {"code": "c1"}, {"code": "c1", "state": "made-up"}, {"state": "x" * 500}])
async def test_a_made_up_way_back_ends_on_a_page(site: Site, samtykke: Samtykke, person: Person, query: dict[str, str]) -> None:
    await with_key(person, site)
    await person.comes_back(**query)
    assert (person.status, "What to do" in person.page) == (400, True)


async def test_a_code_that_is_refused_leaves_nothing(site: Site, samtykke: Samtykke, person: Person) -> None:
    await with_key(person, site)
    await person.send(**typed(site))
    await person.comes_back(code="made-up", state=person.sent_to["state"])
    assert (person.status, "did not confirm your consent" in person.page) == (400, True)
    assert await rows(site, connections) == []


async def test_of_two_windows_the_newer_one_counts(site: Site, samtykke: Samtykke, person: Person) -> None:
    await with_key(person, site)
    await person.send(**typed(site))
    first = person.sent_to["state"]
    await person.open(START)
    await person.send()
    second = person.sent_to["state"]
    await person.comes_back(code=samtykke.consent.allows("c1"), state=first)
    assert "not under way" in person.page
    await person.comes_back(code=samtykke.consent.allows("c2"), state=second)
    assert "is connected" in person.page
    assert len(await rows(site, connections)) == 1


async def test_a_program_that_looks_at_the_address_first_uses_nothing_up(site: Site, samtykke: Samtykke, person: Person) -> None:
    await with_key(person, site)
    await person.send(**typed(site))
    state = person.sent_to["state"]
    await person.http.head("/oauth/samtykke/callback", params={"state": state, "code": "c1"})
    await person.comes_back(code=samtykke.consent.allows("c1"), state=state)
    assert "is connected" in person.page


# --- again ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_name", [True, False])
async def test_connecting_again_keeps_the_connection(
    site: Site, samtykke: Samtykke, person: Person, new_person: NewPerson, by_name: bool
) -> None:
    """By the link in the alert, or by filling the page in as the first time."""
    await connected(person, site, samtykke)
    await person.send(action="activate", processes=["orders"], order_number_prefix="S-")
    (before,) = await rows(site, connections)
    again = await with_key(await new_person(), site, f"{START}?connection=nettbutikk" if by_name else START)
    if by_name:
        assert again.fields()["user"] == "gateway"
        await again.send()
    else:
        await again.send(**typed(site))
    await again.comes_back(code=samtykke.consent.allows("c9"), state=again.sent_to["state"])
    assert "nettbutikk is connected again" in again.page
    (after,) = await rows(site, connections)
    assert (after.id, after.status, after.settings, after.webhook_id) == (
        before.id,
        "active",
        before.settings,
        before.webhook_id,
    )
    (session,) = await rows(site, sessions)
    assert site.gateway.vault.open(session.sealed)["refresh_token"] == "r-c9"


async def test_the_consent_of_another_shop_changes_nothing(
    site: Site, samtykke: Samtykke, person: Person, new_person: NewPerson
) -> None:
    await connected(person, site, samtykke)
    again = await with_key(await new_person(), site, f"{START}?connection=nettbutikk")
    await again.send()
    await again.comes_back(code=samtykke.consent.allows("c9", shop="annen"), state=again.sent_to["state"])
    assert (again.status, "It could not be connected" in again.page) == (409, True)
    assert "this consent is for annen, and nettbutikk is a connection to butikk" in again.page
    (session,) = await rows(site, sessions)
    assert site.gateway.vault.open(session.sealed)["refresh_token"] == "r-c1"


async def test_an_ended_consent_is_shown_with_its_link_and_its_recovery_is_told(
    site: Site, samtykke: Samtykke, person: Person
) -> None:
    await connected(person, site, samtykke)
    await person.send(action="activate", processes=["orders"])
    (row,) = await rows(site, connections)
    connection = await site.gateway.connection(row.id)

    async def refused() -> Any:
        raise ConsentEnded("The refresh token is invalid", system="Samtykke", call="POST /token")

    desk: Any = site.gateway.source(connection)
    with pytest.raises(ConsentEnded):
        await desk.sessions.renew(await desk.sessions.current(), refused)
    link = "http://127.0.0.1:8080/oauth/samtykke/start?connection=nettbutikk"
    (alert,) = await rows(site, alerts)
    assert (alert.kind, link in alert.text) == ("consent-ended", True)
    shown = (await site.client.get("/connections/nettbutikk")).json()["consent"]
    assert (shown["state"], shown["url"], shown["words"]) == ("ended", link, "The refresh token is invalid")

    await person.open(f"{START}?connection=nettbutikk")
    await person.send()
    await person.comes_back(code=samtykke.consent.allows("c9"), state=person.sent_to["state"])
    assert "connected again" in person.page
    assert (await site.client.get("/connections/nettbutikk")).json()["consent"]["state"] == "given"
    await notify.look(site.gateway, 0, site.gateway.clock())
    (alert,) = await rows(site, alerts)
    assert (alert.kind, alert.closed_why) == ("consent-ended", "it was allowed again; what waited goes on")


async def test_a_goods_owners_second_connection_begins_with_numbers_of_its_own(
    site: Site, samtykke: Samtykke, person: Person, new_person: NewPerson
) -> None:
    """Requirement: rules for every connection, 8. The person is told, and can choose otherwise."""
    await connected(person, site, samtykke)
    await person.send(action="activate", processes=["orders"])
    other = await with_key(await new_person(), site)
    await other.send(**typed(site, name="annen"))
    await other.comes_back(code=samtykke.consent.allows("c2", shop="annen"), state=other.sent_to["state"])
    assert "every order number begins with S-" in other.page
    await other.send(action="activate", processes=["orders"])
    assert "annen is active" in other.page
    found = {row.name: row.settings["order_number_prefix"] for row in await rows(site, connections)}
    assert found == {"nettbutikk": "", "annen": "S-"}


async def test_numbers_that_can_collide_are_told_to_the_person_who_activates(
    site: Site, samtykke: Samtykke, person: Person, new_person: NewPerson
) -> None:
    """Both were connected before either was active; the second person does not learn whose the first is."""
    await connected(person, site, samtykke)
    other = await with_key(await new_person(), site)
    await other.send(**typed(site, name="annen"))
    await other.comes_back(code=samtykke.consent.allows("c2", shop="annen"), state=other.sent_to["state"])
    await person.send(action="activate", processes=["orders"])
    await other.send(action="activate", processes=["orders"])
    assert "it clashes with another connection of that goods owner" in other.page
    await other.send(action="activate", processes=["orders"], order_number_prefix="B-")
    assert "annen is active" in other.page


async def test_activating_with_nothing_ticked_changes_no_process(site: Site, samtykke: Samtykke, person: Person) -> None:
    await connected(person, site, samtykke)
    await person.send(action="activate")
    assert "nettbutikk is active" in person.page
    assert (await rows(site, connections))[0].settings["processes"]["orders"] is True


# --- by hand --------------------------------------------------------------------------------------------------------------


async def test_a_token_made_by_hand_goes_over_the_same_page(site: Site, samtykke: Samtykke, person: Person) -> None:
    samtykke.consent.client = False
    await with_key(person, site)
    assert "has no OAuth client" in person.page
    await person.send(**typed(site))
    assert person.status == 422
    await person.send(shop="butikk", access_token="t0ken")
    assert "is connected, and not active yet" in person.page
    await person.send(action="activate", processes=["orders"])
    assert "nettbutikk is active" in person.page
    assert await rows(site, sessions) == []


# --- one-time links -------------------------------------------------------------------------------------------------------


async def link(site: Site, **wish: Any) -> str:
    answer = await site.client.post("/integrations/samtykke/links", json=wish)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["url"])


async def test_a_link_connects_without_a_key_once(site: Site, samtykke: Samtykke, person: Person, new_person: NewPerson) -> None:
    address = await link(site)
    await person.open(address)
    assert "api_key" not in person.fields()
    await person.send(**typed(site))
    await person.comes_back(code=samtykke.consent.allows("c1"), state=person.sent_to["state"])
    await person.send(action="activate", processes=["orders"])
    assert "nettbutikk is active" in person.page
    for somebody in (person, await new_person()):
        await somebody.open(address)
        assert (somebody.status, "This link was used" in somebody.page) == (410, True)
    await person.open(START)
    assert "api_key" in person.fields(), "a link gives no right to connect more"


async def test_a_link_belongs_to_the_browser_that_used_it_first(
    site: Site, samtykke: Samtykke, person: Person, new_person: NewPerson
) -> None:
    address = await link(site)
    await (await new_person()).open(address)  # a mail program that looks at the address
    await person.open(address)
    await person.send(**typed(site, password="wrong"))
    assert person.status == 422
    stranger = await (await new_person()).open(address)
    assert (stranger.status, "in use in another browser" in stranger.page) == (410, True)
    await person.send(password="gateway")
    assert person.sent_to["state"]


async def test_a_link_ends_with_its_week_and_with_its_key(site: Site, samtykke: Samtykke, new_person: NewPerson) -> None:
    address = await link(site)
    site.tick(7 * 24 * 3600 + 1)
    late = await (await new_person()).open(address)
    assert (late.status, "This link is not good" in late.page) == (404, True)
    made_up = await (await new_person()).open(f"{START}?link=made-up")
    assert made_up.status == 404


async def test_links_are_for_systems_that_ask_for_consent_and_for_admins(site: Site, samtykke: Samtykke) -> None:
    assert (await site.client.post("/integrations/woocommerce/links", json={})).status_code == 422
    assert (await site.client.post("/integrations/nobody/links", json={})).status_code == 404
    reader = await site.door.caller("read")
    assert (await reader.post("/integrations/samtykke/links", json={})).status_code == 403
    other = await site.door.connect("other")
    limited = await site.door.caller("admin", only=[other])
    assert (await limited.post("/integrations/samtykke/links", json={})).status_code == 403
    assert (await site.client.post("/integrations/samtykke/links", json={"connection": "other"})).status_code == 409


# --- what every page is ---------------------------------------------------------------------------------------------------


async def test_pages_are_safe_and_load_nothing_from_elsewhere(site: Site, samtykke: Samtykke, person: Person) -> None:
    await with_key(person, site)
    assert person.answer is not None
    headers = person.answer.headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' https://samtykke.example; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    assert {name: headers[name] for name in ("x-frame-options", "referrer-policy", "cache-control")} == {
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "<script" not in person.page
    assert "style=" not in person.page
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', person.page):
        assert (await person.http.get(address)).status_code == 200
    assert (await person.http.get("/static/nothing")).status_code == 404


async def test_what_a_person_types_is_text(site: Site, samtykke: Samtykke, person: Person) -> None:
    await with_key(person, site)
    await person.send(**typed(site, user='"><b>x</b>', url="http://127.0.0.1:9/<i>"))
    assert person.answer is not None
    assert "<b>x" not in person.answer.text
    assert "<i>" not in person.answer.text


async def test_in_norwegian_where_the_browser_asks_for_it_or_the_person(
    site: Site, samtykke: Samtykke, new_person: NewPerson
) -> None:
    person = await new_person(**{"Accept-Language": "nn-NO,nb;q=0.9,en;q=0.5"})
    await person.open(START)
    assert ('<html lang="nb">' in person.page, "Fortsett" in person.page) == (True, True)
    await person.open(f"{START}?lang=en")
    await person.open(START)
    assert '<html lang="en">' in person.page


async def test_a_system_that_asks_for_no_consent_has_no_page(site: Site, person: Person) -> None:
    assert (await person.open("/oauth/woocommerce/start")).status == 422
    assert (await person.open("/oauth/nobody/start")).status == 404
    assert (await person.open("/oauth/24sevenoffice/start")).status == 422
    words = (
        "24SevenOffice (Finago Office) is not connected over a page like this one: it needs application_id, username, password"
    )
    assert words in person.page
    assert "gateway connections example 24sevenoffice" in person.page
    assert "/oauth/24sevenoffice/start" not in person.page


async def test_every_word_of_the_pages_is_in_the_catalogue(
    site: Site, samtykke: Samtykke, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak(monkeypatch)
    samtykke.tills["butikk"] = [{"id": "9", "sku": "SOKK-1", "status": "30", "sold_at": "2026-11-20T09:00:00+00:00"}]
    seen = []
    await person.open(f"{START}?lang={MARKED}")
    seen.append(person.page)
    await person.send(api_key=await site.door.key("admin"))
    seen.append(person.page)
    await person.send(**typed(site, password="wrong"))
    seen.append(person.page)
    await person.send(**typed(site))
    await person.comes_back(code=samtykke.consent.allows("c1"), state=person.sent_to["state"])
    seen.append(person.page)
    await person.open(f"/oauth/samtykke/callback?code=c1&state=unknown&lang={MARKED}")
    seen.append(person.page)
    assert [f'<html lang="{MARKED}">' in each for each in seen] == [True] * 5
    names = ("butikk", "Samtykke")
    assert [word for each in seen for word in unmarked(each) if not any(name in word for name in names)] == []
