"""Answers in other charsets than UTF-8, made readable."""

from __future__ import annotations

import re

_NAMED = re.compile(r"charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)


def as_text(content: bytes, content_type: str, fallback: str) -> str:
    """The text of an answer: in the charset that it names, else in UTF-8 if it is that, else in `fallback`.

    A charset that is not known, or in which the answer cannot be, counts as not named.
    """
    named = _NAMED.search(content_type)
    for charset in (*((named[1],) if named else ()), "utf-8"):
        try:
            return _without_controls(content, content.decode(charset))
        except (LookupError, UnicodeDecodeError):
            continue
    return _without_controls(content, content.decode(fallback, errors="replace"))


def _without_controls(content: bytes, text: str) -> str:
    """ISO-8859-1 has control characters where Windows has dashes and quotes, and servers name the one for the other."""
    if not any("\x80" <= character <= "\x9f" for character in text):
        return text
    try:
        return content.decode("windows-1252")
    except UnicodeDecodeError:
        return text
