"""Suppliers: kept by the gateway, and sent along with the articles that name them. Requirement: 24SevenOffice, suppliers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain import Process, SourceRecord, Supplier
from app.engine.core.queue import Task
from app.engine.polling import look_again
from app.integrations.sevenoffice24.mapping.suppliers import map_supplier
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.sandbox.sevenoffice24.config import Identity
from app.worker import work
from tests.api.calling import Site
from tests.harness.sevenoffice24 import SimulatedSevenOffice
from tests.integrations.sevenoffice24.offices import active, given, sync
from tests.integrations.sevenoffice24.reading_bench import changed, open_bench

ON: dict[str, Any] = {"processes": {"suppliers": True}}
FACTORY: dict[str, Any] = {
    "Type": "Supplier",
    "Addresses": {
        "Post": {"Street": "Fabrikkveien 3", "PostalCode": "5003", "PostalArea": "BERGEN", "City": "Bergen", "Country": "NO"},
        "Delivery": {"Street": "Lagerveien 9", "PostalCode": "5058", "PostalArea": "BERGEN", "Country": "NO"},
    },
}
WEAVER: dict[str, Any] = {"Type": "Supplier", "Addresses": {"Post": {"Street": "Vevgatan 1", "Country": "Sverige"}}}


# --- the table ------------------------------------------------------------------------------------------------------------

COMPANY: dict[str, Any] = {
    "Id": 310,
    "Name": "Ullvarefabrikken AS",
    "Type": "Supplier",
    "Addresses": FACTORY["Addresses"],
    "DateChanged": "2026-05-04T08:00:03",
}


def mapped(settings: dict[str, Any] | None = None, /, **changes: Any) -> Supplier:
    record = SourceRecord(Process.SUPPLIERS, "310", datetime(2026, 5, 4, 8, 0, 3, tzinfo=UTC), {**COMPANY, **changes})
    return map_supplier(record, SevenOfficeAdapterSettings.model_validate(settings or {}))


def test_all_six_fields() -> None:
    found = mapped()
    assert (found.number, found.name) == ("310", "Ullvarefabrikken AS")
    assert (found.address, found.post_code, found.city, found.country_code) == ("Fabrikkveien 3", "5003", "Bergen", "NO")
    assert (found.problems, found.notes) == ((), ())


def test_the_town_is_the_city_else_the_postal_area() -> None:
    assert mapped(Addresses={"Post": {"City": "Bergen", "PostalArea": "NESTTUN"}}).city == "Bergen"
    assert mapped(Addresses={"Post": {"City": " ", "PostalArea": "NESTTUN"}}).city == "NESTTUN"


@pytest.mark.parametrize("addresses", [None, {}, {"Post": None}, {"Post": {}}, {"Delivery": {"Street": "Lagerveien 9"}}])
def test_only_the_postal_address_counts_and_it_may_be_missing(addresses: Any) -> None:
    found = mapped({"default_country": "NO"}, Addresses=addresses)
    assert (found.address, found.post_code, found.city, found.country_code) == ("", "", "", "")
    assert found.problems == ()


def test_a_country_may_be_a_name_or_missing_or_not_understood() -> None:
    assert mapped(Addresses={"Post": {"Country": "Sverige"}}).country_code == "SE"
    assert mapped(Addresses={"Post": {"Street": "Kaia 7"}}).country_code == ""
    assert mapped({"default_country": "NO"}, Addresses={"Post": {"Street": "Kaia 7"}}).country_code == "NO"
    found = mapped(Addresses={"Post": {"Street": "Kaia 7", "Country": "Atlantis"}})
    assert (found.country_code, found.address, found.problems) == ("", "Kaia 7", ())
    assert found.notes == ("Not sent: the country 'Atlantis' (Addresses.Post.Country) is no country that is known",)


@pytest.mark.parametrize("name", [None, "", "  "])
def test_a_company_without_a_name_is_not_sent_along(name: str | None) -> None:
    (problem,) = mapped(Name=name).problems
    assert (problem.code, problem.field) == ("supplier-without-name", "Name")


# --- all the way ----------------------------------------------------------------------------------------------------------


def put(site: Site, since: int = 0) -> dict[str, Any]:
    """What the warehouse was sent of each article, by number; of one that was sent twice all of it, in a list."""
    found: dict[str, Any] = {}
    for call in site.warehouse.writes(path="/articles")[since:]:
        number = call.body["articleNumber"]
        found[number] = call.body if number not in found else [found[number], call.body]
    return found


async def run(site: Site, **params: Any) -> dict[str, Any]:
    async with site.worker():
        answer = await site.client.post("/sync/24sevenoffice", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def counts(run: dict[str, Any], process: str = "suppliers") -> dict[str, int]:
    """What the run counted of this process, without what it has none of."""
    (part,) = (part for part in run["parts"] if part["process"] == process)
    return {name: count for name, count in part["counts"].items() if count}


async def suppliers(site: Site) -> dict[str, dict[str, Any]]:
    """The mappings of suppliers, by id in the ERP."""
    listed = (await site.client.get("/mappings", params={"kind": "supplier"})).json()["items"]
    return {each["shop"]["id"]: each for each in listed}


def two_suppliers(office: SimulatedSevenOffice) -> tuple[int, int]:
    """Ids of the factory, which has two products, and of the weaver, who has one. A fourth has none; a customer is none."""
    factory = office.tenant.add_company("Ullvarefabrikken AS", **FACTORY)["Id"]
    weaver = office.tenant.add_company("Vävaren AB", **WEAVER)["Id"]
    office.tenant.add_company("Fjord Sport AS")
    office.product("SOKK-1", SupplierId=factory)
    office.product("SOKK-2", SupplierId=factory)
    office.product("TEPPE-1", SupplierId=weaver)
    office.product("POSE-1")
    return factory, weaver


async def test_articles_are_sent_with_their_suppliers(site: Site, office: SimulatedSevenOffice) -> None:
    factory, weaver = two_suppliers(office)
    await active(site, office, **ON)
    found = await run(site)
    assert found["state"] == "done", found
    assert counts(found) == {"read": 2, "created": 2}
    assert {number: body.get("supplierInfo") for number, body in put(site).items()} == {
        "SOKK-1": {
            "supplierNumber": str(factory),
            "supplierName": "Ullvarefabrikken AS",
            "advanced": {
                "supplierAddress": {"address": "Fabrikkveien 3", "postCode": "5003", "city": "Bergen", "countryCode": "NO"}
            },
        },
        "SOKK-2": {
            "supplierNumber": str(factory),
            "supplierName": "Ullvarefabrikken AS",
            "advanced": {
                "supplierAddress": {"address": "Fabrikkveien 3", "postCode": "5003", "city": "Bergen", "countryCode": "NO"}
            },
        },
        "TEPPE-1": {
            "supplierNumber": str(weaver),
            "supplierName": "Vävaren AB",
            "advanced": {"supplierAddress": {"address": "Vevgatan 1", "countryCode": "SE"}},
        },
        "POSE-1": None,
    }
    assert len(site.warehouse.writes(path="/articles")) == 4
    assert office.office.refused("request") == []


async def test_it_is_seen_in_mappings_and_connections_and_nothing_is_done_twice(site: Site, office: SimulatedSevenOffice) -> None:
    factory, weaver = two_suppliers(office)
    await active(site, office, **ON)
    await run(site)
    shown = await suppliers(site)
    assert {key: (each["transfer"], each["warehouse"]["number"], each["label"]) for key, each in shown.items()} == {
        str(factory): ("sent", str(factory), "kept, goes along with its articles"),
        str(weaver): ("sent", str(weaver), "kept, goes along with its articles"),
    }
    (connection,) = (await site.client.get("/connections")).json()["items"]
    assert connection["settings"]["processes"]["suppliers"] is True
    writes = len(site.warehouse.writes(path="/articles"))
    site.tick(60)
    again = await run(site, process="suppliers", full=True)
    assert counts(again) == {"read": 2, "unchanged": 2}
    assert counts(await run(site, process="suppliers")) in ({}, {"read": 2, "unchanged": 2})
    assert len(site.warehouse.writes(path="/articles")) == writes


async def test_a_supplier_that_changes_goes_out_with_its_own_articles_and_no_others(
    site: Site, office: SimulatedSevenOffice
) -> None:
    factory, _ = two_suppliers(office)
    await active(site, office, **ON)
    await run(site)
    before = len(site.warehouse.writes(path="/articles"))
    site.tick(120)
    office.tenant.change_company(factory, Name="Ullvarefabrikken Norge AS")
    site.tick(60)
    found = await run(site, process="suppliers")
    assert counts(found) == {"read": 1, "updated": 1}
    await site.work()
    sent = put(site, before)
    assert {number: body["supplierInfo"]["supplierName"] for number, body in sent.items()} == {
        "SOKK-1": "Ullvarefabrikken Norge AS",
        "SOKK-2": "Ullvarefabrikken Norge AS",
    }
    for process in ("suppliers", "articles"):
        site.tick(60)
        await sync(site, process)
    await site.work()
    assert len(site.warehouse.writes(path="/articles")) == before + 2


async def test_articles_that_came_before_their_supplier_are_sent_again_once(site: Site, office: SimulatedSevenOffice) -> None:
    factory, _ = two_suppliers(office)
    await active(site, office)
    await sync(site, "articles")
    assert all("supplierInfo" not in body for body in put(site).values())
    site.tick(60)
    changed = await site.client.patch("/connections/kontor", json={"settings": {"processes": {"suppliers": True}}})
    assert changed.status_code == 200, changed.text
    await sync(site, "suppliers")
    await site.work()
    sent = put(site, 4)
    assert set(sent) == {"SOKK-1", "SOKK-2", "TEPPE-1"}
    assert sent["SOKK-1"]["supplierInfo"]["supplierNumber"] == str(factory)
    site.tick(60)
    await sync(site, "suppliers", "articles")
    await site.work()
    assert len(site.warehouse.writes(path="/articles")) == 7


async def test_an_article_that_gets_another_supplier_is_sent_with_it(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    site, office = sqlite_site, office_of_sqlite
    _, weaver = two_suppliers(office)
    await active(site, office, **ON)
    await run(site)
    before = len(site.warehouse.writes(path="/articles"))
    site.tick(120)
    sock = office.tenant.catalogue.with_no("SOKK-1")
    assert sock is not None
    office.tenant.change_product(sock["Id"], SupplierId=weaver)
    site.tick(60)
    await sync(site, "articles")
    assert {number: body["supplierInfo"]["supplierName"] for number, body in put(site, before).items()} == {
        "SOKK-1": "Vävaren AB"
    }


async def test_they_are_off_by_default(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    two_suppliers(office)
    await active(site, office)
    found = await run(site)
    assert "suppliers" not in {part["process"] for part in found["parts"]}
    assert all("supplierInfo" not in body for body in put(site).values())
    asked = await site.client.post("/sync/24sevenoffice", params={"process": "suppliers"})
    assert (asked.status_code, asked.json()["field"]) == (409, "process")
    assert "settings.processes.suppliers" in asked.json()["fix"]


async def test_a_dry_run_names_the_numbers_of_new_ones_and_changes_nothing(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    site, office = sqlite_site, office_of_sqlite
    factory, weaver = two_suppliers(office)
    await active(site, office)
    site.wake_ups.waiting.clear()
    found = await run(site, process="suppliers", dry_run=True)
    shown = {each["number"]: each["outcome"] for each in found["preview"]}
    assert shown == {str(factory): "created", str(weaver): "created"}
    assert await suppliers(site) == {}
    assert site.warehouse.writes(path="/articles") == []


async def test_a_dry_run_of_articles_shows_the_supplier(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    _, weaver = two_suppliers(office)
    await active(site, office, **ON)
    site.wake_ups.waiting.clear()
    await sync(site, "suppliers")
    found = await run(site, process="articles", dry_run=True, full=True)
    (carpet,) = (each for each in found["preview"] if each["number"] == "TEPPE-1")
    fields = {each["field"]: each["after"] for each in carpet["fields"]}
    assert fields["supplierInfo.supplierNumber"] == str(weaver)


async def test_a_firm_that_is_customer_too_is_a_setting(sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice) -> None:
    site, office = sqlite_site, office_of_sqlite
    both = office.tenant.add_company("Fjord Sport AS")["Id"]
    two_suppliers(office)
    await active(site, office, **ON, supplier_types=["Supplier", "Business"])
    await sync(site, "suppliers")
    shown = await suppliers(site)
    assert (str(both) in shown, len(shown)) == (True, 4)


async def test_an_order_that_needs_a_waiting_article_makes_it_with_its_supplier(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    site, office = sqlite_site, office_of_sqlite
    _, weaver = two_suppliers(office)
    office.order("TEPPE-1")
    connection = await active(site, office, **ON)
    site.wake_ups.waiting.clear()
    for task, key in ((Task.POLL, f"{connection}:suppliers"), (Task.DRAIN, (await site.gateway.connection(connection)).lane)):
        await work(site.gateway, task, key)
    for process in ("articles", "orders"):  # both wait in the lane: the order comes first
        await work(site.gateway, Task.POLL, f"{connection}:{process}")
    await site.work()
    (carpet,) = (call.body for call in site.warehouse.writes(path="/articles") if call.body["articleNumber"] == "TEPPE-1")
    assert carpet["supplierInfo"]["supplierNumber"] == str(weaver)


async def test_a_company_without_a_name_is_skipped_and_its_articles_go_without_it(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    site, office = sqlite_site, office_of_sqlite
    factory, _ = two_suppliers(office)
    office.tenant.change_company(factory, Name=None)
    await active(site, office, **ON)
    found = await run(site)
    assert counts(found) == {"read": 2, "created": 1, "skipped": 1}
    nameless = (await suppliers(site))[str(factory)]
    assert (nameless["transfer"], nameless["reason_code"]) == ("none", "supplier-without-name")
    assert "supplierInfo" not in put(site)["SOKK-1"]


async def test_a_number_that_another_connection_has_is_held(sqlite_site: Site) -> None:
    site = sqlite_site
    other = Identity("12345678-1234-1234-1234-123456789012", "Avdelingen AS", 770002)
    office = SimulatedSevenOffice.open(site.clock, identities=(Identity(), other))
    factory, _ = two_suppliers(office)
    office.office.tenant(other.id).add_company("Et annet firma", Id=factory, Type="Supplier")
    await active(site, office, **ON)
    await run(site)
    second = given(site, office, "avdeling", order_number_prefix="B-", processes={"suppliers": True, "articles": False})
    second["source"] = office.credentials(identity_id=other.id)
    assert (await site.client.post("/connections", json=second)).status_code == 201
    assert (await site.client.post("/connections/avdeling/activate")).status_code == 200
    await run(site)
    listed = (await site.client.get("/mappings", params={"kind": "supplier", "connection": "avdeling"})).json()["items"]
    assert [(each["transfer"], each["reason_code"]) for each in listed] == [("held", "supplier-number-taken")]


async def test_a_supplier_can_be_read_again_and_one_that_is_gone_stays(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice
) -> None:
    site, office = sqlite_site, office_of_sqlite
    factory, _ = two_suppliers(office)
    await active(site, office, **ON)
    await run(site)
    mapping = (await suppliers(site))[str(factory)]["id"]
    for is_gone in (False, True):
        if is_gone:
            office.tenant.delete_company(factory)
        async with site.worker():
            answer = await site.client.post(f"/mappings/{mapping}/resync")
        assert answer.status_code in (200, 202), answer.text
        await site.work()
        assert (await suppliers(site))[str(factory)]["transfer"] == "sent"
    assert len(site.warehouse.writes(path="/articles")) == 4


async def test_an_erp_that_fails_then_costs_time_and_no_article(site: Site, office: SimulatedSevenOffice) -> None:
    factory, _ = two_suppliers(office)
    await active(site, office, **ON)
    await run(site)
    site.tick(120)
    office.tenant.change_company(factory, Name="Ullvarefabrikken Norge AS")
    site.tick(60)
    office.fail("fault", operation="GetProducts")
    await sync(site, "suppliers")
    await site.work()
    assert len(site.warehouse.writes(path="/articles")) == 4
    office.mend()
    site.tick(60)
    await sync(site, "suppliers")
    await site.work()
    assert set(put(site, 4)) == {"SOKK-1", "SOKK-2"}


async def test_one_supplier_with_many_articles_goes_on_where_its_time_was_over(
    sqlite_site: Site, office_of_sqlite: SimulatedSevenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, office = sqlite_site, office_of_sqlite
    factory = office.tenant.add_company("Ullvarefabrikken AS", **FACTORY)["Id"]
    for number in range(25):
        office.product(f"SOKK-{number}", SupplierId=factory)
    connection = await active(site, office, **ON)
    await run(site)
    before = len(site.warehouse.writes(path="/articles"))
    site.tick(120)
    office.tenant.change_company(factory, Name="Ullvarefabrikken Norge AS")
    site.tick(60)
    monkeypatch.setattr(look_again, "AT_A_TIME", 10)
    monkeypatch.setattr(site.gateway.settings, "slice_seconds", 0)
    await work(site.gateway, Task.POLL, f"{connection}:suppliers")
    monkeypatch.setattr(site.gateway.settings, "slice_seconds", 25)
    await sync(site, "suppliers")
    await site.work()
    assert (before, len(site.warehouse.writes(path="/articles"))) == (25, 50)
    assert len(put(site, before)) == 25


# --- how they are read ----------------------------------------------------------------------------------------------------


async def test_of_all_companies_only_suppliers_are_read_in_whole_and_a_lot_at_a_time() -> None:
    bench = open_bench()
    for number in range(300):
        bench.tenant.add_company(f"Kunde {number}")
        bench.tenant.add_company(f"Leverandør {number}", Type="Supplier")
    reader, pages = bench.reader(ids_per_call=100), list[int]()
    cursor: dict[str, Any] | None = None
    async for page in reader.changes(Process.SUPPLIERS, None, None):
        pages.append(len(page.records))
        cursor = page.cursor
    assert pages == [100, 100, 100]
    first, *others = bench.asked("GetCompanies")
    assert set(first["returnProperties"]) == {"Id", "Type"}
    assert [len(each["searchParams"]["CompanyIds"]) for each in others] == [100, 100, 100]
    bench.forget()
    bench.clock.now += timedelta(minutes=15)
    bench.tenant.change_company(bench.tenant.add_company("Ny", Type="Supplier")["Id"], Name="Ny leverandør")
    bench.tenant.add_company("Ny kunde")
    found, _ = await changed(reader, Process.SUPPLIERS, cursor)
    assert [each.body["Name"] for each in found if each.body["Name"].startswith("Ny")] == ["Ny leverandør"]
    (asked,) = bench.asked("GetCompanies")
    assert set(asked["returnProperties"]) == {"Id", "Name", "Addresses", "Type", "DateChanged"}
    assert bench.office.refused() == []


async def test_a_read_by_id_gives_suppliers_only() -> None:
    bench = open_bench()
    factory = bench.tenant.add_company("Ullvarefabrikken AS", Type="Supplier")["Id"]
    customer = bench.tenant.add_company("Fjord Sport AS")["Id"]
    found = await bench.reader().read_many(Process.SUPPLIERS, [str(factory), str(customer), "999999"])
    assert {key: record is not None for key, record in found.items()} == {
        str(factory): True,
        str(customer): False,
        "999999": False,
    }
