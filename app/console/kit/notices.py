"""A notice that the next page shows, once. It travels in a cookie, signed with the session's token."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

import orjson

from app.errors import BadInput, RemoteError
from app.web.said.saying import in_words
from app.web.texts import Text

COOKIE = "gateway_notice"
MOST_CHARACTERS = 600
"""Of one text: a browser drops cookies of more than 4 KB."""


@dataclass(frozen=True)
class Notice:
    """`text` and `more` are in the reader's language. `detail` and `fix` are words that are there in English only."""

    text: str
    is_bad: bool = False
    detail: str = ""
    fix: str = ""
    more: str = ""


def of_problem(text: Text, language: str, error: BadInput | RemoteError) -> Notice:
    more, english = in_words(error, language)
    return Notice(text.said(language), True, english, more=more)


def packed(notice: Notice, token: str) -> str:
    cut = [each[:MOST_CHARACTERS] for each in (notice.text, notice.detail, notice.fix, notice.more)]
    body = base64.urlsafe_b64encode(orjson.dumps([*cut, notice.is_bad])).decode()
    return f"{body}.{_signature(body, token)}"


def unpacked(given: str, token: str) -> Notice | None:
    """None for one that this session has not made."""
    body, _, signature = given.rpartition(".")
    if not body or not hmac.compare_digest(_signature(body, token).encode(), signature.encode("utf-8", "replace")):
        return None
    try:
        read: Any = orjson.loads(base64.urlsafe_b64decode(body))
    except (ValueError, binascii.Error):
        return None
    text, detail, fix, more, is_bad = read
    return Notice(text, is_bad, detail, fix, more)


def _signature(body: str, token: str) -> str:
    return hmac.new(token.encode(), f"notice {body}".encode(), hashlib.sha256).hexdigest()
