"""Every word of a page comes from the catalogue, but for data (`translate="no"`) and for what is marked as English."""

from __future__ import annotations

import pytest

from app.web import languages
from tests.browser.console.test_every_page import PAGES
from tests.browser.console.world import World
from tests.web.brackets import MARKED, speak, unmarked


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch)


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
