"""Answers in other charsets than UTF-8."""

from __future__ import annotations

import pytest

from app.integrations.kit.values.charsets import as_text


@pytest.mark.parametrize(
    ("content", "content_type", "text"),
    [
        (b"bl\xc3\xa5", "application/json; charset=utf-8", "blå"),
        (b"bl\xe5", "application/json; charset=ISO-8859-1", "blå"),
        (b"bl\xe5", 'application/json; charset="iso-8859-1"', "blå"),
        (b"bl\xc3\xa5", "application/json", "blå"),
        (b"bl\xe5", "application/json", "blå"),
        (b"bl\xe5", "", "blå"),
        (b"bl\xe5", "application/json; charset=utf-8", "blå"),
        (b"bl\xc3\xa5", "application/json; charset=klingon", "blå"),
        (b"Posten \x96 hentested", "application/json; charset=iso-8859-1", "Posten – hentested"),
        (b"Posten \x96 hentested", "application/json", "Posten – hentested"),
    ],
)
def test_the_named_charset_then_utf_8_then_the_fallback(content: bytes, content_type: str, text: str) -> None:
    assert as_text(content, content_type, "iso-8859-1") == text
