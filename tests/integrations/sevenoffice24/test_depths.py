"""What is nested too deep is cut out, and all else stays as it is."""

from __future__ import annotations

import pytest
from lxml import etree

from app.integrations.sevenoffice24.soap.depths import MOST_LEVELS, without_depths

BESIDE = b"<z b='>' c=\"/>\"/><!-- <a> --><![CDATA[<a>]]><?p <a>?>t"


@pytest.mark.parametrize("levels", [1, MOST_LEVELS - 1, MOST_LEVELS, 300, 100_000])
def test_the_levels_beyond_are_gone(levels: int) -> None:
    content = b"<r>" + BESIDE + b"<a x='1'>" * levels + b"t" + b"</a>" * levels + BESIDE + b"<z>1</z></r>"
    found = without_depths(content)
    assert found.count(b"<a x") == min(levels, MOST_LEVELS - 1)
    root = etree.fromstring(found)
    assert [each.text for each in root.iter("z")] == [None, None, "1"]
    assert (found == content) is (levels < MOST_LEVELS)


@pytest.mark.parametrize("content", [b"<a>" * 300, b"<a", b"</a>" * 300, b"<!-- <a", b'<a b="', b"<![CDATA[ <a>"])
def test_what_is_cut_off_is_left_as_it_is(content: bytes) -> None:
    assert without_depths(content) == content
