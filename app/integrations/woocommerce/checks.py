"""The connection test: a real call with the keys, and its outcome in the user's words."""

from __future__ import annotations

import html
from typing import Any

from app.errors import LoginRefused, Malformed, RemoteError, Unavailable
from app.integrations.protocol import Check, TestReport
from app.integrations.woocommerce.calls import Calls, code_of
from app.integrations.woocommerce.resources import section, text
from app.integrations.woocommerce.settings import VirtualProducts, WooCommerceCredentials, WooCommerceSettings
from app.integrations.woocommerce.webhooks import is_same_shop

_KEYS = "make new keys under WooCommerce → Settings → Advanced → REST API, with the right Read/Write, as an administrator"
_PERMALINKS = "check the shop address, that WooCommerce is switched on, and that Settings → Permalinks is anything but Plain"


class Examination:
    """One run of the test. The first failure ends it: what follows would fail for the same reason."""

    def __init__(self, calls: Calls, settings: WooCommerceSettings, credentials: WooCommerceCredentials) -> None:
        self._calls = calls
        self._settings = settings
        self._credentials = credentials
        self._checks: list[Check] = []
        self._facts: dict[str, Any] = {}

    async def report(self) -> TestReport:
        if await self._can_read("orders") and await self._can_read("products"):
            await self._learn_system()
            await self._learn_units()
            await self._count_virtual()
        return TestReport(tuple(self._checks), self._facts)

    def _say(self, name: str, ok: bool, message: str, fix: str = "") -> None:
        self._checks.append(Check(name, ok, message, fix))

    async def _can_read(self, resource: str) -> bool:
        try:
            await self._calls.listed(resource, [("per_page", "1"), ("orderby", "modified"), ("order", "asc"), ("_fields", "id")])
        except RemoteError as error:
            self._say(resource, False, error.message, await self._fix(error))
            return False
        self._say(resource, True, f"the keys can read {resource}")
        return True

    async def _fix(self, error: RemoteError) -> str:
        if isinstance(error, LoginRefused):
            return _login_fix(error, self._credentials.shop_url.startswith("http://"))
        if isinstance(error, Unavailable):
            return _network_fix(error)
        if isinstance(error, Malformed):
            moved = error.status is not None and 300 <= error.status < 400
            return "take that address as shop_url" if moved else _PERMALINKS
        if code_of(error.answer) == "rest_no_route":
            return await self._version_fix()
        return "WooCommerce 5.8 or later is needed for polling" if "orderby" in error.message else "see the shop's own words"

    async def _version_fix(self) -> str:
        """The index of the REST API is open to all and names what the shop offers."""
        try:
            answer = await self._calls.get(f"{self._credentials.shop_url}wp-json/")
        except RemoteError:
            return _PERMALINKS
        offered = answer.json.get("namespaces") if isinstance(answer.json, dict) else None
        versions = sorted(each for each in offered if str(each).startswith("wc/v")) if isinstance(offered, list) else []
        return f"set rest_version to one of {', '.join(versions)}" if versions else "switch WooCommerce on in the shop"

    async def _learn_system(self) -> None:
        """Version, currency and home address, where the key's user may see them."""
        fields = "environment.version,environment.wp_version,environment.home_url,settings.currency,settings.currency_symbol"
        try:
            found = await self._calls.record("system_status", [("_fields", fields)])
        except RemoteError as error:
            self._say("version", True, f"the version could not be read: {error.message}")
            return
        environment, settings = section(found, "environment"), section(found, "settings")
        self._facts |= {
            "version": text(environment, "version"),
            "wordpress": text(environment, "wp_version"),
            "home_url": text(environment, "home_url"),
            "currency": text(settings, "currency"),
            "currency_symbol": html.unescape(text(settings, "currency_symbol")),
        }
        self._say("version", True, f"WooCommerce {self._facts['version'] or '(unknown)'}")
        self._check_home()

    def _check_home(self) -> None:
        home = self._facts["home_url"]
        if home and not is_same_shop(home, self._settings, self._credentials):
            message = (
                f"the shop calls itself {home}, the connection says {self._credentials.shop_url}: its webhooks would be ignored"
            )
            self._say("home address", False, message, f"take {home} as shop_url, or add it to accepted_sources")

    async def _learn_units(self) -> None:
        """Units of weight and length: the shop's own against the connection's."""
        for fact, said in (("weight_unit", self._settings.weight_unit), ("dimension_unit", self._settings.dimension_unit)):
            try:
                own = text(await self._calls.record(f"settings/products/woocommerce_{fact}"), "value")
            except RemoteError:
                return
            self._facts[fact] = own
            if own != said:
                self._say(fact, False, f"the shop uses {own}, the connection says {said}", f"set {fact} to {own}")

    async def _count_virtual(self) -> None:
        """Requirement: onboarding says so when the shop has virtual products."""
        seen = virtual = 0
        for number in range(1, self._settings.max_virtual_pages + 1):
            params = [("orderby", "id"), ("order", "asc"), ("per_page", "100"), ("page", str(number)), ("_fields", "id,virtual")]
            try:
                found = await self._calls.listed("products", params)
            except RemoteError:
                return
            seen += len(found)
            virtual += sum(each.get("virtual") is True for each in found)
            if len(found) < 100:
                break
        self._facts |= {"products_looked_at": seen, "virtual_products": virtual}
        if virtual:
            becomes = "stock articles" if self._settings.virtual_products is VirtualProducts.STOCK else "non-stock articles"
            self._say(
                "virtual products", True, f"{virtual} of {seen} products are virtual and become {becomes} (virtual_products)"
            )


def _login_fix(error: LoginRefused, signed: bool) -> str:
    said = error.message.lower()
    if "timestamp" in said:
        return "set the clock of the shop or of the gateway: they differ by more than 15 minutes"
    if "signature" in said:
        return "check the consumer secret, and that shop_url is exactly the shop's own home address, with its port"
    if "consumer key" in said or "consumer secret" in said:
        return "check the consumer key and secret for a missing character"
    if code_of(error.answer) == "woocommerce_rest_cannot_view":
        unseen = "" if signed else "; or the web server hides the login from the shop (Authorization header)"
        return f"the key is unknown, or its user has no right to this: {_KEYS}{unseen}"
    return _KEYS


def _network_fix(error: Unavailable) -> str:
    if "GATEWAY_ALLOW_PLAIN_HTTP" in error.message:
        return "use the shop's https address, or set GATEWAY_ALLOW_PLAIN_HTTP=true when it really has none"
    if error.sent:
        return "try again later; if it stays so, ask whoever runs the shop"
    return "check the shop address, and that the shop can be reached from here"
