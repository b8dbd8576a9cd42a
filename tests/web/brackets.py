"""Pages in a language that puts each text of the catalogue in brackets: what stands outside of them was not translated."""

from __future__ import annotations

import gettext
import re
from html.parser import HTMLParser

import pytest

from app.console.kit import reader
from app.web import languages

MARKED = "qq"
SILENT = {"code", "pre", "time", "script", "style", "textarea"}
VOID = {"input", "br", "link", "meta", "img", "hr", "path", "rect", "line", "circle", "polyline", "use"}
READ_OUT = ("aria-label", "title", "alt", "placeholder")
WORD = re.compile(r"[^\W\d_]{2,}")
DATA = re.compile(
    r"\btest\b|nettbutikk|\w+-butikk|WooCommerce|\bCSV\b|\bJSON\b|SOKK-\d+|GENSER-\d+|job-\d+|run_\w+|https?://\S+|order\.\w+"
    r"|\d+ (min|days)\b|\bUTC\b|HTTP \d+|\b(GET|PUT|POST|PATCH|DELETE) /\S*"
)
"""Names and numbers of the world, addresses, calls and topics of webhooks: they are the same in every language."""


class Marked(gettext.NullTranslations):
    """What is filled in stands outside of the brackets, so that it is looked at too."""

    def gettext(self, message: str) -> str:
        return "⟦" + re.sub(r"%\(\w+\)s", r"⟧\g<0>⟦", message) + "⟧"


class Words(HTMLParser):
    """The words outside of brackets, each with the element around it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_data = given.get("translate") == "no" or given.get("lang", MARKED) != MARKED
        silent = tag in SILENT or is_data or any(each for _, each in self._open)
        if not silent:
            for name in READ_OUT:
                self._look(f"{tag} {name}", given.get(name) or "")
        if tag not in VOID:
            self._open.append((tag, silent))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(silent for _, silent in self._open):
            self._look(self._open[-1][0] if self._open else "", data)

    def _look(self, where: str, text: str) -> None:
        while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", text)) != text:
            text = shorter
        if WORD.search(DATA.sub("", text)):
            self.found.append(f"{where}: {' '.join(text.split())}")


def unmarked(html: str) -> list[str]:
    words = Words()
    words.feed(html)
    return words.found


def speak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the test is over, the cookie `gateway_language=qq` chooses this language."""
    known = languages.translations
    monkeypatch.setattr(languages, "translations", lambda language: Marked() if language == MARKED else known(language))
    monkeypatch.setitem(languages.LANGUAGES, MARKED, "⟦⟧")
    monkeypatch.setitem(reader._LOCALES, MARKED, "nb_NO")
