"""What an answer that is no result means. The vendor's own words go to the technical log, and to nobody else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from app.errors import LoginRefused, Malformed, Paced, Refused, RemoteError, Unavailable
from app.http import MOST_APART, http_date, retry_after_seconds
from app.integrations.sevenoffice24.soap.documents import Fault

SYSTEM = "24SevenOffice"
MOST_REST_SECONDS = 7200.0
"""Longest rest that an answer can ask for: the limit is one by the hour, and its clock need not be ours."""
MARGIN_SECONDS = 1.0
"""Waited beyond the moment that 24SevenOffice names, which it gives in whole seconds."""
SHORT_PAUSE_SECONDS = 30.0
"""After an answer that wants fewer calls and names no time: a burst is over in seconds, and what waits goes on soon."""
NO_CALL_LEFT_SECONDS = 60.0
"""After an answer that says that no call is left, and not until when."""
_QUARANTINE = re.compile(r"limit exceeded.*?quarantine ends at\s*([^<\n\r]*)", re.IGNORECASE | re.DOTALL)
_STOP = re.compile(r"limit exceeded|too many requests", re.IGNORECASE)
_CLOSED = ("block", "disabl", "lock", "not active", "inactive", "denied")
_NO_RIGHT = ("no access", "access denied", "access is denied", "permission", "not authorized", "unauthorized", "privilege")
_MOMENTS = (
    "%m/%d/%Y %I:%M:%S %p",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H.%M.%S",
    "%d/%m/%Y %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%H:%M:%S",
)


class NotAuthenticated(LoginRefused):
    """The session is not, or no longer, good: the call was not carried out."""


class WrongPassword(LoginRefused):
    """24SevenOffice does not know this user with this password."""


class UnknownApplication(LoginRefused):
    """24SevenOffice does not know the application id."""


class BlockedIdentity(LoginRefused):
    """The user may not work in this identity."""


class NoRight(LoginRefused):
    """The user has no right to this operation."""


class Faulted(Unavailable):
    """The server answered with a fault that says nothing we know."""


def sort_fault(fault: Fault, *, call: str, status: int, now: datetime) -> RemoteError:
    """The error that a fault stands for."""
    said = fault.text.casefold()
    if call != "Login" and ("not authenticated" in said or "authenticate.asmx" in said):
        return NotAuthenticated("the session with 24SevenOffice has ended", system=SYSTEM, call=call, status=status)
    if (limit := limit_in(fault.text, now)) is not None:
        return too_many(call, limit)
    if "application" in said and ("regist" in said or "valid" in said or "unknown" in said or "not found" in said):
        message = "24SevenOffice does not know the application id"
        return UnknownApplication(message, system=SYSTEM, call=call, status=status)
    if "identity" in said and (call == "Login" or any(word in said for word in _CLOSED)):
        message = "24SevenOffice does not let the user into the identity (company): it is blocked, or not one of the user's"
        return BlockedIdentity(message, system=SYSTEM, call=call, status=status)
    if call == "Login" and any(word in said for word in ("password", "username", "user name", "credential")):
        return wrong_password(call)
    if any(word in said for word in _NO_RIGHT):
        return NoRight(f"24SevenOffice gives the user no right to {call}", system=SYSTEM, call=call, status=status)
    if "client" in fault.code.casefold().rpartition(":")[2]:
        return Refused("24SevenOffice does not understand the request", system=SYSTEM, call=call, status=status)
    return Faulted(f"24SevenOffice could not carry out {call}", system=SYSTEM, call=call, status=status)


def wrong_password(call: str) -> WrongPassword:
    return WrongPassword("24SevenOffice does not accept the user name and password", system=SYSTEM, call=call, status=200)


def sort_other(status: int, headers: Mapping[str, str], content: bytes, *, call: str, now: datetime) -> RemoteError:
    """The error that an answer stands for which is no SOAP."""
    said = content[:2000].decode("utf-8", errors="replace")
    limit = limit_in(said, now)
    if status == 429 or limit is not None:
        return too_many(call, limit if limit is not None else retry_after_seconds(headers, now) or SHORT_PAUSE_SECONDS)
    if status == 408 or status >= 500:
        return Unavailable(f"24SevenOffice answered {status}", system=SYSTEM, call=call, status=status)
    if status in (401, 403):
        return LoginRefused(f"24SevenOffice lets nobody in at this address ({status})", system=SYSTEM, call=call, status=status)
    kind = "a web page" if "html" in headers.get("Content-Type", "") or "<html" in said.casefold() else "something"
    message = f"24SevenOffice answered {status} with {kind} that is not its API's: look at api_url"
    return Malformed(message, system=SYSTEM, call=call, status=status)


def too_many(call: str, seconds: float) -> Paced:
    """24SevenOffice takes no call for so long: what was to be done goes on then."""
    message = "24SevenOffice has had too many calls for now"
    return Paced(message, system=SYSTEM, call=call, retry_after=min(seconds, MOST_REST_SECONDS))


def limit_in(text: str, now: datetime) -> float | None:
    """For how many seconds no call is taken, as a message about the limit says; None for any other text.

    A time without zone may be that of any zone. The quarantine ends within the hour, so its minutes count.
    """
    found = _QUARANTINE.search(text)
    if found is None:
        return SHORT_PAUSE_SECONDS if _STOP.search(text) else None
    until = _moment(found.group(1).strip())
    if until is None:
        return (now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1) - now).total_seconds() + MARGIN_SECONDS
    if until.tzinfo is not None:
        return max(0.0, (until - now).total_seconds()) + MARGIN_SECONDS
    return (until.replace(tzinfo=UTC) - now).total_seconds() % 3600 + MARGIN_SECONDS


def _moment(text: str) -> datetime | None:
    bare = re.match(r"[\dT:./+\- ]*\d(?:\s?[AaPp][Mm]|\s?Z)?", text)
    if bare is None:
        return None
    said = bare.group(0).strip().rstrip(".")
    try:
        return datetime.fromisoformat(said.replace(" Z", "Z"))
    except ValueError:
        pass
    for form in _MOMENTS:
        try:
            return datetime.strptime(said, form)  # noqa: DTZ007 - `limit_in` knows what a time without zone means
        except ValueError:
            continue
    return None


def reset_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """For how many seconds no call may be made, as the headers of an answer say; None while calls are left.

    The server's own clock counts as well as ours: the later of the two.
    """
    if headers.get("APILimitRemaining", "").strip() != "0":
        return None
    try:
        reset = datetime.fromisoformat(headers.get("APILimitReset", "").strip())
    except ValueError:
        return NO_CALL_LEFT_SECONDS
    reset = reset.replace(tzinfo=UTC) if reset.tzinfo is None else reset
    said = http_date(headers.get("Date"))
    clocks = [now, said] if said is not None and abs(said - now) <= MOST_APART else [now]
    left = max((reset - each).total_seconds() for each in clocks)
    return None if left <= 0 else min(left, MOST_REST_SECONDS) + MARGIN_SECONDS
