"""What stands around the JSON of an answer: PHP's messages, a byte order mark, a cache's comment."""

from __future__ import annotations

import json
import re
from typing import Any

from app.json_answers.odd_values import ODD

_BEGINS = re.compile(r"""\{\s{0,20}["}]|\[\s{0,20}[\[\]{"0-9tfn-]""")
_PAGE = re.compile(r"<(?:!doctype|html|head|body|script|title|iframe)\b", re.IGNORECASE)
_MEMBER = re.compile(r'"\s*:')
_UNSEEN = " \t\r\n\ufeff\x00"
MOST_FALSE_STARTS = 200
"""So many brackets that begin nothing are looked at in one answer. PHP's messages have a few."""
MOST_JUNK = 2000
"""So many characters are kept of what stands before an answer, and of what stands behind it."""


def dig_out(text: str) -> tuple[Any, str] | None:
    """The one document among other text, and that text. The effort grows with the length, whatever stands in it."""
    found: list[tuple[int, int, Any]] = []
    place, left = 0, MOST_FALSE_STARTS
    while (start := _BEGINS.search(text, place)) is not None:
        try:
            value, place = ODD.raw_decode(text, start.start())
        except json.JSONDecodeError as error:
            left -= 1
            if not left or _is_broken(text, start.start(), error):
                return None
            place = max(error.pos, start.start() + 1)
        except (ValueError, RecursionError):
            return None
        else:
            if _is_document(value):
                found.append((start.start(), place, value))
    answer = _the_answer(text, found)
    if answer is None or _PAGE.search(text, 0, answer[0]):
        return None
    begin, end, value = answer
    return value, f"{text[:begin][-MOST_JUNK:]}\n{text[end : end + MOST_JUNK]}".strip()


def _the_answer(text: str, found: list[tuple[int, int, Any]]) -> tuple[int, int, Any] | None:
    """The only one on a line of its own; the only one at all when none is.

    An empty one counts where there is no other, and before one in a sentence when it stands first or last of all.
    """
    alone = [each for each in found if _stands_alone(text, each[0], each[1])]
    first, last = len(text) - len(text.lstrip(_UNSEEN)), len(text.rstrip(_UNSEEN))
    full = [each for each in alone if each[2]] or [each for each in alone if each[0] == first or each[1] == last]
    if not full and len(some := [each for each in found if each[2]]) == 1 and _is_no_part(text, *some[0][:2]):
        full = some
    elif not full and not some:
        full = alone[-1:]
    return full[0] if len(full) == 1 else None


def _is_broken(text: str, start: int, error: json.JSONDecodeError) -> bool:
    """Whether this is an answer that was cut off or written into. PHP's `[file] => …` is none: no member of it was read."""
    unended = error.msg.startswith("Unterminated") or not text[error.pos : error.pos + MOST_JUNK].strip()
    return unended or _MEMBER.search(text, start, error.pos) is not None


def _is_document(value: Any) -> bool:
    """An object, a list of objects or an empty list. `[0]` in a message is none."""
    return isinstance(value, dict) or (isinstance(value, list) and (not value or any(isinstance(each, dict) for each in value)))


def _stands_alone(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - MOST_JUNK) : start].rstrip(" \t\ufeff\x00")
    return (not before or before[-1] in "\r\n>/]}") and _is_no_part(text, start, end)


def _is_no_part(text: str, start: int, end: int) -> bool:
    """Whether it is no part of a sentence, a program or a larger document."""
    before, after = text[max(0, start - MOST_JUNK) : start].rstrip(), text[end : end + MOST_JUNK].lstrip()
    return not before.endswith(tuple("=:(,\"'[{+?&|")) and not after.startswith(tuple(",;:]})=.\"'"))
