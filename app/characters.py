"""Which characters of a text count: those that a person can see, blanks, and line breaks where there may be any.

Texts are pasted into checkouts together with marks that nobody sees. A scanner, a label printer or a text message chokes on them.
"""

from __future__ import annotations

import re
import unicodedata

_BREAKS = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""End a line or a page. They become a blank where nothing else parts two words."""
_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000"
"""Look like a blank and are another character: the non-breaking one above all. They become blanks."""
_JOINERS = "\u200c\u200d"
"""The zero-width non-joiner and joiner. Emoji and some scripts are written with them."""
_NOT_SEEN = (
    "\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"  # control characters
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"  # variation selectors, byte order mark, annotations, pasted objects
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # how hieroglyphs, shorthand and music are set
    "\U000e0000-\U000e0fff"  # tags, more variation selectors
)
_ODD = re.compile(f"[{_NOT_SEEN}{_JOINERS}{_BREAKS}{_BLANKS}]")
_HIDDEN = re.compile(f"[{_NOT_SEEN}]+")
_BLANK = re.compile(f"[{_BLANKS}]")
_BREAK = re.compile(f"(?<=\\S)[{_BREAKS}]+(?=\\S)")
_OTHER_BREAKS = re.compile(f"[{_BREAKS}]+")
_JOINER = re.compile(f"([^{_JOINERS}]?)([{_JOINERS}]+)(?=(.?))", re.DOTALL)
_MADE_WITH_JOINERS = frozenset(("So", "Lo", "Mn", "Mc"))
"""Emoji, and the letters and signs of scripts such as Arabic and Devanagari. Latin letters are none."""
_SKIN_COLOURS = range(0x1F3FB, 0x1F400)
_LINE_ENDS = re.compile(r"[\r\n]+")


def visible(text: str) -> str:
    """The text without control characters and marks that cannot be seen. Tabs and line breaks stay, and so do emoji."""
    if _ODD.search(text) is None:
        return text
    text = _BLANK.sub(" ", _HIDDEN.sub("", text))
    text = _OTHER_BREAKS.sub("", _BREAK.sub(" ", text))
    return _JOINER.sub(_joined, text)


def one_line(text: str, between: str = " ") -> str:
    """The same in one line, without blanks around it. `between` stands where a line ended; after a comma a blank does."""
    lines = (line.strip() for line in _LINE_ENDS.split(visible(text).replace("\t", " ")))
    joined = ""
    for line in lines:
        if line:
            joined += (" " if joined.endswith((",", ";")) else between) * bool(joined) + line
    return joined


def is_blank(text: str) -> bool:
    """Whether there is nothing to be seen in it."""
    return not visible(text).strip()


def _joined(found: re.Match[str]) -> str:
    before, joiners, after = found.groups()
    needed = _is_made_with_joiners(before) and _is_made_with_joiners(after)
    return before + joiners[0] if needed else before


def _is_made_with_joiners(character: str) -> bool:
    return bool(character) and (unicodedata.category(character) in _MADE_WITH_JOINERS or ord(character) in _SKIN_COLOURS)
