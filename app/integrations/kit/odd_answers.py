"""What is said of a system that writes something around the JSON of its answers (`Answer.junk`).

The data is read all the same. It is a finding, because the next message may stand in the middle of an answer.
"""

from __future__ import annotations

import re

MOST_SHOWN = 160

_PHP = re.compile(
    r"\b(?:Warning|Notice|Deprecated|Strict Standards|(?:Fatal|Parse|Recoverable fatal|Catchable fatal) error)\b(?:</b>)?\s*:"
    r"|xdebug-error",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<(?!!--)[^<>]{0,500}>")
_HIDDEN = re.compile(
    r"(?i)\b(?:ck|cs)_\w+|[^\s@<>'=]{1,64}@[^\s@<>']{1,100}|(?<==)[^\s<>'&]{4,}"
    r"|(?=[\w+-]{0,60}\d)[\w+-]{16,}=*|\+?\d[\d \-]{6,}\d"
)
"""Keys, e-mail addresses, queries, passwords behind an equals sign, long codes and numbers."""


def what_stands_around(junk: str, php_messages: str) -> tuple[str, str]:
    """What to say of it, and what to do. `php_messages`: what shows PHP's messages in that system, and how to end it."""
    shown = excerpt(junk)
    if shows_php(junk):
        return f"PHP's messages stand around the JSON of its answers, which is read all the same: {shown}", php_messages
    if not shown:
        fix = "save the file that it comes from (of a plugin or theme, or the configuration) without a byte order mark"
        return "a byte order mark stands before the JSON of its answers, which is read all the same", fix
    fix = "find the plugin or cache that writes it, and have it leave the REST API alone"
    return f"something else stands around the JSON of its answers, which is read all the same: {shown}", fix


def shows_php(text: str) -> bool:
    """Whether PHP's messages stand in it, in its own form or in a browser's."""
    return _PHP.search(text) is not None


def excerpt(junk: str) -> str:
    """The beginning as one line, without markup, keys, addresses and numbers of people; empty where nothing can be seen."""
    plain = _MARKUP.sub(" ", junk[:4000])
    plain = "".join(each if each.isprintable() and each != "\ufffd" else " " for each in plain)
    line = " ".join(_HIDDEN.sub("…", plain).split())
    return line if len(line) <= MOST_SHOWN else f"{line[:MOST_SHOWN]}…"
