"""Every error of ours.

GatewayError
├── RemoteError            an outside system did not do what was asked; sorted at the client's edge and nowhere else
│   ├── Unavailable        network, time-out, 408, 5xx: worth another try
│   ├── RateLimited        429: worth another try after `retry_after`
│   │   └── Resting        it was not asked at all: it has not answered lately
│   ├── LoginRefused       401, 403, or a login text inside another status: an operator is needed
│   │   └── ConsentEnded   a login that rests on a person's consent cannot be renewed: the person must give it again
│   ├── Malformed          HTML with 200, a 2xx without its id: the outcome is unknown
│   │   └── TooLarge       more than we read
│   └── Refused            a final no, with the remote's own words
│       ├── RefusedForNow  a no that may pass: final after a few tries
│       └── NoSuchRecord   the remote's own "no such record", the only proof that something is gone
├── BadInput               what a person or a program gave us is wrong: names the field and the fix
│   ├── Unauthenticated    no API key, or one that is not in force
│   ├── TooManyTries       too many wrong keys came from this address: worth another try after `retry_after`
│   ├── Forbidden          the key has no right to it
│   ├── NotFound           there is no such thing here
│   ├── Conflict           it contradicts what is already there
│   └── NotChecked         whether it is right cannot be told: the outside system that knows does not answer
└── LeaseLost              another worker took over; whatever we were doing is no longer ours to finish
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that somebody may have meant; None when none is near."""
    by_lower = {each.lower(): each for each in known}
    found = get_close_matches(word.lower(), by_lower, 1, 0.7)
    return by_lower[found[0]] if found else None


MOST_WORDS = 2_000
"""So many characters of a message are kept: it may hold the words of an outside system."""


class GatewayError(Exception):
    """The root of our errors."""


class RemoteError(GatewayError):
    """An outside system did not do what was asked. `call` is the method and path without query; no secret is in any of it."""

    def __init__(self, message: str, *, system: str, call: str, status: int | None = None, answer: str | None = None) -> None:
        message = message if len(message) <= MOST_WORDS else f"{message[:MOST_WORDS]}…"
        super().__init__(message)
        self.message = message
        self.system = system
        self.call = call
        self.status = status
        self.answer = answer


class Unavailable(RemoteError):
    """The system could not be reached or failed on its side. Whether a write took effect is unknown unless `sent` is False."""

    def __init__(
        self,
        message: str,
        *,
        system: str,
        call: str,
        status: int | None = None,
        answer: str | None = None,
        sent: bool = True,
    ) -> None:
        super().__init__(message, system=system, call=call, status=status, answer=answer)
        self.sent = sent


class RateLimited(RemoteError):
    """The system wants fewer calls. `retry_after` is in seconds from now, None when it did not say."""

    def __init__(
        self, message: str, *, system: str, call: str, retry_after: float | None = None, answer: str | None = None
    ) -> None:
        super().__init__(message, system=system, call=call, status=429, answer=answer)
        self.retry_after = retry_after


class LockedOut(RateLimited):
    """The system has locked this user out of the method after failed calls."""


class Resting(RateLimited):
    """Nothing was sent: the system has not answered lately, and is left alone for `retry_after` seconds."""

    def __init__(self, message: str, *, system: str, call: str, retry_after: float) -> None:
        super().__init__(message, system=system, call=call, retry_after=retry_after)
        self.status = None


class Paced(RateLimited):
    """The account may not be called again so soon. What was to be done goes on in `retry_after` seconds, where it stopped."""

    retry_after: float


class LoginRefused(RemoteError):
    """The system does not accept our credentials, or they lack a right."""


class ConsentEnded(LoginRefused):
    """What a person had allowed holds no longer, and cannot be renewed without them."""


class Malformed(RemoteError):
    """The system answered something that cannot be what it means to answer."""


class TooLarge(Malformed):
    """An answer of more than we read. A smaller part of it may be had."""


class Refused(RemoteError):
    """A final no. `message` holds the remote's own words."""


class RefusedForNow(Refused):
    """A no that says nothing of whether it lasts. It is final when it was said `tries` times."""

    tries = 4


class NoSuchRecord(Refused):
    """The remote itself says that the record does not exist."""


class BadInput(GatewayError):
    """Something given to us is wrong. `field` is where (a dotted path), `fix` what to do."""

    status = 422

    def __init__(self, message: str, *, field: str | None = None, fix: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.fix = fix


class Unauthenticated(BadInput):
    """There is no API key with the request, or it is unknown or revoked."""

    status = 401


class TooManyTries(BadInput):
    """Too many wrong keys came from the caller's address. Nothing was looked up. `retry_after` is in seconds from now."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "too many wrong keys came from this address",
            fix=f"wait {retry_after} s, then send the right key once",
        )
        self.retry_after = retry_after


class Forbidden(BadInput):
    """The API key lacks the right or the connection."""

    status = 403


class NotFound(BadInput):
    """There is no such thing here (or the key may not see it)."""

    status = 404


class Conflict(BadInput):
    """It contradicts what is already there."""

    status = 409


class NotChecked(BadInput):
    """Whether it is right cannot be told, because the outside system that knows does not answer. Nothing was saved."""

    status = 424


class LeaseLost(GatewayError):
    """The lease ran out and another worker has it."""
