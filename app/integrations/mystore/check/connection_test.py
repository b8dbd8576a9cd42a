"""The connection test: real calls with the token, and what is wrong in the words of whoever runs the shop."""

from __future__ import annotations

from typing import Any

from app.errors import ConsentEnded, LoginRefused, NoSuchRecord, Refused, RemoteError, Unavailable
from app.http import CERTIFICATE
from app.integrations.kit.side_reads import FINAL_NO
from app.integrations.kit.values.path_parts import part
from app.integrations.mystore.beside import language_of
from app.integrations.mystore.credentials import MystoreCredentials
from app.integrations.mystore.mapping.statuses import Status, one_that_means, statuses_of
from app.integrations.mystore.rest.calls import Calls, is_about_the_token
from app.integrations.mystore.rest.lists import LONG_AGO, changed_since, everything, first, page
from app.integrations.mystore.rest.resources import Resource, resource_id
from app.integrations.mystore.settings import Means, MystoreSettings
from app.integrations.mystore.tokens import shops_of
from app.integrations.protocol import Check, TestReport

CALLS_PER_ORDER = 2
"""Its lines and its total."""
BACKGROUND = 0.75
"""The share of the calls that a sync takes."""
NEW_TOKEN = (
    "have the shop's administrator make a new token at auth.mystore.no, with the rights that the docs list, and give it here"  # noqa: S105 - a sentence
)
CONSENT_AGAIN = "have it allowed again on the gateway's page /oauth/mystore/start; what waits goes on afterwards"
NETWORK = "check api_url, and that the API can be reached from here"


class ConnectionTest:
    """One test of one shop."""

    def __init__(self, calls: Calls, settings: MystoreSettings, credentials: MystoreCredentials) -> None:
        self._calls = calls
        self._settings = settings
        self._credentials = credentials
        self._checks: list[Check] = []
        self._facts: dict[str, Any] = {}
        self._counts: dict[str, int] = {}

    async def report(self) -> TestReport:
        """Never raises RemoteError."""
        try:
            await self._run()
        except RemoteError as error:
            self._add("access", False, error.message, _fix_of(error))
        return TestReport(tuple(self._checks), self._facts)

    async def _run(self) -> None:
        if not await self._is_for_this_shop():
            return
        orders = await self._read("orders", "orders")
        if not self._is_let_in():
            return
        products = await self._read("products", "products")
        if products is not None:
            await self._read("product-variants", "variants")
        if orders:
            await self._read(f"orders/{part(resource_id(orders[0]))}/order-products", "order lines", right="order-products")
        await self._learn_language()
        await self._learn_statuses()
        await self._learn_operator("orders" if orders else "products", orders or products or [])
        await self._learn_webhooks()
        self._say_how_long()

    def _add(self, name: str, ok: bool, message: str, fix: str = "") -> None:
        self._checks.append(Check(name, ok, message, fix))

    def _is_let_in(self) -> bool:
        """Whether the shop took the token at all. What else is wrong can be found out then."""
        return not any(not check.ok and check.name in ("access", "shop") for check in self._checks)

    async def _read(self, path: str, name: str, right: str | None = None) -> list[Resource] | None:
        """Some records of a list; None when it may not be read, which is said."""
        try:
            found = await page(self._calls, path, first(1))
        except LoginRefused as error:
            await self._refused(name, right or path, error)
            return None
        except NoSuchRecord as error:
            fix = "give the shop's short name in mystore, as its administrator sees it at auth.mystore.no"
            self._add("shop", False, f"there is no shop {self._credentials.shop!r}: {error.message}", fix)
            return None
        self._add(name, True, f"the access can read {name}")
        if found.last is not None:
            self._counts[path] = found.last if found.records else 0  # one record a page
        return found.records

    async def _is_for_this_shop(self) -> bool:
        """Whether the token is for the connection's shop, as far as it says."""
        shops = shops_of(await self._calls.token.token())
        if not shops or self._credentials.shop in shops:
            return True
        message = f"the token is for the shop {', '.join(shops)}, the connection says {self._credentials.shop}"
        self._add("shop", False, message, f"take {shops[0]} as shop, or a token of {self._credentials.shop}")
        return False

    async def _refused(self, name: str, right: str, error: LoginRefused) -> None:
        if isinstance(error, ConsentEnded):
            self._add("access", False, error.message, CONSENT_AGAIN)
            return
        if not is_about_the_token(error):
            message = f"the access has no right to {right}: {error.message}"
            self._add(name, False, message, f"tick read:{right} for the token at auth.mystore.no, or authorize the gateway again")
            return
        self._add("access", False, error.message, NEW_TOKEN)

    # what it is

    async def _learn_language(self) -> None:
        try:
            self._facts["language"] = language_of(await self._calls.plain("GET", "settings"))
        except FINAL_NO:
            self._facts["language"] = ""

    async def _learn_statuses(self) -> None:
        """The shop's statuses, and which of them mean what the gateway must know."""
        try:
            listed = await everything(self._calls, "order-status", self._settings.page_size)
        except LoginRefused as error:
            await self._refused("statuses", "order-status", error)
            return
        statuses = statuses_of(listed, self._settings)
        self._facts["statuses"] = [each.plain() for each in statuses]
        needed: list[Means] = ["cancelled"] if self._settings.processes.orders else []
        needed += ["delivered"] if self._settings.processes.shipments else []
        for meaning in needed:
            found = one_that_means(meaning, statuses, self._settings)
            if isinstance(found, Status):
                self._add("statuses", True, f"{meaning}: {found.name} ({found.id})")
            else:
                self._add("statuses", False, found.message, found.fix)

    async def _learn_operator(self, path: str, rows: list[Resource]) -> None:
        """Which spelling of "at or after" the shop understands: one that it misreads gives an empty list."""
        if not rows:
            return
        for operator in (self._settings.filter_op_gte, *self._settings.filter_op_fallbacks):
            try:
                found = await page(self._calls, path, first(1, *changed_since(operator, LONG_AGO)))
            except Refused:
                continue
            if found.records:
                self._facts["filter_op"] = operator
                return
        self._facts["filter_op"] = None
        message = "the shop understands no filter by time: every poll lists everything, and compares it here"
        self._add("filter", True, message, "set filter_op_gte to the shop's word for at or after")

    def _say_how_long(self) -> None:
        """How long a first sync of everything takes, where the shop says how much there is."""
        orders, size = self._counts.get("orders"), self._settings.page_size
        if orders is None:
            return
        articles = sum(self._counts.get(path, 0) for path in ("products", "product-variants"))
        calls = orders * CALLS_PER_ORDER + (orders + articles) / size
        minutes = max(1, round(calls / (self._settings.calls_per_minute * BACKGROUND)))
        self._add(
            "pace",
            True,
            f"the shop has {orders} orders, and {articles} products and variants: reading all of them takes about {minutes} min "
            f"at {self._settings.calls_per_minute} calls a minute, of which a quarter is left to webhooks",
        )

    async def _learn_webhooks(self) -> None:
        if not self._settings.webhooks.managed:
            return
        try:
            await page(self._calls, "webhooks", first(1))
        except FINAL_NO as error:
            self._facts["can_manage_webhooks"] = False
            fix = "make them by hand as docs/connecting-mystore.md says, or give the access rights to webhooks"
            self._add("webhooks", True, f"the gateway cannot make the shop's webhooks: {error.message}", fix)


def _fix_of(error: RemoteError) -> str:
    if isinstance(error, LoginRefused):
        return NEW_TOKEN
    if isinstance(error, Unavailable) and CERTIFICATE in error.message:
        return "if your own authority made the certificate, set GATEWAY_CA_FILE to that authority's PEM file"
    if isinstance(error, Unavailable) and not error.sent:
        return NETWORK
    return "try again later; if it stays so, ask mystore"
