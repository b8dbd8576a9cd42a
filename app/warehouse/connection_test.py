"""What a connection test found, in the words of whoever typed the credentials in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from app.errors import LockedOut, LoginRefused, Malformed, RateLimited, Refused, RemoteError, Unavailable
from app.warehouse.credentials import OngoingCredentials
from app.warehouse.reads.resources import OrderStatus
from app.warehouse.settings import OngoingSettings


@dataclass(frozen=True)
class Check:
    """One finding. `name` is stable: address, login, order-statuses, goods-owner, warehouses.

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


MEANINGS = {
    "shipped_statuses": "sent",
    "pickup_statuses": "ready for pick-up",
    "partly_shipped_statuses": "sent in part",
    "returned_statuses": "a return",
    "cancelled_statuses": "cancelled",
}
"""What the sets of `STATUS_SETS` mean."""


def explain_statuses(statuses: Sequence[OrderStatus], settings: OngoingSettings) -> Check:
    """Each warehouse may renumber its statuses: what each set of the settings has of them, in the warehouse's own words.

    A number that it does not list is told; a set that must have one, and has none that is listed, is a fault.
    """
    words = {status.number: f"{status.number} {status.text}".strip() for status in statuses}
    listed = ", ".join(words.values())
    message = f"the warehouse's order statuses are {listed}. {_meanings(words, settings)}"
    for name in ("cancelled_statuses", "shipped_statuses"):
        numbers = getattr(settings, name)
        if not any(number in words for number in numbers):
            spelled = ", ".join(map(str, numbers))
            return Check(
                "order-statuses",
                False,
                f"the warehouse has no order status {spelled}, only {listed or 'none'}",
                f"set warehouse.{name}, and look at the other sets of status numbers there too",
            )
    also, chosen = _unlisted(words, settings)
    fix = "; ".join(each for each in (chosen, _unknown(words, settings)) if each)
    return Check("order-statuses", True, message + also, fix)


def _meanings(words: Mapping[int, str], settings: OngoingSettings) -> str:
    found = {name: [words[number] for number in getattr(settings, name) if number in words] for name in MEANINGS}
    return "; ".join(f"{MEANINGS[name]}: {', '.join(each)}" for name, each in found.items() if each)


def _unlisted(words: Mapping[int, str], settings: OngoingSettings) -> tuple[str, str]:
    """What is said of numbers that the warehouse has not: of the usual ones, and of those that somebody has set."""
    usual, chosen, defaults = [], [], OngoingSettings()
    for name in MEANINGS:
        for number in getattr(settings, name):
            if number not in words and number in getattr(defaults, name):
                usual.append(str(number))
            elif number not in words:
                chosen.append(f"{number} (warehouse.{name})")
    also = f". It has no {', '.join(usual)}, which changes nothing" if usual else ""
    return also, f"the warehouse does not list {', '.join(chosen)}: correct the number, or take it out" if chosen else ""


def _unknown(words: Mapping[int, str], settings: OngoingSettings) -> str:
    """Numbers beyond the first that means sent, in no set: they count as work in progress."""
    known = {number for name in MEANINGS for number in getattr(settings, name)}
    last = min(settings.shipped_statuses)
    found = [text for number, text in words.items() if number > last and number not in known]
    return (
        f"{', '.join(found)} is in no set and counts as work in progress: put it into the one that it belongs to" if found else ""
    )


def _for_now(name: str, error: RemoteError) -> Check:
    if isinstance(error, LockedOut):
        return Check(name, False, f"{error.message}.", "wait until then: every failed call before that makes it longer")
    if isinstance(error, RateLimited):
        return Check(
            name, False, "the warehouse has had too many calls from this user for now (429)", "try again in some minutes"
        )
    return Check(name, False, error.message, "try again; if it stays so, ask the warehouse")
