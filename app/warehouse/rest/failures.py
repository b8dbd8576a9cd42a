"""What an answer of Ongoing WMS means, and its own words in it.

Upstream describes no error response at all. There is no machine-readable code: a text under `message` or `Message` is the only
sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.errors import LockedOut, LoginRefused, Malformed, NoSuchRecord, Refused
from app.given import said_in
from app.http import Answer, raise_passing, retry_after_seconds
from app.json_reading import unescaped
from app.warehouse.settings import OngoingSettings

SYSTEM = "Ongoing WMS"
MAX_WORDS = 1000
"""Characters of the WMS's own words that an error carries."""

LOCK_OUT_SECONDS = 600.0
"""How long a locked-out user is left alone when the WMS names no time. The vendor's example: failures within 10 minutes."""
_LOCKED_OUT = re.compile(r"(?i)consecutive failed|locked out")
_BREAK = re.compile(r"\s*<br\s*/?>\s*", re.IGNORECASE)
_TAG = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_NO_ROUTE = re.compile(r"(?i)no (?:HTTP resource|type|action) was found|does not support http method")
_DETAILS = ("ModelState", "modelState", "errors")


def raise_failure(answer: Answer, *, call: str, settings: OngoingSettings, now: datetime) -> None:
    """Returns for a 2xx, raises for everything else.

    LoginRefused (401, 403, a login text in a 500), LockedOut (429 that says so), RateLimited, Unavailable, NoSuchRecord (404 in
    the WMS's own words), Refused (other 4xx), Malformed (a redirect: the address leads elsewhere).
    """
    if 200 <= answer.status < 300:
        return
    words = own_words(answer)
    if answer.status in (401, 403) or _is_login_fault(answer, words, settings):
        raise LoginRefused(
            f"{SYSTEM} does not accept the login" + (f": {words}" if words else ""),
            system=SYSTEM,
            call=call,
            status=answer.status,
            answer=answer.text(),
        )
    if answer.status == 429 and _LOCKED_OUT.search(words):
        seconds = retry_after_seconds(answer.headers, now)
        seconds = LOCK_OUT_SECONDS if seconds is None else seconds
        again = now + timedelta(seconds=seconds)
        raise LockedOut(
            f"{SYSTEM} has locked this user out after failed calls (429). Next try at {again:%H:%M} UTC",
            system=SYSTEM,
            call=call,
            retry_after=seconds,
            answer=answer.text(),
        )
    raise_passing(answer, system=SYSTEM, call=call, now=now)
    if answer.status < 400:
        raise malformed(answer, call, f"answered {answer.status}, which leads to another address")
    kind = NoSuchRecord if _is_own_no_such_record(answer, words) else Refused
    raise kind(
        words or f"{SYSTEM} answered {answer.status}", system=SYSTEM, call=call, status=answer.status, answer=answer.text()
    )


def malformed(answer: Answer, call: str, what: str) -> Malformed:
    return Malformed(f"{SYSTEM} {what}", system=SYSTEM, call=call, status=answer.status, answer=answer.text())


def _is_login_fault(answer: Answer, words: str, settings: OngoingSettings) -> bool:
    """A 500 in the WMS's own words; a proxy's HTML page with a login link is only a passing fault."""
    is_page = answer.content.lstrip()[:1] == b"<"
    return answer.status == 500 and not is_page and said_in(words, settings.login_refused_phrases)


def _is_own_no_such_record(answer: Answer, words: str) -> bool:
    """A 404 proves that a record is gone only if the WMS itself says so: not HTML, not a missing route."""
    return answer.status == 404 and isinstance(answer.json, dict) and bool(words) and _NO_ROUTE.search(words) is None


def own_words(answer: Answer) -> str:
    """An answer's text for people: from JSON its message and what it says about single fields, else the page without its tags."""
    if not answer.is_json:
        return clean(_TAG.sub(" ", answer.text(8000)))
    if isinstance(answer.json, str):
        return clean(answer.json)
    if not isinstance(answer.json, Mapping):
        return ""
    said = [message_of(answer.json) or "", *_details(answer.json)]
    return clean(" ".join(part for part in said if part))


def message_of(answer: Mapping[str, Any]) -> str | None:
    """The message in an answer's object, under whichever key it comes, without HTML breaks."""
    for key in ("message", "Message", "detail", "title"):
        value = answer.get(key)
        if isinstance(value, str) and value.strip():
            return clean(value)
    return None


def _details(answer: Mapping[str, Any]) -> Iterator[str]:
    for key in _DETAILS:
        details = answer.get(key)
        if isinstance(details, Mapping):
            for place, texts in details.items():
                for found in texts if isinstance(texts, list) else [texts]:
                    yield f"{place}: {found}"


def clean(text: str) -> str:
    """One line, without HTML breaks and entities, of at most MAX_WORDS characters."""
    return " ".join(unescaped(_BREAK.sub(" ", text[: 8 * MAX_WORDS])).split())[:MAX_WORDS]


def is_already_cancelled(refused: Refused, settings: OngoingSettings) -> bool:
    """Whether a cancellation was refused because the order was cancelled before."""
    return said_in(refused.message, settings.already_cancelled_phrases)


def is_started(refused: Refused, settings: OngoingSettings) -> bool:
    """Whether a change or cancellation was refused because the warehouse has started on the order."""
    return not is_already_cancelled(refused, settings) and said_in(refused.message, settings.started_phrases)
