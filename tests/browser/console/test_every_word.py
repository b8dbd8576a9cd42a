"""Every word of a page comes from the catalogue, but for data (`translate="no"`) and for what is marked as English.

The pages are read in a language that puts each text of the catalogue in brackets: what stands outside of them was not translated.
"""

from __future__ import annotations

import gettext
import re
from html.parser import HTMLParser

import pytest

from app.console.kit import reader
from app.web import languages
from tests.browser.console.test_every_page import PAGES
from tests.browser.console.world import World

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


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    known = languages.translations
    monkeypatch.setattr(languages, "translations", lambda language: Marked() if language == MARKED else known(language))
    monkeypatch.setitem(languages.LANGUAGES, MARKED, "⟦⟧")
    monkeypatch.setitem(reader._LOCALES, MARKED, "nb_NO")


@pytest.mark.parametrize(("name", "path"), PAGES.items(), ids=list(PAGES))
async def test_every_word_is_in_the_catalogue(console: World, marked: None, name: str, path: str) -> None:
    async with console.client() as client:
        client.cookies.set(languages.COOKIE, MARKED)
        answer = await client.get(console.at(path))
    assert answer.status_code == 200
    assert f'<html lang="{MARKED}">' in answer.text
    assert unmarked(answer.text) == []


async def test_the_words_outside_are_found() -> None:
    page = '<p aria-label="Loose">⟦In⟧ out <code>held</code> <span lang="en">No</span><br>⟦a ⟧⟦b⟧⟦⟧ 12 s</p><b>of it</b>'
    assert unmarked(page) == ["p aria-label: Loose", "p: out", "b: of it"]
