"""What a connection test found, in the words of whoever typed the credentials in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from app.errors import LockedOut, LoginRefused, Malformed, RateLimited, Refused, RemoteError, Unavailable
from app.warehouse.credentials import OngoingCredentials
from app.warehouse.reads.resources import OrderStatus
from app.warehouse.settings import OngoingSettings


@dataclass(frozen=True)
class Check:
    """One finding. `name` is stable: address, login, order-statuses, goods-owner.

    `error` is that of the call, if it failed, and `asked` what the call was to find out: login or goods-owner.
    """

    name: str
    ok: bool
    message: str
    fix: str = ""
    asked: str = field(default="", compare=False)
    error: RemoteError | None = field(default=None, compare=False)


def explain_connection(error: RemoteError | None, credentials: OngoingCredentials) -> Check:
    """The first call, which needs no goods owner: is it the right place, and are we let in."""
    host = urlsplit(credentials.url).hostname
    address_fix = f"compare the address {credentials.url} with the one the warehouse gave you"
    match error:
        case None:
            return Check("login", True, f"{host} accepts the user {credentials.user}")
        case LoginRefused():
            return Check(
                "login",
                False,
                f"the warehouse does not accept the user {credentials.user} with this password",
                "ask the warehouse's administrator for an API user; the login of its web pages may not be one",
            )
        case Unavailable(sent=False):
            return Check("address", False, error.message, address_fix)
        case Malformed() | Refused():
            return Check("address", False, f"what answers at {credentials.url} is not the REST API of a warehouse", address_fix)
        case _:
            return _for_now("login", error)


def explain_goods_owner(outcome: RemoteError | frozenset[int], credentials: OngoingCredentials) -> Check:
    """The second call, which names the goods owner; `outcome` is what went wrong or the goods owners it showed."""
    ours = credentials.goods_owner_id
    wrong = f"the user {credentials.user} has no goods owner {ours}"
    fix = "ask the warehouse for the goods owner's number, and whether the API user may reach it"
    match outcome:
        case LoginRefused() | Refused():
            return Check("goods-owner", False, wrong, fix)
        case RemoteError():
            return _for_now("goods-owner", outcome)
        case _ if outcome and outcome != {ours}:
            return Check("goods-owner", False, f"{wrong}: the warehouse answered for {', '.join(map(str, sorted(outcome)))}", fix)
        case _ if not outcome:
            return Check("goods-owner", True, f"the warehouse answers for goods owner {ours}; it has no articles yet")
        case _:
            return Check("goods-owner", True, f"the warehouse answers for goods owner {ours}")


def explain_statuses(statuses: Sequence[OrderStatus], settings: OngoingSettings) -> Check:
    """Each warehouse may renumber its statuses; the one for "cancelled" has to be met exactly."""
    listed = ", ".join(f"{status.number} {status.text}".strip() for status in statuses)
    if all(status.number != settings.cancelled_status for status in statuses):
        return Check(
            "order-statuses",
            False,
            f"the warehouse has no order status {settings.cancelled_status}, only {listed or 'none'}",
            "set warehouse.cancelled_status, and look at the other status numbers there too",
        )
    return Check("order-statuses", True, f"the warehouse's order statuses are {listed}")


def _for_now(name: str, error: RemoteError) -> Check:
    if isinstance(error, LockedOut):
        return Check(name, False, f"{error.message}.", "wait until then: every failed call before that makes it longer")
    if isinstance(error, RateLimited):
        return Check(
            name, False, "the warehouse has had too many calls from this user for now (429)", "try again in some minutes"
        )
    return Check(name, False, error.message, "try again; if it stays so, ask the warehouse")
