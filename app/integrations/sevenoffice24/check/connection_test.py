"""The connection test: real calls with the credentials, and what is wrong in the words of whoever keeps the books."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.clock import Clock
from app.errors import LoginRefused, Malformed, Paced, RemoteError, Unavailable
from app.http import CERTIFICATE
from app.integrations.protocol import Check, TestReport
from app.integrations.sevenoffice24.check.identities import Identities
from app.integrations.sevenoffice24.credentials import SevenOfficeCredentials
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.integrations.sevenoffice24.soap.calls import Calls
from app.integrations.sevenoffice24.soap.failures import BlockedIdentity, NoRight, UnknownApplication, WrongPassword
from app.integrations.sevenoffice24.soap.operations import LONG_AGO, Record, Soap, identities_of
from app.integrations.sevenoffice24.soap.sessions import Sessions

LOOKED_BACK = timedelta(days=7)
"""How old the changes are that are looked at, of orders and companies."""
AHEAD = timedelta(minutes=50)
"""A newest change that lies further ahead of our clock is in another time zone than the one that is set (requirement)."""
ZONES = ("UTC", "Europe/Oslo", "Europe/Helsinki")
"""Upstream, 1.6: those that the ERP's dates may be in."""
SHOWN = 5

NAMES = {WrongPassword: "password", UnknownApplication: "application", BlockedIdentity: "identity"}
"""What a refused login is about, in the words that people look for."""
FIXES = {
    WrongPassword: "check username and password: log in to 24SevenOffice with them, as the API user",
    UnknownApplication: "check application_id, which 24SevenOffice gives the integration (apisupport@24sevenoffice.com)",
    BlockedIdentity: "have the identity opened for the API user in 24SevenOffice, or give another identity_id",
}


class ConnectionTest:
    """One test of one company. It logs in by itself: another process's session would prove nothing of the password."""

    def __init__(
        self, calls: Calls, credentials: SevenOfficeCredentials, settings: SevenOfficeAdapterSettings, clock: Clock
    ) -> None:
        self._calls = calls
        self._credentials = credentials
        self._settings = settings
        self._clock = clock
        self._soap = Soap(calls, Sessions(calls, credentials, None, clock))
        self._checks: list[Check] = []
        self._facts: dict[str, Any] = {}
        self._changes: list[datetime] = []

    async def report(self) -> TestReport:
        """Never raises RemoteError."""
        try:
            await self._run()
        except LoginRefused as error:
            await self._say_refused(error)
        except RemoteError as error:
            self._add("access", False, error.message, _fix_of(error, self._clock()))
        return TestReport(tuple(self._checks), self._facts)

    async def _run(self) -> None:
        identities = Identities(await self._soap.get_identities())
        self._add("login", True, "24SevenOffice accepts the application, the user and the password")
        self._facts["identities"] = identities.plain()
        check = identities.check(self._credentials.identity_id)
        self._checks.append(check)
        if not check.ok:
            return
        await self._look_at_products()
        await self._look_at_changes()
        await self._learn_delivery_methods()
        self._look_at_the_zone()

    def _add(self, name: str, ok: bool, message: str, fix: str = "") -> None:
        self._checks.append(Check(name, ok, message, fix))

    async def _say_refused(self, error: LoginRefused) -> None:
        fix = FIXES.get(type(error), "check api_url, and ask 24SevenOffice")
        if isinstance(error, BlockedIdentity) and (others := await self._other_identities()):
            fix = f"{fix}: {others}"
        self._add(NAMES.get(type(error), "access"), False, error.message, fix)

    async def _other_identities(self) -> str:
        """Those that the user may choose instead, by name; empty when 24SevenOffice does not tell."""
        try:
            found = Identities(await identities_of(self._calls, self._credentials))
        except RemoteError:
            return ""
        self._facts["identities"] = found.plain()
        return found.choices(without=self._credentials.identity_id)

    # rights, and what is read with them

    async def _read(self, name: str, read: Awaitable[list[Record]]) -> list[Record] | None:
        """What a read gives; None when it may not be made, which is said."""
        try:
            found = await read
        except NoRight as error:
            fix = f"give the API user the right to read {name} in 24SevenOffice"
            self._add(name, False, error.message, fix)
            return None
        moments = (each.get("DateChanged") for each in found)
        self._changes += [each for each in moments if isinstance(each, datetime)]
        return found

    async def _look_at_products(self) -> None:
        properties, is_whole = ("Id", "No", "DateChanged"), True
        try:
            found = await self._read("products", self._soap.get_products({"DateChanged": LONG_AGO}, properties))
        except (Unavailable, Malformed):
            # A list that is too long says nothing of the access.
            is_whole, since = False, self._clock() - LOOKED_BACK
            found = await self._read("products", self._soap.get_products({"DateChanged": since}, properties))
        if found is None:
            return
        of_what = "" if is_whole else f" that were changed in {LOOKED_BACK.days} days"
        self._add("products", True, f"products can be read: {len(found)} products{of_what}")
        without = [each["Id"] for each in found if each.get("Id") and not str(each.get("No") or "").strip()]
        self._facts["products_without_number"] = len(without)
        if without:
            await self._name_those_without_number(without)

    async def _name_those_without_number(self, ids: list[int]) -> None:
        first = await self._soap.get_products({"ProductIds": ids[:SHOWN]}, ("Id", "Name"))
        names = ", ".join(f"{each.get('Name') or '(no name)'} ({each['Id']})" for each in first if each.get("Id"))
        more = " …" if len(ids) > SHOWN else ""
        message = f"{len(ids)} products have no product number: {names}{more}"
        fallback = self._settings.article_number_fallback
        if fallback is not None:
            self._add("product numbers", True, f"{message}. They are sent as {fallback}")
            return
        fix = "give them a number in 24SevenOffice, or set article_number_fallback; they are left out until then"
        self._add("product numbers", True, message, fix)

    async def _look_at_changes(self) -> None:
        since = self._clock() - LOOKED_BACK
        search = {"ChangedAfter": since, "OrderStates": list(self._settings.transferred_states)}
        orders = await self._read("orders", self._soap.get_invoices(search, ("OrderId", "DateChanged")))
        if orders is not None:
            states = ", ".join(self._settings.transferred_states)
            self._add("orders", True, f"orders can be read: {len(orders)} in {states} changed in {LOOKED_BACK.days} days")
        companies = await self._read("companies", self._soap.get_companies({"ChangedAfter": since}, ("Id", "DateChanged")))
        if companies is not None:
            self._add("companies", True, f"companies can be read: {len(companies)} changed in {LOOKED_BACK.days} days")

    async def _learn_delivery_methods(self) -> None:
        found = await self._read("delivery methods", self._soap.get_delivery_methods())
        if found is None:
            return
        methods = [{"id": str(each["Id"]), "name": str(each.get("Description") or "")} for each in found if each.get("Id")]
        self._facts["delivery_methods"] = methods
        listed = ", ".join(f"{each['name']} ({each['id']})" for each in methods)
        self._add("delivery methods", True, f"{len(methods)} delivery methods{': ' if methods else ''}{listed}")
        known = {word for each in methods for word in each.values()}
        for setting, words in (
            ("pick_up_methods", self._settings.pick_up_methods),
            ("transporters", self._settings.transporters),
            ("transporter_rules", [rule.method for rule in self._settings.transporter_rules if "*" not in rule.method]),
        ):
            unknown = [word for word in words if word not in known]
            if unknown:
                message = f"{setting} names what is no delivery method there: {', '.join(unknown)}"
                self._add("delivery methods", True, message, "write the method's id or name as 24SevenOffice does")

    # the time zone

    def _look_at_the_zone(self) -> None:
        """An old change proves nothing: only one that lies ahead of our clock does."""
        now, zone = self._clock(), self._settings.time_zone
        newest = max((_in_zone(each, zone) for each in self._changes), default=None)
        if newest is None:
            return
        self._facts["newest_change"] = newest.isoformat()
        if newest - now <= AHEAD:
            said = f"the newest change is of {newest:%Y-%m-%d %H:%M} UTC, with dates read in the time zone {zone}"
            self._add("time zone", True, said)
            return
        ahead = round((newest - now).total_seconds() / 60)
        message = f"the newest change lies {ahead} minutes ahead of our clock, with dates read in the time zone {zone}"
        fits = [each for each in ZONES if all(_in_zone(moment, each) - now <= AHEAD for moment in self._changes)]
        fix = f"set time_zone to the ERP's: {' or '.join(fits)} would fit" if fits else "check the clocks of both sides"
        self._add("time zone", True, message, fix)


def _in_zone(moment: datetime, zone: str) -> datetime:
    """In UTC; one without a zone is meant in this one."""
    return (moment.replace(tzinfo=ZoneInfo(zone)) if moment.tzinfo is None else moment).astimezone(UTC)


def _fix_of(error: RemoteError, now: datetime) -> str:
    if isinstance(error, Paced):
        return f"try again at {now + timedelta(seconds=error.retry_after):%H:%M} UTC"
    if isinstance(error, Unavailable) and CERTIFICATE in error.message:
        return "if your own authority made the certificate, set GATEWAY_CA_FILE to that authority's PEM file"
    if isinstance(error, Unavailable) and not error.sent:
        return "check api_url, and that the API can be reached from here"
    return "try again later; if it stays so, check api_url and ask 24SevenOffice"
