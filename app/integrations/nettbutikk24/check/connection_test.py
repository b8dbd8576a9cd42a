"""The connection test: real calls with the token, and what is wrong in the words of whoever runs the shop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from app.errors import LoginRefused, Refused, RemoteError, Unavailable
from app.http import CERTIFICATE
from app.integrations.nettbutikk24.mapping.members import product_key, shared_keys
from app.integrations.nettbutikk24.rest.calls import REPLACED, Calls
from app.integrations.nettbutikk24.rest.lists import Lists, list_path
from app.integrations.nettbutikk24.rest.values import flag
from app.integrations.nettbutikk24.settings import (
    CANCELLED,
    IN_WORK,
    RECEIVED,
    SENT,
    AuthMode,
    NettbutikkAdapterSettings,
    PathOrder,
)
from app.integrations.protocol import Check, TestReport
from app.json_reading import Body, plain

LOOKED_AT = 100
"""So many orders, and rows of products, are looked at."""
NEW_TOKEN = "copy the token from the shop's administration (/admin/index.php?nr=103) and give it as api_key"  # noqa: S105 - a sentence


class ConnectionTest:
    """One test of one shop."""

    def __init__(self, calls: Calls, lists: Lists, settings: NettbutikkAdapterSettings) -> None:
        self._calls = calls
        self._lists = lists
        self._settings = settings
        self._checks: list[Check] = []
        self._facts: dict[str, Any] = {}

    async def report(self) -> TestReport:
        """Never raises RemoteError."""
        try:
            await self._run()
        except RemoteError as error:
            self._add("access", False, error.message, _fix_of(error))
        return TestReport(tuple(self._checks), self._facts)

    async def _run(self) -> None:
        await self._find_form()
        self._facts["auth_mode"] = self._calls.auth_mode
        self._add("access", True, f"the shop accepts the token ({self._calls.auth_mode})")
        orders = await self._lists.page("orders", LOOKED_AT, 0)
        self._learn_statuses(orders.records)
        products = await self._lists.page("products", LOOKED_AT, 0)
        self._add("products", True, f"products can be read: {len(products.records)} rows looked at")
        self._look_at_ids(products.records)

    def _add(self, name: str, ok: bool, message: str, fix: str = "") -> None:
        self._checks.append(Check(name, ok, message, fix))

    async def _find_form(self) -> None:
        """The form of the token that the shop takes (A1), and whether the first segment is the limit (A5)."""
        async with self._calls.tested():
            try:
                await self._ask_for_one()
            except LoginRefused as refused:
                other: AuthMode = "query" if self._calls.auth_mode == "basic" else "basic"
                before, self._calls.auth_mode = self._calls.auth_mode, other
                try:
                    await self._ask_for_one()
                except LoginRefused:
                    self._calls.auth_mode = before
                    raise refused from None

    async def _ask_for_one(self) -> None:
        """A shop that reads the two the other way round is asked for none: it refuses that, or has seemingly no orders."""
        own = self._settings.path_order
        other: PathOrder = "offset/limit" if own == "limit/offset" else "limit/offset"
        try:
            found = len((await self._lists.page("orders", 1, 0)).records)
        except Refused as refused:
            if refused.status == 400:
                self._add("paging", False, f"asked for one order, {refused.message}", f"set path_order to {other}")
            raise
        if found > 1 or (found == 0 and await self._has_one(other)):
            self._add("paging", False, f"asked for one order, the shop gave {found or 'none'}", f"set path_order to {other}")

    async def _has_one(self, path_order: PathOrder) -> bool:
        asked = self._settings.model_copy(update={"path_order": path_order})
        try:
            rows, _ = await self._calls.rows(list_path(asked, "orders", 1, 0, None))
        except Refused:
            return False
        return bool(rows)

    def _learn_statuses(self, orders: Sequence[Body]) -> None:
        """The words seen, with counts, and what they seem to mean (3.4). Nothing is decided here."""
        counts = Counter(plain(each, "status") for each in orders)
        rests = Counter(plain(each, "status") for each in orders if flag(each, "rest"))
        seen = [{"status": word, "orders": count, "rest": rests[word]} for word, count in counts.most_common() if word]
        self._facts["statuses"] = seen
        words = [str(each["status"]) for each in seen]
        sent = [word for word in words if word.casefold() in SENT]
        proposals: dict[str, Any] = {}
        if found := [word for word in words if word.casefold() in (*RECEIVED, *IN_WORK)]:
            proposals["status_import"] = found
        if cancelled := [word for word in words if word.casefold() in CANCELLED]:
            proposals["status_cancelled"] = cancelled
        if sent:
            proposals["status_sent"] = sent[0]
        if any(rests[word] for word in sent):
            proposals["rest_write"] = "rest_flag"
        self._facts["proposals"] = proposals
        imported = {word.strip().casefold() for word in self._settings.status_import}
        chosen = ", ".join(word for word in (str(each["status"]) for each in seen) if word.casefold() in imported)
        told = f"; their statuses: {_words(seen)}; transferred are: {chosen or 'none of them'}" if seen else ""
        self._add("orders", True, f"orders can be read: {len(orders)} looked at{told}")
        self._name_left_out(seen)
        self._ask_to_confirm(seen, proposals)

    def _name_left_out(self, seen: Sequence[dict[str, Any]]) -> None:
        """Words that no setting knows: a shop may call what is received by a word of its own."""
        settings = self._settings
        known = {each.strip().casefold() for each in (*settings.status_import, *settings.status_cancelled, *settings.sent_words)}
        left_out = ", ".join(f"{each['status']} ({each['orders']})" for each in seen if each["status"].casefold() not in known)
        if left_out:
            fix = "add what is received or in work to status_import, and what is cancelled to status_cancelled"
            self._add("other-statuses", True, f"orders in these statuses are not transferred: {left_out}", fix)

    def _ask_to_confirm(self, seen: Sequence[dict[str, Any]], proposals: dict[str, Any]) -> None:
        """The words that are written must be the shop's own, and a person's choice (A8)."""
        if not self._settings.processes.shipments:
            return
        if self._settings.status_confirmed:
            self._look_for_words([str(each["status"]) for each in seen])
            return
        proposed = ", ".join(f"{name} {value!r}" for name, value in proposals.items() if name not in _READ)
        message = f"nobody has confirmed what the shop's statuses are called; seen in its last orders: {_words(seen) or 'none'}"
        fix = "set status_sent, status_sent_rest and rest_write to the shop's own, and status_confirmed to true"
        fix = f"{fix}; proposed: {proposed}" if proposed else fix
        self._add("statuses", False, message, f"{fix}. Or switch processes.shipments off")

    def _look_for_words(self, seen: Sequence[str]) -> None:
        """A word that no order has may be right: nothing may have been sent with rest yet. It is told, no more."""
        settings = self._settings
        written = [settings.status_sent, *([settings.status_sent_rest] if settings.rest_write != "rest_flag" else [])]
        for word in (each for each in written if seen and each not in seen):
            fix = "write it as the shop does, capitals too, unless the shop has it and no order has had it lately"
            message = f"no order has the status {word!r}, which will be written; seen: {', '.join(seen)}"
            self._add("statuses", True, message, fix)

    def _look_at_ids(self, rows: Sequence[Body]) -> None:
        """Variants without an id of their own cannot be told apart (A7). Articles and orders go on; quantities do not."""
        shared = shared_keys(rows)
        self._facts["needs_check"] = bool(shared)
        if shared:
            first = next(key for each in rows if (key := product_key(each)) in shared)
            message = (
                f"the shop needs a check: its variants have no unique product id of their own, like those of product {first}"
            )
            fix = "have 24Nettbutikk give unique product ids in `flat` lists, or set products_flat; no stock is written before"
            self._add("variants", True, message, fix)


_READ = ("status_import", "status_cancelled")
"""Proposals for what is read; no confirmation of what is written."""


def _words(seen: Sequence[dict[str, Any]]) -> str:
    return ", ".join(f"{each['status']} ({each['orders']}{_with_rest(each['rest'])})" for each in seen)


def _with_rest(count: int) -> str:
    return f", {count} of them with rest" if count else ""


def _fix_of(error: RemoteError) -> str:
    if isinstance(error, LoginRefused):
        return NEW_TOKEN if error.message != REPLACED else f"the shop's people have replaced it: {NEW_TOKEN}"
    if isinstance(error, Unavailable) and CERTIFICATE in error.message:
        return "if your own authority made the certificate, set GATEWAY_CA_FILE to that authority's PEM file"
    if isinstance(error, Unavailable) and not error.sent:
        return "check api_url, and that the shop can be reached from here"
    return "check api_url, like https://SHOP/api/v1/; if it stays so, ask 24Nettbutikk"
