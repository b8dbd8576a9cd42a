"""The connection test against a simulated 24SevenOffice: what it finds, in words that people look for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.http import account_client
from app.integrations.protocol import Check, TestReport
from app.integrations.sevenoffice24.check.connection_test import ConnectionTest
from app.integrations.sevenoffice24.credentials import SevenOfficeCredentials
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.integrations.sevenoffice24.soap.calls import Calls
from app.sandbox.sevenoffice24 import Office, SevenOfficeConfig, create_sevenoffice
from app.sandbox.sevenoffice24.config import Identity

URL = "http://office.test"
FIRST = Identity()
SECOND = Identity("88888888-7777-6666-5555-444444444444", "Fjellvare AS", 770002)


@dataclass
class Bench:
    """A simulated office, the clock of both sides, and the test of a connection to it."""

    now: datetime = datetime(2026, 11, 21, 8, 12, tzinfo=UTC)
    config: SevenOfficeConfig = field(default_factory=SevenOfficeConfig)

    def __post_init__(self) -> None:
        app = create_sevenoffice(self.config, lambda: self.now)
        self.office: Office = app.state.office
        self._transport = httpx.ASGITransport(app)

    async def report(self, source: dict[str, Any] | None = None, **settings: Any) -> TestReport:
        right = {"application_id": self.config.application_id, "username": self.config.username, "password": "s3cret"}
        credentials = SevenOfficeCredentials.model_validate({**right, "api_url": URL, **(source or {})})
        calls = Calls(URL, account_client(self._transport), lambda: self.now, 30)
        chosen = SevenOfficeAdapterSettings.model_validate(settings)
        return await ConnectionTest(calls, credentials, chosen, lambda: self.now).report()

    async def checks(self, source: dict[str, Any] | None = None, **settings: Any) -> dict[str, Check]:
        return {each.name: each for each in (await self.report(source, **settings)).checks}


def bench(**config: Any) -> Bench:
    return Bench(config=SevenOfficeConfig(**config))


async def test_all_is_well() -> None:
    it = bench()
    it.office.tenant().add_product("WS-42")
    it.office.tenant().place_order([{"No": "WS-42", "Quantity": 1}])
    report = await it.report()
    assert report.ok, report.checks
    assert [each.name for each in report.checks] == [
        "login",
        "identity",
        "products",
        "orders",
        "companies",
        "delivery methods",
        "time zone",
    ]
    assert not [each for each in report.checks if each.fix]
    assert "Ullvare Engros AS" in report.checks[1].message
    assert report.facts["identities"] == [{"id": FIRST.id, "name": "Ullvare Engros AS", "usable": True}]
    assert report.facts["products_without_number"] == 0
    assert it.office.refused("request") == []


@pytest.mark.parametrize("bad_login", ["empty", "absent"])
async def test_a_wrong_password(bad_login: str) -> None:
    report = await bench(bad_login=bad_login).report({"password": "wrong"})
    [check] = report.checks
    assert (check.name, check.ok) == ("password", False)
    assert "password" in check.message
    assert check.fix


async def test_an_unknown_application() -> None:
    [check] = (await bench().report({"application_id": "00000000-1111-2222-3333-444444444444"})).checks
    assert (check.name, check.ok) == ("application", False)
    assert "application id" in check.message
    assert "application_id" in check.fix


async def test_a_blocked_identity_names_the_others() -> None:
    blocked = Identity(FIRST.id, FIRST.client, FIRST.client_id, is_blocked=True)
    report = await bench(identities=(blocked, SECOND)).report({"identity_id": FIRST.id})
    [check] = report.checks
    assert (check.name, check.ok) == ("identity", False)
    assert f"Fjellvare AS ({SECOND.id})" in check.fix
    assert "Ullvare" not in check.fix
    assert [each["name"] for each in report.facts["identities"]] == ["Ullvare Engros AS", "Fjellvare AS"]


async def test_an_identity_that_the_user_has_not() -> None:
    [check] = (await bench(identities=(FIRST, SECOND)).report({"identity_id": "12345678-1234-1234-1234-123456789012"})).checks
    assert (check.name, check.ok) == ("identity", False)
    assert f"Ullvare Engros AS ({FIRST.id}), Fjellvare AS ({SECOND.id})" in check.fix


async def test_of_several_identities_the_default_one_is_used_and_the_others_are_named() -> None:
    check = (await bench(identities=(FIRST, SECOND)).checks())["identity"]
    assert check.ok
    assert check.message == "the gateway works in the identity Ullvare Engros AS, the user's default"
    assert check.fix == f"for another, give the id of the company as identity_id: Fjellvare AS ({SECOND.id})"
    chosen = (await bench(identities=(FIRST, SECOND)).checks({"identity_id": SECOND.id}))["identity"]
    assert (chosen.ok, chosen.message, chosen.fix) == (True, "the gateway works in the identity Fjellvare AS", "")


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("GetProducts", "products"),
        ("GetInvoices", "orders"),
        ("GetCompanies", "companies"),
        ("GetDeliveryMethods", "delivery methods"),
    ],
)
async def test_a_right_that_is_missing_is_named_and_the_rest_is_looked_at(operation: str, name: str) -> None:
    checks = await bench(denied=(operation,)).checks()
    assert {each.name for each in checks.values() if not each.ok} == {name}
    assert checks[name].message == f"24SevenOffice gives the user no right to {operation}"
    assert name in checks[name].fix


async def test_products_without_number_are_named() -> None:
    it = bench()
    tenant = it.office.tenant()
    numbers = ["A", None, None]
    made = [tenant.add_product(no, f"Vare {index}")["Id"] for index, no in enumerate(numbers)]
    checks = await it.checks()
    check = checks["product numbers"]
    assert check.ok
    assert check.message == f"2 products have no product number: Vare 1 ({made[1]}), Vare 2 ({made[2]})"
    assert "article_number_fallback" in check.fix
    with_fallback = (await it.checks(article_number_fallback="24SO-{id}"))["product numbers"]
    assert with_fallback.fix == ""
    assert "24SO-{id}" in with_fallback.message


# the time zone


async def test_a_change_ahead_of_our_clock_is_in_another_time_zone() -> None:
    it = bench(time_zone="Europe/Oslo")
    it.office.tenant().add_product("A")
    check = (await it.checks())["time zone"]
    assert check.ok, "it warns"
    assert "60 minutes ahead" in check.message
    assert check.fix == "set time_zone to the ERP's: Europe/Oslo or Europe/Helsinki would fit"
    assert (await it.checks(time_zone="Europe/Oslo"))["time zone"].fix == ""


async def test_an_old_change_proves_nothing() -> None:
    it = bench(time_zone="Europe/Oslo")
    it.office.tenant().add_product("A")
    it.now += timedelta(hours=5)
    assert (await it.checks())["time zone"].fix == ""


@pytest.mark.parametrize(("minutes", "warns"), [(50, False), (51, True)])
async def test_it_warns_from_50_minutes(minutes: int, warns: bool) -> None:
    it = bench(date_form="utc")
    it.now += timedelta(minutes=minutes)
    it.office.tenant().add_product("A")
    it.now -= timedelta(minutes=minutes)
    assert bool((await it.checks())["time zone"].fix) is warns


async def test_without_any_record_nothing_is_said_of_the_time_zone() -> None:
    assert "time zone" not in await bench().checks()


# delivery methods


async def test_delivery_methods_are_listed_and_unknown_ones_in_the_settings_named() -> None:
    it = bench()
    report = await it.report(pick_up_methods=["Hentes i butikk, men et annet sted"])
    methods = report.facts["delivery_methods"]
    assert methods
    listed, unknown = (each for each in report.checks if each.name == "delivery methods")
    assert all(f"{each['name']} ({each['id']})" in listed.message for each in methods)
    assert unknown.ok
    assert "Hentes i butikk, men et annet sted" in unknown.message
    known = await it.report(pick_up_methods=[methods[0]["name"], methods[-1]["id"]])
    assert len([each for each in known.checks if each.name == "delivery methods"]) == 1


# what else may be


async def test_an_address_that_is_nobodys() -> None:
    def page(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Type": "text/html"}, text="<html>Welcome</html>")

    it = bench()
    it._transport = httpx.MockTransport(page)  # type: ignore[assignment]
    [check] = (await it.report()).checks
    assert (check.name, check.ok) == ("access", False)
    assert "api_url" in check.message
    assert "Welcome" not in check.message


async def test_the_quarantine_says_when_to_try_again() -> None:
    it = bench(hourly_limit=0)
    [check] = (await it.report()).checks
    assert (check.name, check.ok) == ("access", False)
    assert "UTC" in check.fix
    assert "Quarantine" not in check.message
