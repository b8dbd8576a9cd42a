"""The connection test: real calls with the keys, and their outcome in the user's words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.errors import LoginRefused, Malformed, Refused, RemoteError
from app.integrations.kit.odd_answers import shows_php
from app.integrations.protocol import Check, TestReport
from app.integrations.woocommerce.check import texts as words
from app.integrations.woocommerce.check.writing import WritingChecks
from app.integrations.woocommerce.legacy.index import LegacyIndex
from app.integrations.woocommerce.rest.calls import MOVED, Calls, code_of
from app.integrations.woocommerce.rest.dialect import Record
from app.integrations.woocommerce.rest.hosts import is_same_shop, place
from app.integrations.woocommerce.rest.versions import NEWEST_FIRST, Version, release_of
from app.integrations.woocommerce.settings import ListBy, Login, RestName, WooCommerceCredentials, WooCommerceSettings
from app.json_reading import Body, section, text, unescaped


class ConnectionTest:
    """One run of the test. It ends at the first thing that cannot be reached or read, because the rest would fail for the same
    reason."""

    def __init__(self, calls: Calls, settings: WooCommerceSettings, credentials: WooCommerceCredentials) -> None:
        self._calls = calls
        self._settings = settings
        self._credentials = credentials
        self._checks: list[Check] = []
        self._facts: dict[str, Any] = {}
        self._index_read: Body | None = None
        self._is_hidden = False
        self._legacy = LegacyIndex(calls, credentials.shop_url)

    async def report(self) -> TestReport:
        """Runs the test. The calls keep what was found: the client goes on with that version."""
        if await self._can_read("orders") and await self._can_read("products"):
            self._facts["rest"] = self._calls.version.name
            self._facts["lists_by_modification"] = self._calls.version.lists_by_modification
            await self._learn_system()
            self._calls.version = replace(self._calls.version, release=release_of(self._facts.get("version")))
            await self._learn_units()
            await WritingChecks(self._calls, self._settings, self._checks, self._facts).run()
        return TestReport(tuple(self._checks), self._facts)

    def _add(self, name: str, ok: bool, message: str, fix: str = "") -> None:
        self._checks.append(Check(name, ok, message, fix))

    # which API, and whether it may be read

    async def _can_read(self, resource: str) -> bool:
        for _ in range(len(NEWEST_FIRST) + 1):
            try:
                await self._calls.listed(resource, self._one_record())
            except RemoteError as error:
                if await self._try_other_version(error):
                    continue
                self._checks.append(await self._failed(resource, error))
                return False
            self._add(resource, True, f"the keys can read {resource}")
            return True
        return False

    def _one_record(self) -> list[tuple[str, str]]:
        by = "modified" if self._calls.version.lists_by_modification else "id"
        return [("per_page", "1"), ("orderby", by), ("order", "asc"), ("_fields", "id")]

    async def _try_other_version(self, error: RemoteError) -> bool:
        """Whether another version of the API, or another way to list, is worth a try."""
        version = self._calls.version
        by_time = version.lists_by_modification and self._settings.list_by is ListBy.AUTO
        if by_time and isinstance(error, Refused) and "orderby" in error.message:
            self._calls.version = replace(version, lists_by_modification=False)
            return True
        if self._settings.rest_version is not None or version.name != "wc/v3" or not _is_unknown_route(error):
            return False
        found = await self._offered()
        if found is not None:
            self._calls.version = Version(found, lists_by_modification=found != "wc/v1")
        return found is not None

    async def _offered(self) -> RestName | None:
        """The newest API that the shop offers instead of wc/v3; None when it says that it has that one."""
        namespaces = await self._namespaces()
        if "wc/v3" in namespaces:
            return None
        found: RestName | None = next((each for each in NEWEST_FIRST[1:] if each in namespaces), None)
        return found or await self._legacy.newest()

    async def _namespaces(self) -> list[str]:
        offered = (await self._index()).get("namespaces")
        return [str(each) for each in offered] if isinstance(offered, list) else []

    async def _index(self) -> Body:
        """The index of the REST API, which is open to all: what the shop offers and calls itself. Empty when there is none."""
        if self._index_read is None:
            try:
                answer = await self._calls.get(f"{self._credentials.shop_url}wp-json/")
            except RemoteError:
                return {}
            self._index_read = answer.json if isinstance(answer.json, dict) and "namespaces" in answer.json else {}
        return self._index_read

    # what is wrong

    async def _failed(self, resource: str, error: RemoteError) -> Check:
        if mixed_up := self._mixed_up():
            return Check(resource, False, mixed_up, words.SWAP)
        if words.is_blocked(error):
            message = f"the shop's REST API is blocked before WooCommerce sees the call: {error.message}"
            return Check(resource, False, message, words.blocked_fix(error))
        if isinstance(error, Malformed) and await self._has_plain_permalinks(error):
            return Check(resource, False, "the shop has plain permalinks, with which its REST API has no address", words.PLAIN)
        if self._legacy.is_switched_off(error):
            return Check(resource, False, "the shop's REST API is switched off", words.LEGACY_OFF)
        if code_of(error.answer) == "rest_no_route":
            return Check(resource, False, error.message, await self._version_fix())
        if isinstance(error, LoginRefused) and (home := await self._other_home()):
            message = f"the shop calls itself {home}, the connection says {self._credentials.shop_url}: {error.message}"
            return Check(resource, False, message, f"take {home} as shop_url")
        if isinstance(error, LoginRefused) and (login := await self._other_login()):
            message = f"the shop takes the keys with login = {login.value}, and not with {self._settings.login.value}"
            return Check(resource, False, message, f"set login to {login.value}")
        fix = words.fix_of(error, self._credentials.shop_url.startswith("http://"))
        if fix == words.PERMALINKS and (self._is_hidden or any(each.startswith("wc/") for each in await self._namespaces())):
            if shows_php(error.answer or ""):
                return Check(resource, False, error.message, words.PHP)
            fix = f"the REST API is there, and {error.call} is answered by something else: {words.LET_THROUGH}"
        return Check(resource, False, error.message, fix)

    def _mixed_up(self) -> str | None:
        key, secret = self._credentials.consumer_key, self._credentials.consumer_secret.get_secret_value()
        wrong = (key.startswith("cs_"), secret.startswith("ck_"))
        return {
            (True, True): "the consumer key and the consumer secret are swapped",
            (True, False): "the consumer key begins with cs_, as a secret does",
            (False, True): "the consumer secret begins with ck_, as a key does",
        }.get(wrong)

    async def _has_plain_permalinks(self, error: Malformed) -> bool:
        """With plain permalinks the API answers at `?rest_route=` only. With all others it does so too, and its answers name
        `/wp-json/` as its address (observed on 10.5.0)."""
        if error.status is None or not (error.status in (200, 404) or 300 <= error.status < 400):
            return False
        if MOVED in error.message or "wp-json" not in error.call or await self._index():
            return False
        try:
            answer = await self._calls.get(self._credentials.shop_url, [("rest_route", "/")])
        except RemoteError:
            return False
        is_there = isinstance(answer.json, dict) and "namespaces" in answer.json
        self._is_hidden = is_there and "/wp-json/>" in answer.headers.get("Link", "")
        return is_there and not self._is_hidden

    async def _other_home(self) -> str | None:
        """The address that the shop gives itself in its index, if it differs: where it is https by now, or has moved."""
        home = text(await self._index(), "home").rstrip("/")
        mine = self._credentials.shop_url.rstrip("/")
        moved = home and (place(home) != place(mine) or (home.startswith("https://") and mine.startswith("http://")))
        return f"{home}/" if moved else None

    async def _version_fix(self) -> str:
        versions = sorted(each for each in await self._namespaces() if each in NEWEST_FIRST)
        return f"set rest_version to one of {', '.join(versions)}" if versions else "switch WooCommerce on in the shop"

    async def _other_login(self) -> Login | None:
        """Another login that works, over https. A proxy may make the shop believe it is on http, or a server may hide the
        Authorization header."""
        if self._settings.login is not Login.AUTO or not self._credentials.shop_url.startswith("https://"):
            return None
        for login in (Login.OAUTH, Login.QUERY):
            try:
                await self._calls.with_login(login).listed("orders", self._one_record())
            except RemoteError:
                continue
            return login
        return None

    # what it is

    async def _learn_system(self) -> None:
        """Version, currency and home address, where the key's user may see them."""
        if not self._calls.dialect.has_settings:
            self._facts |= await self._legacy.facts()
        else:
            found = await self._system_status()
            if found is None:
                self._facts |= {"home_url": home} if (home := text(await self._index(), "home")) else {}
                self._check_home()
                return
            environment, settings = section(found, "environment"), section(found, "settings")
            self._facts |= {
                "version": text(environment, "version"),
                "wordpress": text(environment, "wp_version"),
                "home_url": text(environment, "home_url"),
                "currency": text(settings, "currency"),
                "currency_symbol": unescaped(text(settings, "currency_symbol")),
            }
        self._add("version", True, f"WooCommerce {self._facts.get('version') or '(unknown)'}, {self._calls.version.name}")
        self._check_home()

    async def _system_status(self) -> Record | None:
        fields = "environment.version,environment.wp_version,environment.home_url,settings.currency,settings.currency_symbol"
        try:
            return await self._calls.record("system_status", [("_fields", fields)])
        except RemoteError as error:
            self._add("version", True, f"the version could not be read: {error.message}")
            return None

    def _check_home(self) -> None:
        home = self._facts.get("home_url")
        if home and not is_same_shop(home, self._settings, self._credentials, self._facts):
            message = (
                f"the shop calls itself {home}, the connection says {self._credentials.shop_url}: its webhooks would be ignored"
            )
            self._add("home address", False, message, f"take {home} as shop_url, or add it to accepted_sources")

    async def _learn_units(self) -> None:
        """Units of weight and length: the shop's own against the connection's."""
        for fact, said in (("weight_unit", self._settings.weight_unit), ("dimension_unit", self._settings.dimension_unit)):
            if fact not in self._facts and not await self._learn_setting(fact):
                return
            if self._facts[fact] != said:
                message = f"the shop uses {self._facts[fact]}, the connection says {said}"
                self._add(fact, False, message, f"set {fact} to {self._facts[fact]}")

    async def _learn_setting(self, fact: str) -> bool:
        if not self._calls.dialect.has_settings:
            return False
        try:
            self._facts[fact] = text(await self._calls.record(f"settings/products/woocommerce_{fact}"), "value")
        except RemoteError:
            return False
        return True


def _is_unknown_route(error: RemoteError) -> bool:
    """No such version of the API, or no REST API at all (WordPress before 4.4, or none at this address)."""
    return code_of(error.answer) == "rest_no_route" or (isinstance(error, Malformed) and error.status == 404)
