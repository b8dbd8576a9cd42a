"""The documentation as a site: it builds without a warning, and loads nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "object": "data"}


class Loaded(HTMLParser):
    """What a page loads, and the ids and classes that scripts look for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.classes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if (address := given.get(LOADS.get(tag, ""))) and given.get("rel") != "canonical":
            self.addresses.append(address)
        self.classes |= set((given.get("class") or "").split())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(made)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def test_every_page_of_the_repository_is_a_page_of_the_site(site: Path) -> None:
    pages = [each.relative_to(ROOT / "docs") for each in (ROOT / "docs").rglob("*.md")]
    assert len(pages) > 20
    assert [page.as_posix() for page in pages if not (site / page.with_suffix(".html")).exists()] == []
    assert (site / "security.html").exists()
    assert (site / "changelog.html").exists()


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = Loaded(page.read_text(encoding="utf-8"))
        assert loaded.addresses, page
        assert [each for each in loaded.addresses if re.match(r"[a-z]+:|//", each) and not each.startswith("data:")] == [], page
        assert "mermaid" not in loaded.classes, page  # the theme would load a script for it
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", style.read_text(encoding="utf-8")), style
